// The page works without this: links and forms lead to whole pages. This fetches the part
// that changes, keeps address, history and focus, and follows long work by polling.
import {follow, abandon, offer} from "./jobs.js";

// Screens with a script of their own fetch it when they are shown.
const EXTRAS = {"[data-replay]": "./replay.js", "[data-edit]": "./tables.js", "[data-import]": "./uploads.js"};

const page = document.getElementById("page");
let wanted = 0;        // the newest request; answers to older ones are dropped
let fetching = null;

/** Let the scripts of what is on the page set it up. */
function equip(place) {
  for (const [selector, script] of Object.entries(EXTRAS)) {
    for (const element of place.querySelectorAll(selector)) {
      if (element.dataset.equipped) continue;
      element.dataset.equipped = "1";
      import(script).then(module => module.equip(element, go));
    }
  }
}

/** @returns {string} a selector of the focused element that still holds in the next part */
function focusKey() {
  const key = document.activeElement?.closest("[data-key]")?.dataset.key;
  return key ? `[data-key="${CSS.escape(key)}"]` : "";
}

let here = location.href;      // what is shown

/** Ask before edits that are not saved are lost. */
function mayLeave() {
  const edited = page.querySelector("[data-unsaved]");
  return !edited || confirm(edited.dataset.leave);
}

/** Show another state of the page: fetch its part, swap it in, keep the focus. */
export async function go(address, {remember = true} = {}) {
  if (!mayLeave()) {
    if (location.href !== here) history.pushState(null, "", here);    // Back was pressed: stay
    return;
  }
  const mine = ++wanted;
  const url = new URL(address, location.href);
  const focus = focusKey();
  const sameScreen = url.pathname === location.pathname;
  fetching?.abort();
  fetching = new AbortController();
  if (remember) history.pushState(null, "", url.pathname + url.search);
  here = location.href;
  page.setAttribute("aria-busy", "true");
  let text;
  try {
    const answer = await fetch("/part" + url.pathname + url.search,
      {signal: fetching.signal, headers: {accept: "text/html"}});
    if (!(answer.headers.get("content-type") || "").startsWith("text/html")) throw new Error(answer.status);
    text = await answer.text();
  } catch (problem) {
    if (problem.name !== "AbortError" && mine === wanted) location.reload();
    return;
  }
  if (mine !== wanted) return;
  abandon();
  const top = sameScreen ? scrollY : 0;
  const opened = sameScreen ? [...page.querySelectorAll("details[open] > summary")].map(s => path(s)) : [];
  page.innerHTML = text;
  shown();
  if (sameScreen) for (const summary of page.querySelectorAll("summary")) {
    if (opened.includes(path(summary))) summary.parentElement.open = true;
  }
  page.removeAttribute("aria-busy");
  scrollTo(0, top);
  const target = focus && page.querySelector(focus);
  if (target) target.focus({preventScroll: true});
  else if (!sameScreen) page.querySelector("main")?.focus({preventScroll: true});
}

/** A name for a summary that is the same in the next part: its text and its number. */
function path(summary) {
  return summary.textContent + [...page.querySelectorAll("summary")].indexOf(summary);
}

// How large drawings are: "fit" (as wide as there is room, but readable), "whole", or a scale.
let zoom = "fit";
const sizes = new ResizeObserver(entries => entries.forEach(entry => size(entry.target)));

function size(drawing) {
  const svg = drawing.querySelector("svg[data-natural]");
  if (!svg) return;
  const full = +svg.dataset.natural, least = +svg.getAttribute("width"), room = drawing.clientWidth;
  const wide = zoom === "fit" ? Math.max(least, Math.min(room, full * 1.15))
    : zoom === "whole" ? room : full * zoom;
  svg.style.width = wide + "px";
  const tools = drawing.previousElementSibling;
  tools.hidden = false;
  tools.querySelector("output").value = Math.round(100 * wide / full) + " %";
  for (const button of tools.querySelectorAll("[data-zoom]"))
    button.setAttribute("aria-pressed", String(button.dataset.zoom === zoom));
}

function watch(place) {
  for (const drawing of place.querySelectorAll("[data-picture] .drawing")) sizes.observe(drawing);
}

function resize(button) {
  const drawing = button.closest("[data-picture]").querySelector(".drawing");
  const svg = drawing.querySelector("svg[data-natural]");
  const now = svg.getBoundingClientRect().width / svg.dataset.natural;
  const how = button.dataset.zoom;
  zoom = how === "in" ? Math.min(4, now * 1.25) : how === "out" ? Math.max(0.2, now / 1.25) : how;
  page.querySelectorAll("[data-picture] .drawing").forEach(size);
}

function shown() {
  const part = page.querySelector(".part");
  document.documentElement.lang = part?.lang || "en";
  document.title = part?.dataset.title || "lianban";
  equip(page);
  sizes.disconnect();
  watch(page);
  for (const place of page.querySelectorAll("[data-work]:not([data-waits])")) follow(place);
}

/** Turn a lever: the address is the state, also while the part of the last turn is on its way. */
function turn(link) {
  const state = new URL(link.href).searchParams;
  const now = new URLSearchParams(location.search);
  const off = (now.get("off") || "").split(",").filter(Boolean);
  const key = link.dataset.lever;
  const next = off.includes(key) ? off.filter(each => each !== key) : [...off, key];
  if (next.length) state.set("off", next.join(","));
  else state.delete("off");
  link.setAttribute("aria-checked", String(!next.includes(key)));
  go(link.pathname + "?" + state);
}

/** Show a step's details, and bring them into sight: they stand below the drawing. */
async function look(step) {
  await go(step.dataset.step);
  page.querySelector(".details:not([hidden])")?.scrollIntoView({block: "nearest"});
}

addEventListener("beforeunload", event => {
  if (page.querySelector("[data-unsaved]")) event.preventDefault();
});

page.addEventListener("click", event => {
  const link = event.target.closest("a[data-go]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    if (link.dataset.lever) turn(link);
    else go(link.href);
    return;
  }
  const step = event.target.closest("[data-step]");
  if (step) look(step);
  const larger = event.target.closest("[data-zoom]");
  if (larger) resize(larger);
  const start = event.target.closest("[data-start]");
  if (start) follow(start.closest("[data-work]"));
});

page.addEventListener("work-done", event => {
  const {detail, target} = event;
  equip(target);
  watch(target);
  offer(target.querySelector("[data-blob]"), detail.file);
});

page.addEventListener("submit", event => {
  const asking = event.target.closest(".asking");
  if (!asking) return;
  event.preventDefault();
  follow(asking.querySelector("[data-work]"), Object.fromEntries(new FormData(event.target)));
});

page.addEventListener("input", event => {
  const output = event.target.id && page.querySelector(`output[for="${CSS.escape(event.target.id)}"]`);
  if (output) output.value = event.target.value;
});

page.addEventListener("keydown", event => {
  const target = event.target;
  if (event.key === " " && target.matches("a[role=switch]")) {
    event.preventDefault();
    turn(target);
  }
  if ((event.key === " " || event.key === "Enter") && target.matches("[data-step]")) {
    event.preventDefault();
    look(target);
  }
});

page.addEventListener("change", event => {
  const form = event.target.closest("form.designs");
  if (!form) return;
  const state = new URLSearchParams(new FormData(form));
  // another A asks for its own redesign: B of another scenario would compare apples with pears
  if (event.target.name === "a" && state.get("b").split("/")[0] !== state.get("a").split("/")[0])
    state.delete("b");
  go(form.getAttribute("action") + "?" + state);
});

addEventListener("popstate", () => go(location.href, {remember: false}));
addEventListener("pagehide", () => abandon());
document.documentElement.classList.add("scripted");
shown();
