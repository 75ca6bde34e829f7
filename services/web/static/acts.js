// Acts on claims: one dialog for all of them, posted to the API; what can be taken back offers that at once.
import { send, Refused } from "./talk.js";
import { toast } from "./toasts.js";
import { refresh } from "./live.js";
import { here, marked, count } from "./rows.js";
import { dayOf, now } from "./waits.js";

const DONE = {
  assign: "Assigned", snooze: "Snoozed", note: "Note saved", resolve: "Resolved", reason_identified: "Reason recorded",
  resubmitted: "Marked as resubmitted", appeal_filed: "Appeal recorded", appeal_decided: "Decision recorded",
  write_off: "Written off", dispute_open: "Dispute opened", dispute_close: "Dispute closed",
  patient_paid: "Payment recorded", refund_sent: "Refund recorded", records_requested: "Request recorded",
};
const ABOUT_WORK = new Set(["assign", "snooze", "note", "reason_identified", "resubmitted", "resolve"]);
let targets = [], dialog, form;

export function startActs() {
  dialog = document.getElementById("act");
  if (!dialog) return;
  form = document.getElementById("act-form");
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".act, [data-act]");
    const back = event.target.closest("[data-undo]");
    if (back) undo([{ ref: back.closest("[data-ref]").dataset.ref, event_id: back.dataset.undo }]);
    else if (button) openAct(button.dataset.act ?? "", targetsOf(button), button.dataset);
  });
  form.elements.action.addEventListener("change", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  document.getElementById("act-cancel").addEventListener("click", () => dialog.close());
  document.getElementById("act-me").addEventListener("click", (event) => {
    form.elements.assignee.value = event.target.dataset.name;
  });
}

function targetsOf(element) {
  const row = element.closest("[data-ref]");
  if (row) return [{ ...row.dataset }];
  return marked().map((each) => ({ ...each.dataset }));
}

// What the keys act on: the marked rows, else the row we are in, else the claim of the page.
export function aimed() {
  const many = marked();
  if (many.length) return many.map((row) => ({ ...row.dataset }));
  const one = here() ?? document.querySelector("main [data-claim-page]");
  return one?.dataset.ref ? [{ ...one.dataset }] : [];
}

export function openAct(action, found, preset = {}) {
  if (!dialog || !found.length) return;
  targets = found;
  form.reset();
  problem("");
  const kinds = new Set(found.map((target) => target.kind));
  for (const group of form.querySelectorAll("optgroup[data-kinds]"))
    group.hidden = group.disabled = ![...kinds].every((kind) => group.dataset.kinds.split(" ").includes(kind));
  if (action) form.elements.action.value = action;
  else if (kinds.size === 1 && kinds.has("rejection")) form.elements.action.value = "reason_identified";
  else form.elements.action.value = "resolve";
  for (const date of form.querySelectorAll("[data-today]")) date.value = day(0);
  form.elements.until.value = day(3);
  if (preset.amount) form.elements.amount.value = preset.amount;
  document.getElementById("act-about").textContent =
    found.length === 1 ? `Claim ${found[0].claim}` : `${found.length} claims`;
  show();
  dialog.showModal();
  [...form.querySelectorAll("[data-for]:not([hidden]) :is(input, select, textarea)")][0]?.focus();
}

const day = (days) => dayOf(now() + days * 86400000);

function show() {
  const action = form.elements.action.value;
  for (const part of form.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(action);
    for (const control of part.querySelectorAll("input, select, textarea")) {
      control.disabled = part.hidden;
      if (control.dataset.needed) control.required = control.dataset.needed.split(" ").includes(action);
    }
  }
}

function said() {
  const act = { action: form.elements.action.value };
  for (const control of form.elements) {
    if (!control.name || control.name === "action" || control.disabled || control.value.trim() === "") continue;
    act[control.name] = "number" in control.dataset ? Number(control.value) : control.value.trim();
  }
  return act;
}

function forTarget(act, target) {
  const told = { ...act, id: newId() };
  if (ABOUT_WORK.has(act.action)) {
    if (target.kind) told.worklist = target.kind;
    if (target.item) told.item = target.item;
  }
  if (act.action.startsWith("dispute") && target.line) told.lines = [Number(target.line)];
  if (target.version) told.version = target.version;
  return told;
}

// Makes a repetition harmless. Not randomUUID: browsers keep that from plain http.
const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function save() {
  if (!form.reportValidity()) return;
  const button = document.getElementById("act-go"), act = said();
  button.disabled = true;
  try {
    const results = await carryOut(act);
    dialog.close();
    announce(act, results);
    for (const row of marked()) row.querySelector(".pick input").checked = false;
    count();
    await refresh();
  } catch (error) {
    problem(error instanceof Refused ? error.message : "The server cannot be reached. Nothing was saved.");
  } finally {
    button.disabled = false;
  }
}

async function carryOut(act) {
  if (targets.length === 1) return [await send(`/v1/claims/${targets[0].ref}/actions`, forTarget(act, targets[0]))];
  return send("/v1/actions", { acts: targets.map((target) => ({ ref: target.ref, act: forTarget(act, target) })) });
}

function announce(act, results) {
  const done = results.filter((result) => result.result !== "refused");
  const refused = results.find((result) => result.result === "refused");
  const many = results.length > 1 ? `: ${done.length} of ${results.length}` : "";
  toast(`${DONE[act.action]}${many}${refused ? `. ${refused.problem.detail}` : ""}`, done.length ? "Undo" : "", () => undo(done));
}

export async function undo(done) {
  try {
    for (const each of done) await send(`/v1/claims/${each.ref}/actions`, { action: "undo", event_id: each.event_id });
    toast("Undone");
    await refresh();
  } catch (error) {
    toast(error.message);
  }
}

function problem(text) {
  const place = document.getElementById("act-problem");
  place.textContent = text;
  place.hidden = !text;
}
