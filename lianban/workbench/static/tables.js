// Editing a table: cells by keyboard or mouse, checked while typing, saved when asked.
const PAUSE = 350;      // milliseconds after the last keystroke before a check

export function equip(place, go) {
  const grid = place.querySelector("table.cells");
  const verdict = place.querySelector("[data-verdict]");
  const save = place.querySelector("[data-save]");
  const undo = place.querySelector("[data-undo]");
  const filter = place.querySelector("[data-filter]");
  const edits = new Map();      // "row,column" -> text
  const before = new Map();
  let timer = 0, wanted = 0;

  const cell = (row, column) => grid.querySelector(`[data-at="${row},${column}"]`);
  const at = target => target.dataset.at.split(",").map(Number);
  const body = () => JSON.stringify({
    query: place.dataset.query, file: place.dataset.file, stamp: place.dataset.stamp,
    edits: [...edits].map(([key, text]) => [...key.split(",").map(Number), text])
      .sort((a, b) => a[0] - b[0] || a[1] - b[1])});
  const send = what => fetch("/catalogue/" + what, {
    method: "POST", headers: {"content-type": "application/json"}, body: body()});

  const first = grid.querySelector("td");
  if (first) first.tabIndex = 0;

  function focus(target) {
    if (!target) return;
    grid.querySelector("td[tabindex='0']")?.setAttribute("tabindex", "-1");
    target.tabIndex = 0;
    target.focus();
  }

  function open(target, text) {
    if (target.querySelector("input")) return;
    const old = target.textContent;
    const input = document.createElement("input");
    input.value = text ?? old;
    input.setAttribute("aria-label", grid.tHead.rows[0].cells[target.cellIndex].textContent);
    target.replaceChildren(input);
    input.focus();
    if (text === undefined) input.select();
    else note(target, text);
    let closed = false;
    const close = (keep, next) => {
      if (closed) return;
      closed = true;
      const value = keep ? input.value : old;
      target.textContent = value;
      note(target, value);
      if (next) focus(next);
    };
    input.addEventListener("input", () => note(target, input.value));
    input.addEventListener("blur", () => close(true));
    input.addEventListener("keydown", event => {
      event.stopPropagation();
      const [row, column] = at(target);
      if (event.key === "Enter") { event.preventDefault(); close(true, cell(row + 1, column) || target); }
      if (event.key === "Escape") { event.preventDefault(); close(false, target); }
      if (event.key === "Tab") {
        const next = cell(row, column + (event.shiftKey ? -1 : 1));
        if (next) { event.preventDefault(); close(true, next); }
      }
    });
  }

  /** Remember an edit, or that there is none any more, and check what all of them would do. */
  function note(target, text) {
    const key = target.dataset.at;
    if (!before.has(key)) before.set(key, target.dataset.was ?? "");
    if (text === target.dataset.was) edits.delete(key);
    else edits.set(key, text);
    target.classList.toggle("edited", edits.has(key));
    save.disabled = true;
    undo.disabled = !edits.size;
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  }

  async function check() {
    const mine = ++wanted;
    if (!edits.size) { verdict.replaceChildren(); mark([]); return; }
    verdict.setAttribute("aria-busy", "true");
    const answer = await send("check");
    const found = await answer.json();
    if (mine !== wanted) return;
    verdict.removeAttribute("aria-busy");
    if (!answer.ok) return tell(found.problems || [found.problem]);
    verdict.innerHTML = found.html;
    mark(found.marks);
    save.disabled = !found.sound || place.dataset.readonly === "1";
  }

  /** Mark the rows that problems name: file lines are table rows plus one. */
  function mark(lines) {
    for (const row of grid.tBodies[0].rows) row.classList.remove("wrong");
    for (const [, line] of lines) cell(line - 1, 0)?.parentElement.classList.add("wrong");
  }

  function tell(problems) {
    const box = document.createElement("div");
    box.className = "warn";
    box.textContent = `${place.dataset.failed} ${problems.join("; ")}`;
    verdict.replaceChildren(box);
  }

  for (const target of grid.querySelectorAll("td")) target.dataset.was = target.textContent;

  grid.addEventListener("click", event => {
    const target = event.target.closest("td");
    if (target) { focus(target); open(target); }
  });
  grid.addEventListener("keydown", event => {
    const target = event.target;
    if (target.tagName !== "TD") return;
    const [row, column] = at(target);
    const moves = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
    if (moves[event.key]) {
      event.preventDefault();
      focus(cell(row + moves[event.key][0], column + moves[event.key][1]));
    } else if (event.key === "Enter" || event.key === "F2") {
      event.preventDefault();
      open(target);
    } else if (event.key === "Delete") {
      target.textContent = "";
      note(target, "");
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      open(target, event.key);
    }
  });

  place.querySelector("[data-more-row]").addEventListener("click", () => {
    const rows = grid.tBodies[0].rows;
    const number = rows.length + 1;
    const row = rows[0].cloneNode(true);
    [...row.cells].forEach((each, index) => {
      each.textContent = index ? "" : number + 1;
      each.className = "";
      if (index) { each.dataset.at = `${number},${index - 1}`; each.dataset.was = ""; each.tabIndex = -1; }
    });
    grid.tBodies[0].append(row);
    focus(row.cells[1]);
  });

  filter.addEventListener("input", () => {
    const text = filter.value.trim().toLowerCase();
    for (const row of grid.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(text);
  });

  undo.addEventListener("click", () => go(location.href, {remember: false}));

  save.addEventListener("click", async () => {
    save.disabled = true;
    const answer = await send("save");
    const found = await answer.json();
    if (!answer.ok) return tell(found.problems || [found.problem]);
    await go(location.href, {remember: false});
    const told = document.createElement("p");
    told.className = "good";
    told.setAttribute("role", "status");
    told.textContent = found.saved;
    document.querySelector("main h1")?.after(told);
  });
}
