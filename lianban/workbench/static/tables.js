// Editing a table: cells by keyboard or mouse, checked while typing, saved when asked.
// A long table is shown a page at a time: a browser lays out 16,000 cells anew at every key.
const PAUSE = 350;      // milliseconds after the last keystroke before a check
const PAGE = 100;       // rows, as the server draws them first

export function equip(place, go) {
  const grid = place.querySelector("table.cells");
  const verdict = place.querySelector("[data-verdict]");
  const save = place.querySelector("[data-save]");
  const undo = place.querySelector("[data-undo]");
  const filter = place.querySelector("[data-filter]");
  const edits = new Map();      // "row,column" -> text
  let timer = 0, wanted = 0;
  const tbody = grid.tBodies[0];
  const width = grid.tHead.rows[0].cells.length - 1;
  const texts = place.dataset.rows ? JSON.parse(place.dataset.rows)
    : [...tbody.rows].map(row => [...row.cells].slice(1).map(each => each.textContent));
  const pager = place.querySelector("[data-pager]");
  let wrong = new Set();
  let shown = texts.map((_, index) => index + 1);     // rows that the filter leaves, from 1
  let page = 0;

  const was = (row, column) => texts[row - 1]?.[column] ?? "";
  const now = (row, column) => edits.get(`${row},${column}`) ?? was(row, column);

  /** The cell, its page turned to where needed; none beyond the table. */
  function cell(row, column) {
    const place = shown.indexOf(row);
    if (place < 0 || column < 0 || column >= width) return null;
    if (Math.floor(place / PAGE) !== page) turn(Math.floor(place / PAGE));
    return grid.querySelector(`[data-at="${row},${column}"]`);
  }

  function turn(to) {
    page = Math.max(0, Math.min(to, Math.ceil(shown.length / PAGE) - 1));
    const rows = shown.slice(page * PAGE, (page + 1) * PAGE).map(number => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = number + 1;
      row.append(head);
      row.classList.toggle("wrong", wrong.has(number));
      for (let column = 0; column < width; column++) {
        const each = document.createElement("td");
        each.dataset.at = `${number},${column}`;
        each.dataset.was = was(number, column);
        each.textContent = now(number, column);
        each.tabIndex = -1;
        each.classList.toggle("edited", edits.has(each.dataset.at));
        row.append(each);
      }
      return row;
    });
    tbody.replaceChildren(...rows);
    const first = tbody.querySelector("td");
    if (first) first.tabIndex = 0;
    count();
  }

  function count() {
    pager.hidden = shown.length <= PAGE;
    const from = page * PAGE + 1, to = Math.min(shown.length, (page + 1) * PAGE);
    pager.querySelector("output").value = `${from}–${to} / ${shown.length}`;
    pager.querySelector("[data-turn='-1']").disabled = page === 0;
    pager.querySelector("[data-turn='1']").disabled = to === shown.length;
  }

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
      if (next) focus(next());
    };
    input.addEventListener("input", () => note(target, input.value));
    input.addEventListener("blur", () => close(true));
    input.addEventListener("keydown", event => {
      event.stopPropagation();
      const [row, column] = at(target);
      if (event.key === "Enter") { event.preventDefault(); close(true, () => cell(row + 1, column) || target); }
      if (event.key === "Escape") { event.preventDefault(); close(false, () => target); }
      if (event.key === "Tab") {
        const next = cell(row, column + (event.shiftKey ? -1 : 1));
        if (next) { event.preventDefault(); close(true, () => next); }
      }
    });
  }

  /** Remember an edit, or that there is none any more, and check what all of them would do. */
  function note(target, text) {
    const key = target.dataset.at;
    if (text === target.dataset.was) edits.delete(key);
    else edits.set(key, text);
    target.classList.toggle("edited", edits.has(key));
    save.disabled = true;
    undo.disabled = !edits.size;
    place.toggleAttribute("data-unsaved", edits.size > 0);
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
    wrong = new Set(lines.map(([, line]) => line - 1));
    for (const row of tbody.rows) row.classList.toggle("wrong", wrong.has(row.cells[0].textContent - 1));
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
    texts.push(Array(width).fill(""));
    filter.value = "";
    choose();
    focus(cell(texts.length, 0));
  });

  function choose() {
    const text = filter.value.trim().toLowerCase();
    const holds = row => [...Array(width).keys()].some(column => now(row, column).toLowerCase().includes(text));
    shown = texts.map((_, index) => index + 1).filter(row => !text || holds(row));
    turn(0);
  }

  filter.addEventListener("input", choose);

  for (const button of pager.querySelectorAll("[data-turn]")) {
    button.addEventListener("click", () => {
      turn(page + Number(button.dataset.turn));
      place.querySelector(".tall").scrollTop = 0;
    });
  }
  count();

  undo.addEventListener("click", () => {
    place.removeAttribute("data-unsaved");
    go(location.href, {remember: false});
  });

  save.addEventListener("click", async () => {
    save.disabled = true;
    const waits = document.createElement("p");
    waits.className = "turning";
    waits.textContent = place.dataset.saving;
    verdict.prepend(waits);
    const answer = await send("save");
    const found = await answer.json();
    waits.remove();
    if (!answer.ok) return tell(found.problems || [found.problem]);
    place.removeAttribute("data-unsaved");
    await go(location.href, {remember: false});
    const told = document.createElement("p");
    told.className = "good";
    told.setAttribute("role", "status");
    told.textContent = found.saved;
    document.querySelector("main h1")?.after(told);
  });
}
