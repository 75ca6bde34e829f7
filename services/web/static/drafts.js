// A text being typed is kept on the server, so that neither idle sign-out nor a closed tab loses it.
import { ask, place } from "./talk.js";
import { toast } from "./toasts.js";

const PAUSE = 600; // milliseconds after the last key
export const BULK = "bulk"; // the place of a text about several claims
let waiting = null;

export function keepDraft(ref, fields) {
  clearTimeout(waiting);
  if (!ref) return; // about no claim: there is no page to come back to
  waiting = setTimeout(() => save(ref, fields()), PAUSE);
}

export async function dropDraft(ref) {
  clearTimeout(waiting);
  if (ref) await save(ref, {});
}

function save(ref, fields) {
  return fetch(place(`/drafts/${ref}`), {
    method: "POST", keepalive: true, body: JSON.stringify(fields),
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf },
  }).catch(() => null);
}

export async function draftOf(ref) {
  return ask(`/drafts/${ref}`).catch(() => ({}));
}

const continueAt = (where) => document.dispatchEvent(new CustomEvent("desk:draft", { detail: where }));

// After signing in again: says that a text waits, and leads to it.
export async function startDrafts() {
  if (!document.getElementById("act")) return;
  const { refs = [] } = await ask("/drafts").catch(() => ({}));
  if (!refs.length) return;
  const mine = document.querySelector("main [data-claim-page]")?.dataset.ref;
  if (refs.includes(mine)) return continueAt(mine);
  const address = refs.includes(BULK) ? (await draftOf(BULK)).address : null;
  if (address === location.pathname + location.search) return continueAt(BULK);
  toast("You have an unsaved text.", "Continue", () => location.assign(address ?? place(`/claims/${refs[0]}`)));
}
