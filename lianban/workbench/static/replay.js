// One case along the flow: at the slider's day each step waits, is in work, or is done.
const LOOKS = ["waits", "works", "over"];
const SECONDS = 12;     // a whole case takes so long to play

export function equip(place) {
  const events = JSON.parse(place.dataset.events);
  const [play, pause] = JSON.parse(place.dataset.words);
  const clock = place.querySelector("[data-clock]");
  const shown = place.querySelector("[data-shown]");
  const button = place.querySelector("[data-play]");
  const boxes = new Map([...place.querySelectorAll("g.step[data-id]")].map(g => [g.dataset.id, g]));
  let timer = 0, last = 0;

  function show() {
    const day = +clock.value;
    shown.value = day.toFixed(1);
    for (const [key, ready, start, end] of events) {
      const box = boxes.get(key);
      if (!box) continue;
      box.classList.remove(...LOOKS);
      if (day >= end) box.classList.add("over");
      else if (day >= start) box.classList.add("works");
      else if (day >= ready && day > 0) box.classList.add("waits");
    }
  }

  function stop() {
    cancelAnimationFrame(timer);
    timer = 0;
    button.textContent = play;
  }

  function tick(now) {
    if (!place.isConnected) return;
    const most = +clock.max;
    clock.value = Math.min(most, +clock.value + (now - last) / 1000 * most / SECONDS);
    last = now;
    show();
    if (+clock.value >= most) stop();
    else timer = requestAnimationFrame(tick);
  }

  clock.addEventListener("input", () => { stop(); show(); });
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (+clock.value >= +clock.max) clock.value = 0;
    button.textContent = pause;
    // A slider moves in tenths: small steps must not be rounded away.
    clock.step = "any";
    last = performance.now();
    timer = requestAnimationFrame(tick);
  });
  show();
}
