// Opening a file: first what it would do, then taking it over. Event logs are long work.
import {follow} from "./jobs.js";

export function equip(place, go) {
  const input = place.querySelector("[data-upload]");
  const verdict = place.querySelector("[data-upload-verdict]");
  const take = place.querySelector("[data-take]");
  const work = place.querySelector("[data-work]");

  async function send(taking) {
    const file = input.files[0];
    if (!file) return;
    const query = new URLSearchParams(place.dataset.query);
    query.set("name", file.name);
    if (taking) query.set("take", "1");
    verdict.setAttribute("aria-busy", "true");
    take.hidden = true;
    const answer = await fetch("/import?" + query, {
      method: "POST", headers: {"content-type": "application/octet-stream"}, body: await file.arrayBuffer()});
    work.querySelector(".result")?.remove();
    if (answer.status === 202) {
      verdict.removeAttribute("aria-busy");
      verdict.replaceChildren();
      return follow(work, {}, answer);
    }
    const found = await answer.json();
    verdict.removeAttribute("aria-busy");
    if (!answer.ok) {
      const box = document.createElement("div");
      box.className = "warn";
      box.textContent = `${place.dataset.failed} ${(found.problems || [found.problem]).join("; ")}`;
      verdict.replaceChildren(box);
    } else if (taking) {
      if (found.go) return show(found);
      verdict.textContent = found.saved;
    } else {
      verdict.innerHTML = found.html;
      take.hidden = !found.sound;
    }
  }

  const show = found => go(found.go + "&lang=" + document.documentElement.lang);
  work.addEventListener("work-done", event => {
    if (event.detail.go) show(event.detail);
    take.hidden = !event.detail.sound;
  });
  work.addEventListener("click", event => {
    if (!event.target.closest("[data-start]")) return;
    event.stopPropagation();
    send(false);
  });
  input.addEventListener("change", () => send(false));
  if (input.files.length) send(false);      // chosen before this script was there
  take.addEventListener("click", () => send(true));
}
