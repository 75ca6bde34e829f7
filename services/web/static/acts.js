// Acts on claims: one dialog for all of them, posted to the API; what can be taken back offers that at once.
import { send, Refused } from "./talk.js";
import { draftOf, dropDraft, keepDraft } from "./drafts.js";
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
let targets = [], confirmed = [], lastDone = [], dialog, form;

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
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); save(); }
  });
  form.addEventListener("input", () => { ask([]); if (targets.length === 1) keepDraft(targets[0].ref, typed); });
  document.getElementById("act-confirm").addEventListener("click", () => { confirmed = asked; save(); });
  document.addEventListener("desk:draft", () => openAct("", aimed()));
  document.getElementById("act-cancel").addEventListener("click", () => { if (targets.length === 1) dropDraft(targets[0].ref); dialog.close(); });
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
  lastDone = [];
  targets = found;
  form.reset();
  problem("");
  ask([]);
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
  if (found.length === 1) restore(found[0].ref);
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

let asked = [];

// What to confirm before the action is repeated; none hides the question.
function ask(codes, text = "") {
  asked = codes;
  confirmed = [];
  const place = document.getElementById("act-question");
  place.hidden = !codes.length;
  document.getElementById("act-question-text").textContent = text;
  document.getElementById("act-go").hidden = codes.length > 0;
}

// Only what a person writes in words is worth keeping.
function typed() {
  const texts = [...form.querySelectorAll("textarea:not(:disabled)")].map((area) => [area.name, area.value]);
  return texts.some(([, value]) => value.trim()) ? { action: form.elements.action.value, ...Object.fromEntries(texts) } : {};
}

async function restore(ref) {
  const kept = await draftOf(ref);
  if (!kept.action || targets.length !== 1 || targets[0].ref !== ref) return;
  form.elements.action.value = kept.action;
  show();
  for (const [name, value] of Object.entries(kept)) if (name !== "action" && form.elements[name]) form.elements[name].value = value;
  problem("");
  document.getElementById("act-about").textContent += " (your unsaved text)";
}

function said() {
  const act = { action: form.elements.action.value };
  if (confirmed.length) act.confirm = confirmed;
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
  const place = neighbors();
  button.disabled = true;
  try {
    const results = await carryOut(act);
    if (targets.length === 1) await dropDraft(targets[0].ref);
    const open = results.filter((result) => result.problem?.type?.endsWith("confirmation-needed"));
    if (open.length && !confirmed.length) {
      const refs = new Set(open.map((result) => result.ref));
      lastDone = results.filter((result) => result.result !== "refused");
      targets = targets.filter((target) => refs.has(target.ref));
      ask([...new Set(open.flatMap((result) => result.problem.codes))], `${open.length} to confirm. ${open[0].problem.detail}`);
      return;
    }
    dialog.close();
    announce(act, results);
    for (const row of marked()) row.querySelector(".pick input").checked = false;
    count();
    await refresh();
    showRefusals(results);
    focusNear(place);
  } catch (error) {
    if (error instanceof Refused && error.problem.type?.endsWith("confirmation-needed")) ask(error.problem.codes, error.message);
    else problem(error instanceof Refused ? error.message : "The server cannot be reached. Nothing was saved.");
  } finally {
    button.disabled = false;
  }
}

// The rows after the one acted on, then those before it: where the focus goes when it leaves.
function neighbors() {
  const all = [...document.querySelectorAll(".work tbody tr[data-row]")];
  const at = all.findIndex((row) => row.dataset.ref === targets[0]?.ref && row.dataset.item === targets[0]?.item);
  return at < 0 ? [] : [all[at], ...all.slice(at + 1), ...all.slice(0, at).reverse()].map((row) => row.dataset.row);
}

function focusNear(keys) {
  const active = document.activeElement;
  if (document.querySelector("dialog[open]") || active?.matches?.("input, textarea, select")) return; // gone on already
  for (const key of keys) {
    const row = document.querySelector(`[data-row="${CSS.escape(key)}"]`);
    if (row) { row.querySelector(".go")?.focus(); return; }
  }
}

// Each refusal on its own row, in words.
function showRefusals(results) {
  for (const result of results.filter((each) => each.result === "refused")) {
    const cell = document.querySelector(`tr[data-ref="${result.ref}"] .why`);
    if (!cell) continue;
    const note = Object.assign(document.createElement("p"), { className: "problem small", textContent: result.problem.detail });
    cell.append(note);
  }
}

async function carryOut(act) {
  if (targets.length === 1) return [await send(`/v1/claims/${targets[0].ref}/actions`, forTarget(act, targets[0]))];
  return send("/v1/actions", { acts: targets.map((target) => ({ ref: target.ref, act: forTarget(act, target) })) });
}

function announce(act, results) {
  const done = [...lastDone, ...results.filter((result) => result.result !== "refused")];
  const refused = results.find((result) => result.result === "refused");
  const many = results.length > 1 ? `: ${done.length} of ${results.length}` : "";
  lastDone = done;
  toast(`${DONE[act.action]}${many}${refused ? `. ${refused.problem.detail}` : ""}`, done.length ? "Undo (u)" : "", () => undo(done));
}

// One key: takes back what was done last, all of it at once.
export function undoLast() {
  if (lastDone.length) undo(lastDone);
}

export async function undo(done) {
  try {
    const acts = done.map((each) => ({ ref: each.ref, act: { action: "undo", event_id: each.event_id } }));
    const results = await send("/v1/actions", { acts });
    const refused = results.filter((result) => result.result === "refused");
    lastDone = [];
    toast(refused.length ? `Undone: ${acts.length - refused.length} of ${acts.length}. ${refused[0].problem.detail}` : "Undone");
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
