// Rows of a worklist: where we are, which are marked.
import { ask } from "./talk.js";
import { toast } from "./toasts.js";

export const rows = () => [...document.querySelectorAll(".work tbody tr[data-row]")];
export const here = () => document.activeElement?.closest?.("tr[data-row]") ?? null;
export const marked = () => rows().filter((row) => row.querySelector(".pick input")?.checked);

// All that match the filters, not only what the page shows; null while nobody asked for them.
let matching = null;
export const allMatching = () => matching;

export function forgetMatching() {
  matching = null;
  count();
}

export async function selectMatching(button = document.getElementById("all-matching")) {
  if (!button) return;
  button.disabled = true;
  try {
    const { rows: found, more, most } = await ask(button.dataset.from);
    if (more) return toast(`More than ${most.toLocaleString("en-US")} rows match. Narrow the list first.`);
    for (const box of document.querySelectorAll("[data-row] .pick input:not(:disabled)")) box.checked = true;
    matching = found;
    count();
  } catch (error) {
    toast(error.message);
  } finally {
    button.disabled = false;
  }
}

export function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(here());
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  next.querySelector(".go").focus();
  next.scrollIntoView({ block: "nearest" });
}

export function toggle(row) {
  const box = row?.querySelector(".pick input");
  if (!box || box.disabled) return;
  box.checked = !box.checked;
  count();
}

export function count() {
  const found = marked(), bar = document.getElementById("bulk");
  for (const row of rows()) row.classList.toggle("marked", found.includes(row));
  if (!bar) return;
  bar.hidden = found.length === 0 && !matching;
  document.getElementById("marked").textContent = (matching ?? found).length.toLocaleString("en-US");
  document.getElementById("marked-all").hidden = !matching;
  const all = document.getElementById("all-matching");
  if (all) all.hidden = matching !== null;
}

// Back to the list is back to the row that was opened: it is kept with the page in the history, under its opaque name.
function comeBack() {
  document.addEventListener("click", (event) => {
    const row = event.target.closest("a.go")?.closest("tr[data-row]");
    if (row) history.replaceState({ ...history.state, row: row.dataset.row }, "");
  });
  const row = history.state?.row && rows().find((each) => each.dataset.row === history.state.row);
  if (row && document.activeElement === document.body) row.querySelector(".go").focus();
}

export function startRows() {
  comeBack();
  document.addEventListener("change", (event) => {
    if (!event.target.closest(".pick")) return;
    matching = null; // what is selected is again what is ticked
    count();
  });
  document.getElementById("all-matching")?.addEventListener("click", () => selectMatching());
  document.addEventListener("desk:fresh", count);
  document.addEventListener("change", (event) => {
    if (event.target.id !== "select-all") return;
    for (const box of document.querySelectorAll("[data-row] .pick input:not(:disabled)")) box.checked = event.target.checked;
    count();
  });
  document.getElementById("unmark")?.addEventListener("click", () => {
    for (const row of marked()) row.querySelector(".pick input").checked = false;
    forgetMatching();
  });
}
