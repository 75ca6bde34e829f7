// How many rows each saved view has, next to its name in the side bar; asked again when the lists change.
import { place } from "./talk.js";

const QUIET = 5000; // milliseconds between two looks, at least
let last = -QUIET, waiting = null;

export function startViews() {
  if (!document.querySelector("[data-views]")) return;
  look();
  document.addEventListener("desk:fresh", () => {
    waiting ??= setTimeout(look, Math.max(0, last + QUIET - performance.now()));
  });
}

async function look() {
  waiting = null;
  last = performance.now();
  const answer = await fetch(place("/views/counts"), { headers: { Accept: "application/json", "X-Live": "1" } }).catch(() => null);
  if (!answer?.ok) return;
  const counts = await answer.json();
  for (const element of document.querySelectorAll("[data-view]")) element.textContent = counts[element.dataset.view] ?? "";
}
