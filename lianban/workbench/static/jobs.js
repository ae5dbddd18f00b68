// Long work: ask for it, poll it, show what it gave, or stop it.
const POLL = 150;
let running = new Map();   // place -> key of its job

const post = (address, body) => fetch(address, {
  method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body)});

/** Let a button save a file that long work gave. */
export function offer(button, file) {
  if (!button || !file) return;
  button.onclick = () => {
    const link = document.createElement("a");
    const bytes = Uint8Array.from(atob(file), letter => letter.charCodeAt(0));
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = button.dataset.blob;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
}

/** Fill a place with what its work gives. Resolves when the work is over. `begun` is the
 * answer to a request that has begun the work already. */
export async function follow(place, more = {}, begun = null) {
  const waiting = place.querySelector(".waiting");
  const mine = Symbol();
  running.set(place, mine);
  const current = () => running.has(place) && place.isConnected;
  if (waiting) waiting.hidden = false;
  place.setAttribute("aria-busy", "true");
  let job = {};
  try {
    const asked = {...JSON.parse(place.dataset.more || "{}"), ...more};
    let answer = begun || await post("/jobs", {work: place.dataset.work, query: place.dataset.query, more: asked});
    job = await answer.json();
    if (answer.status === 429) return finish(place, say(place.dataset.full));
    if (!answer.ok) return finish(place, say(job.problem));
    if (!current() || running.get(place) !== mine) { stop(job.key); return; }
    running.set(place, job.key);
    const button = waiting?.querySelector("[data-stop]");
    if (button) button.onclick = () => stop(job.key);
    while (job.state === "waiting" || job.state === "running") {
      await new Promise(done => setTimeout(done, POLL));
      if (!current() || running.get(place) !== job.key) return;
      answer = await fetch("/jobs/" + job.key);
      if (!answer.ok) break;
      job = await answer.json();
    }
  } catch (problem) {
    if (!current()) return;
    job = {state: "failed", problems: [String(problem)]};
  }
  if (!current() || running.get(place) !== job.key && job.key) return;
  if (job.state === "done") {
    finish(place, null, job.html);
    place.dispatchEvent(new CustomEvent("work-done", {bubbles: true, detail: job}));
  } else if (job.state === "cancelled") {
    finish(place, again(place));
  } else {
    finish(place, say(place.dataset.failed, job.problems || [job.problem || job.state]));
  }
}

/** Stop all work of the part that is about to go. */
export function abandon() {
  for (const key of running.values()) if (typeof key === "string") stop(key);
  running = new Map();
}

function stop(key) {
  fetch("/jobs/" + key, {method: "DELETE", keepalive: true}).catch(() => {});
}

function finish(place, element, html) {
  running.delete(place);
  place.removeAttribute("aria-busy");
  const waiting = place.querySelector(".waiting");
  if (waiting) waiting.hidden = true;
  place.querySelector(".result")?.remove();
  const result = document.createElement("div");
  result.className = "result";
  if (html !== undefined) result.innerHTML = html;
  if (element) result.append(element);
  place.append(result);
}

function say(words, more = []) {
  const box = document.createElement("div");
  box.className = "warn";
  box.textContent = words || "";
  const list = document.createElement("ul");
  for (const each of more) {
    const line = document.createElement("li");
    line.textContent = each;
    list.append(line);
  }
  if (more.length) box.append(list);
  return box;
}

function again(place) {
  const line = document.createElement("p");
  line.textContent = place.dataset.stopped + " ";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = place.dataset.again;
  button.dataset.start = "";
  line.append(button);
  return line;
}
