// Opening a file: first what it would do, then taking it over.
export function equip(place, go) {
  const input = place.querySelector("[data-upload]");
  const verdict = place.querySelector("[data-upload-verdict]");
  const take = place.querySelector("[data-take]");

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
    const found = await answer.json();
    verdict.removeAttribute("aria-busy");
    if (!answer.ok) {
      const box = document.createElement("div");
      box.className = "warn";
      box.textContent = `${place.dataset.failed} ${(found.problems || [found.problem]).join("; ")}`;
      verdict.replaceChildren(box);
    } else if (taking) {
      if (found.go) return go(found.go + "&lang=" + document.documentElement.lang);
      verdict.textContent = found.saved;
    } else {
      verdict.innerHTML = found.html;
      take.hidden = !found.sound;
    }
  }

  input.addEventListener("change", () => send(false));
  take.addEventListener("click", () => send(true));
}
