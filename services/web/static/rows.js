// Rows of a worklist: where we are, which are marked.
export const rows = () => [...document.querySelectorAll(".work tbody tr[data-row]")];
export const here = () => document.activeElement?.closest?.("tr[data-row]") ?? null;
export const marked = () => rows().filter((row) => row.querySelector(".pick input")?.checked);

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
  bar.hidden = found.length === 0;
  document.getElementById("marked").textContent = found.length;
}

export function startRows() {
  document.addEventListener("change", (event) => event.target.closest(".pick") && count());
  document.addEventListener("desk:fresh", count);
  document.addEventListener("change", (event) => {
    if (event.target.id !== "select-all") return;
    for (const box of document.querySelectorAll("[data-row] .pick input:not(:disabled)")) box.checked = event.target.checked;
    count();
  });
  document.getElementById("unmark")?.addEventListener("click", () => {
    for (const row of marked()) row.querySelector(".pick input").checked = false;
    count();
  });
}
