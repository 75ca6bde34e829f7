// The keyboard. Never while somebody types, never together with a control key.
import { aimed, openAct } from "./acts.js";
import { undoLast } from "./done.js";
import { here, step, toggle } from "./rows.js";

const ACTS = { a: "assign", s: "snooze", n: "note", d: "" };

export function startKeys() {
  const list = document.getElementById("keys");
  document.getElementById("show-keys")?.addEventListener("click", () => list.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (pressed(event.key, list)) event.preventDefault();
  });
}

const typing = (element) => element.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]");

function pressed(key, list) {
  if (key === "?") list.showModal();
  else if (key === "/") document.getElementById("find")?.focus();
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "x") toggle(here());
  else if (key === "e") explain();
  else if (key === "u") undoLast();
  else if (key === "[" || key === "]") document.querySelector(key === "]" ? "[data-next]" : "[data-previous]")?.click();
  else if (key in ACTS) openAct(ACTS[key], aimed());
  else return false;
  return true;
}

function explain() {
  const details = here()?.querySelector("details");
  if (details) details.open = !details.open;
}
