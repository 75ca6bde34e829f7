// Open pages learn that rows changed and fetch their own parts again; what was marked, opened or focused stays so.
import { refreshWaits } from "./waits.js";
import { signIn } from "./talk.js";

const QUIET = 700; // milliseconds between two looks, at least
let source = null, waiting = null, last = 0, refreshing = false, again = false;

function say(sign, state) {
  sign.dataset.state = state;
  sign.querySelector(".live-word").textContent = state === "lost" ? "Not live" : "Live";
}

export function startLive() {
  const sign = document.getElementById("live");
  if (!sign || document.body.dataset.past === "yes") return;
  const parts = document.querySelector("[data-live]");
  if (!parts) return;
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open(sign)));
  window.addEventListener("offline", () => { close(); say(sign, "lost"); });
  window.addEventListener("online", () => open(sign));
  if (!document.hidden) open(sign);
}

function open(sign) {
  if (source) return;
  const practice = encodeURIComponent(document.body.dataset.practice);
  const opened = new EventSource(`/v1/stream?practice=${practice}`);
  const missed = last > 0;
  source = opened;
  opened.addEventListener("hello", () => { say(sign, "on"); if (missed) soon(); last = last || 1; });
  opened.addEventListener("worklist", () => concerns("list") && soon());
  opened.addEventListener("claim", (event) => {
    const refs = JSON.parse(event.data).refs;
    const mine = document.querySelector('[data-live="claim"]')?.dataset.ref;
    if (mine && (refs === null || refs.includes(mine))) soon();
  });
  opened.addEventListener("error", async () => {
    say(sign, "lost");
    if (opened.readyState === EventSource.CLOSED) {
      close();
      const answer = await fetch("/v1/session").catch(() => null);
      if (answer?.status === 401) signIn();
      else setTimeout(() => open(sign), 5000);
    }
  });
}

function close() {
  source?.close();
  source = null;
}

const concerns = (kind) => document.querySelector(`[data-live="${kind}"]`) !== null;

// Many changes at once are one look; two looks are never nearer than QUIET.
export function soon() {
  if (waiting) return;
  const pause = Math.max(60, last + QUIET - performance.now());
  waiting = setTimeout(() => { waiting = null; refresh(); }, pause);
}

export async function refresh() {
  if (refreshing) { again = true; return; }
  refreshing = true;
  last = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Live": "1" } });
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") return signIn();
    if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch { /* offline for a moment: the next message brings it */ } finally {
    refreshing = false;
    if (again) { again = false; soon(); }
  }
}

function exchange(fresh) {
  const before = new Set([...document.querySelectorAll("[data-row]")].map((row) => row.dataset.row));
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!other || other.innerHTML === part.innerHTML) continue;
    const kept = remember(part);
    part.replaceChildren(...other.childNodes);
    recall(part, kept);
    refreshWaits(part);
  }
  if (before.size)
    for (const row of document.querySelectorAll("[data-row]")) if (!before.has(row.dataset.row)) row.classList.add("fresh");
  document.dispatchEvent(new CustomEvent("desk:fresh"));
}

function remember(part) {
  const rowOf = (element) => element?.closest("[data-row]")?.dataset.row;
  const active = part.contains(document.activeElement) ? document.activeElement : null;
  return {
    marked: [...part.querySelectorAll("[data-row] .pick :checked")].map(rowOf),
    open: [...part.querySelectorAll("details[open]")].map((d) => d.id || rowOf(d)),
    focus: active && (active.id ? `#${CSS.escape(active.id)}` : rowOf(active) && `[data-row="${CSS.escape(rowOf(active))}"] .go`),
  };
}

function recall(part, kept) {
  for (const key of kept.marked) {
    const box = part.querySelector(`[data-row="${CSS.escape(key)}"] .pick input`);
    if (box) box.checked = true;
  }
  for (const key of kept.open.filter(Boolean)) {
    const found = document.getElementById(key) ?? part.querySelector(`[data-row="${CSS.escape(key)}"] details`);
    if (found?.tagName === "DETAILS") found.open = true;
  }
  if (kept.focus) part.querySelector(kept.focus)?.focus({ preventScroll: true });
}
