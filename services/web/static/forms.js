// Small comforts: filters apply when chosen, menus close by themselves, segments come when asked for.
import { place, send } from "./talk.js";
import { toast } from "./toasts.js";
import { refresh } from "./live.js";

export function startForms() {
  document.querySelector("[data-filters]")?.addEventListener("change", (event) => {
    if (!event.target.closest("[data-several]")) submit(event.currentTarget); // several may be ticked before they apply
  });
  document.querySelector("[data-filters]")?.addEventListener("submit", (event) => { event.preventDefault(); submit(event.currentTarget); });
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.drop[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (event.target.closest("[data-print]")) print();
    const button = event.target.closest("[data-post]");
    if (button) post(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.drop[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  document.addEventListener("toggle", (event) => event.target.dataset?.fetch && event.target.open && load(event.target), true);
}

// The address keeps only what is said, so that it can be read and passed on.
function submit(form) {
  const said = [...new FormData(form)].filter(([, value]) => value !== "");
  location.assign(`${form.getAttribute("action")}?${new URLSearchParams(said)}`);
}

async function load(details) {
  const target = details.querySelector("[data-here]");
  const address = details.dataset.fetch;
  delete details.dataset.fetch;
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) { target.textContent = "It cannot be shown right now."; details.dataset.fetch = address; return; }
  target.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
}

async function post(button) {
  button.disabled = true;
  try {
    const told = await send(button.dataset.post);
    toast(told.message ?? "Done");
    await refresh();
  } catch (error) {
    toast(error.message);
  } finally {
    button.disabled = false;
  }
}

export { place };
