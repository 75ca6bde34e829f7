// Counts what is left until each deadline again, as services/presentation/formatting.py does, with the server's clock.
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const loaded = performance.now();
const plural = (n, word) => `${n.toLocaleString("en-US")} ${word}${n === 1 ? "" : "s"}`;

export function now() {
  return Date.parse(document.body.dataset.now) + performance.now() - loaded;
}

// The practice's day of an instant, as 2026-11-06.
export function dayOf(instant, zone = document.body.dataset.zone) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(instant);
}

// `due` is a day or an instant, as the lists give it.
export function told(due, at, zone) {
  return due.length === 10 ? days((Date.parse(due) - Date.parse(dayOf(at, zone))) / DAY) : hours(Date.parse(due) - at);
}

function days(left) {
  if (left < 0) return [`${plural(-left, "day")} past due`, "over"];
  return left === 0 ? ["due today", "soon"] : [`${plural(left, "day")} left`, left <= 3 ? "soon" : "later"];
}

function hours(left) {
  const over = left < 0, size = Math.abs(left), word = over ? "past due" : "left";
  const level = over ? "over" : left < DAY ? "soon" : "later";
  if (size < HOUR) return [`${Math.max(Math.floor(size / MINUTE), 1)} min ${word}`, level];
  if (size < 2 * DAY) return [`${Math.floor(size / HOUR)} h ${word}`, level];
  return [`${plural(Math.floor(size / DAY), "day")} ${word}`, level];
}

export function refreshWaits(root = document) {
  const { searchParams } = new URL(location.href);
  if (searchParams.has("at") || searchParams.has("as_of")) return; // a day looked at stands still
  const at = now();
  for (const element of root.querySelectorAll("[data-until]")) {
    const [text, level] = told(element.dataset.until, at);
    if (element.textContent !== text) element.textContent = text;
    for (const name of ["over", "soon", "later"]) element.classList.toggle(name, name === level);
  }
}

export function startWaits() {
  setInterval(refreshWaits, 20 * SECOND);
}
