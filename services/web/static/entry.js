// Forms that enter a deposit or a paper EOB: sent as JSON, kept as they are when something is wrong.
// A field named "lines.0.paid" is `paid` of the first of `lines`; what is empty is left out.
import { send } from "./talk.js";
import { toast } from "./toasts.js";
import { refresh } from "./live.js";

export function startEntry() {
  for (const form of document.querySelectorAll("form[data-entry]")) {
    form.addEventListener("submit", (event) => { event.preventDefault(); enter(form); });
    form.addEventListener("input", () => sums(form));
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-add]");
      if (button) add(form, button);
    });
    sums(form);
  }
}

async function enter(form) {
  const problem = form.querySelector("[data-problem]"), button = form.querySelector("[type=submit]");
  problem.hidden = true;
  button.disabled = true;
  try {
    await send(form.dataset.entry, told(form));
    form.reset();
    toast(form.dataset.done);
    if (form.dataset.then) location.assign(form.dataset.then);
    else await refresh();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    problem.scrollIntoView({ block: "nearest" });
  } finally {
    button.disabled = false;
    sums(form);
  }
}

function told(form) {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    const text = value.trim();
    if (text !== "") put(found, name.split("."), text);
  }
  return whole(found);
}

function put(target, [first, ...rest], value) {
  if (!rest.length) target[first] = first === "denied" ? true : /^(remark_codes|modifiers)$/.test(first) ? value.split(/[\s,]+/) : value;
  else put((target[first] ??= {}), rest, value);
}

// Objects whose keys are all numbers are lists.
function whole(value) {
  if (typeof value !== "object" || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.length && keys.every((key) => /^\d+$/.test(key))) return keys.sort((a, b) => a - b).map((key) => whole(value[key]));
  return Object.fromEntries(keys.map((key) => [key, whole(value[key])]));
}

// Another line of a list: the last one again, empty, under the next number.
function add(form, button) {
  const lines = form.querySelectorAll(`[data-line="${button.dataset.add}"]`), last = lines[lines.length - 1];
  const next = last.cloneNode(true), at = lines.length;
  for (const field of next.querySelectorAll("[name]")) {
    field.name = field.name.replace(/\.\d+/, `.${at}`);
    if (!field.dataset.keep) field.value = field.tagName === "SELECT" ? field.options[0].value : "";
  }
  for (const label of next.querySelectorAll("[data-number]")) label.textContent = at + 1;
  last.after(next);
  next.querySelector("input").focus();
}

// What is still off, while it is typed: charge less adjustments less paid, of each line and of all.
function sums(form) {
  const shown = form.querySelector("[data-off]");
  if (!shown) return;
  let charges = 0, left = 0;
  for (const line of form.querySelectorAll("[data-line=lines]")) {
    const [charge, paid] = ["charge", "paid"].map((name) => cents(line.querySelector(`[name$=".${name}"]`)?.value));
    const taken = [...line.querySelectorAll('[name$=".amount"]')].reduce((sum, field) => sum + cents(field.value), 0);
    const off = charge - paid - taken;
    line.querySelector("[data-line-off]").textContent = off ? `off by ${dollars(off)}` : charge ? "balanced" : "";
    charges += charge;
    left += off;
  }
  const whole = cents(form.elements.charge?.value), paid = cents(form.elements.paid?.value);
  const stated = [...form.querySelectorAll("[data-line=lines] [name$='.paid']")].reduce((sum, field) => sum + cents(field.value), 0);
  const faults = [];
  if (left) faults.push(`the lines are off by ${dollars(left)}`);
  if (charges !== whole) faults.push(`the charges of the lines add up to ${dollars(charges)}, the claim's is ${dollars(whole)}`);
  if (stated !== paid) faults.push(`the lines paid ${dollars(stated)}, the claim ${dollars(paid)}`);
  shown.textContent = faults.length ? `Not balanced: ${faults.join("; ")}` : "Balanced";
  shown.classList.toggle("over", faults.length > 0);
}

const cents = (text) => Math.round(Number((text ?? "").replace(/[$,]/g, "") || 0) * 100) || 0;
const dollars = (amount) => (amount / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });
