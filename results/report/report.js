"use strict";
// Language and lever switches. The page's address keeps both: #lang=zh&levers=1011
(() => {
  const root = document.documentElement;
  const block = document.getElementById("designs");
  const data = block ? JSON.parse(block.textContent) : null;
  const boxes = [...document.querySelectorAll("input[data-bit]")];
  const SPACE = "http://www.w3.org/2000/svg";
  const WIDTH = 1200, ROW = 19, HEAD = 8, FOOT = 34;

  /** @returns {number} the combination that is ticked */
  const chosen = () => boxes.reduce((sum, box) => sum + (box.checked ? 1 << box.dataset.bit : 0), 0);

  /** Add an SVG element with attributes and, if given, words. */
  function add(parent, name, attributes, words) {
    const element = document.createElementNS(SPACE, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (words !== undefined) element.textContent = words;
    parent.appendChild(element);
    return element;
  }

  /** A distance between grid lines that leaves at most a dozen of them. */
  const tick = days => [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000].find(t => days / t <= 12) || 2000;

  function draw(design) {
    const bench = document.getElementById("bench");
    const zh = root.lang === "zh";
    const bars = design.b, height = HEAD + bars.length * ROW + FOOT;
    const scale = (WIDTH - 90) / data.longest;
    const x = day => 10 + day * scale;
    bench.replaceChildren();
    if (design.m[1] === null) return;
    bench.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    const unit = zh ? "工作日" : "working days";
    const title = `${design.m[0]} ${zh ? "个环节，" : "steps, "}${design.m[1]} ${unit}`;
    bench.setAttribute("aria-label", title);
    const bottom = HEAD + bars.length * ROW + 4;
    for (let day = 0; day <= data.longest; day += tick(data.longest)) {
      add(bench, "line", {x1: x(day), x2: x(day), y1: HEAD, y2: bottom, class: "grid-line"});
      add(bench, "text", {x: x(day), y: bottom + 14, "text-anchor": "middle"}, day);
    }
    const end = Math.max(0, ...bars.map(([, start, days]) => start + days));
    add(bench, "line", {x1: x(end), x2: x(end), y1: 0, y2: bottom + 18, class: "end-line"});
    bars.forEach(([at, start, days, critical], row) => {
      const [key, en, chinese, office, chineseOffice, kind] = data.steps[at];
      const y = HEAD + row * ROW;
      const box = add(bench, "rect", {x: x(start), y: y + 2, width: Math.max(2, days * scale),
        height: ROW - 5, class: kind + (critical ? " critical" : "")});
      const name = zh ? chinese : en;
      add(box, "title", {}, `${key} ${name} · ${zh ? chineseOffice : office}`);
      const middle = x(start + days / 2) < WIDTH / 2;
      const label = `${key} ${name} · ${+days.toFixed(1)}`;
      add(bench, "text", {x: middle ? x(start + days) + 6 : x(start) - 6, y: y + 14,
        "text-anchor": middle ? "start" : "end"}, label);
    });
    const late = x(end) > WIDTH * 0.8;
    add(bench, "text", {x: x(end) + (late ? -6 : 6), y: bottom + 28,
      "text-anchor": late ? "end" : "start"}, `${design.m[1]} ${unit}`);
  }

  function show() {
    if (!data) return;
    const design = data.designs[chosen()], none = data.designs[0];
    data.measures.forEach((measure, at) => {
      document.querySelector(`[data-measure="${measure}"]`).textContent =
        design.m[at] ?? (root.lang === "zh" ? "不详" : "unknown");
      const off = Math.round(10 * (design.m[at] - none.m[at])) / 10;
      document.querySelector(`[data-change="${measure}"]`).textContent = off ? (off > 0 ? "+" : "") + off : "";
      document.querySelector(`[data-change="${measure}"]`).classList.toggle("more", off > 0);
    });
    const warn = document.getElementById("refusals");
    warn.hidden = !design.r.length;
    warn.replaceChildren(...design.r.map(at => {
      const line = document.createElement("p");
      const zh = root.lang === "zh";
      line.textContent = (zh ? "被拒绝：" : "refused: ") + data.refusals[at][zh ? 1 : 0];
      return line;
    }));
    draw(design);
  }

  function remember() {
    const levers = boxes.length ? "&levers=" + boxes.map(box => +box.checked).join("") : "";
    history.replaceState(null, "", `#lang=${root.lang}${levers}`);
  }

  function recall() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (["en", "zh"].includes(wanted.get("lang"))) root.lang = wanted.get("lang");
    const levers = wanted.get("levers") || "";
    if (levers.length === boxes.length) boxes.forEach((box, at) => { box.checked = levers[at] === "1"; });
    show();
  }

  for (const box of boxes) box.addEventListener("change", () => { show(); remember(); });
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => { root.lang = button.dataset.language; show(); remember(); });
  }
  for (const drawing of document.querySelectorAll("figure .drawing")) {
    drawing.addEventListener("click", () => drawing.classList.toggle("full"));
  }
  window.addEventListener("hashchange", recall);
  recall();
})();
