// Counts what is left until each deadline anew, as services/web/wording.py does, with the server's clock.
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const loaded = performance.now();
const plural = (n, word) => `${n.toLocaleString("en-US")} ${word}${n === 1 ? "" : "s"}`;

export function now() {
  return Date.parse(document.body.dataset.now) + performance.now() - loaded;
}

export function told(left, counts) {
  const over = left <= 0, size = Math.abs(left), word = over ? "over" : "left";
  if (counts === "days") {
    if (over) return [`${plural(Math.floor(size / DAY) + 1, "day")} over`, "over"];
    const days = Math.floor(left / DAY);
    return days === 0 ? ["today", "soon"] : [`${plural(days, "day")} left`, days <= 3 ? "soon" : "later"];
  }
  const level = over ? "over" : left < DAY ? "soon" : "later";
  if (size < HOUR) return [`${Math.max(Math.floor(size / MINUTE), 1)} min ${word}`, level];
  if (size < 2 * DAY) return [`${Math.floor(size / HOUR)} h ${word}`, level];
  return [`${plural(Math.floor(size / DAY), "day")} ${word}`, level];
}

export function refreshWaits(root = document) {
  const at = now();
  for (const element of root.querySelectorAll("[data-until]")) {
    const [text, level] = told(Date.parse(element.dataset.until) - at, element.dataset.counts);
    if (element.textContent !== text) element.textContent = text;
    for (const name of ["over", "soon", "later"]) element.classList.toggle(name, name === level);
  }
}

export function startWaits() {
  const { searchParams } = new URL(location.href);
  if (searchParams.has("at") || searchParams.has("as_of")) return; // a day looked at stands still
  setInterval(refreshWaits, 20 * SECOND);
}
