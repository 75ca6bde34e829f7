// What was done: sent to the API, told, taken back in one key; what was refused is said on its own row.
import { Refused, send } from "./talk.js";
import { toast } from "./toasts.js";
import { refresh } from "./live.js";

const DONE = {
  assign: "Assigned", snooze: "Snoozed", note: "Note saved", resolve: "Resolved", reason_identified: "Reason recorded",
  resubmitted: "Marked as resubmitted", appeal_filed: "Appeal recorded", appeal_decided: "Decision recorded",
  write_off: "Written off", dispute_open: "Dispute opened", dispute_close: "Dispute closed",
  patient_paid: "Payment recorded", refund_sent: "Refund recorded", credit_reviewed: "Credit review recorded", records_requested: "Request recorded", undo: "Reopened",
};
const ABOUT_WORK = new Set(["assign", "snooze", "note", "reason_identified", "resubmitted", "resolve", "undo"]);
const ABOUT_A_DECISION = new Set(["appeal_filed", "appeal_decided", "dispute_open"]); // of one payer of the claim
const AT_ONCE = 100; // claims of one request
let lastDone = [], refusals = [];
const ids = new Map(); // of what was sent since the dialog opened: sent again after a lost answer, it is the same action

export const forgetDone = () => { lastDone = []; ids.clear(); };

// Results in the order of the targets. Raises Refused only where there is one target; what went before is remembered.
export async function carryOut(act, targets, progress) {
  const results = [];
  for (let start = 0; start < targets.length; start += AT_ONCE) {
    const part = targets.slice(start, start + AT_ONCE);
    const found = targets.length === 1 ? [await one(act, part[0])] : await many(act, part);
    results.push(...found);
    lastDone.push(...found.filter((result) => result.result !== "refused"));
    if (targets.length > AT_ONCE) progress(results.length);
  }
  return results;
}

const one = async (act, target) => ({ ...await sendOne(act, target), target });

const sendOne = (act, target) => onItem(target)
  ? send("/v1/items/actions", { ...whose(target), act: forTarget(act, target) })
  : send(`/v1/claims/${target.ref}/actions`, forTarget(act, target));

// An item of the list of deposits is about money, and nobody's.
const whose = (target) => target.kind === "deposit" ? {} : { patient_ref: target.ref };

// In the order of the targets: claims in one request, items that hang on a patient or a visit one by one.
async function many(act, targets) {
  const claims = targets.filter((target) => !onItem(target));
  const said = claims.length
    ? await send("/v1/actions", { acts: claims.map((target) => ({ ref: target.ref, act: forTarget(act, target) })) })
    : [];
  const results = [];
  for (const target of targets)
    results.push(onItem(target) ? await tried(act, target) : { ...said[claims.indexOf(target)], target });
  return results;
}

const tried = (act, target) => one(act, target).catch((error) => {
  if (!(error instanceof Refused)) throw error;
  return { result: "refused", ref: target.ref, problem: { detail: error.message, ...error.problem }, target };
});

// Whether the row hangs on no claim: its ref is the patient's.
export const onItem = (target) => target.patient !== undefined;

function forTarget(act, target) {
  const told = { ...act, id: idOf(JSON.stringify([act, target.ref, target.kind, target.item, target.line])) };
  if (ABOUT_WORK.has(act.action)) {
    if (target.kind) told.worklist = target.kind;
    if (target.item) told.item = target.item;
  }
  if (ABOUT_A_DECISION.has(act.action) && target.payer) told.payer_id = target.payer;
  if (act.action.startsWith("dispute") && target.line) told.lines = [Number(target.line)];
  if (target.version) told.version = target.version;
  return told;
}

function idOf(wish) {
  if (!ids.has(wish)) ids.set(wish, newId());
  return ids.get(wish);
}

// Makes a repetition harmless. Not randomUUID: browsers keep that from plain http.
const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function announce(act, results) {
  const refused = results.filter((result) => result.result === "refused");
  const count = results.length > 1 ? `: ${lastDone.length} of ${lastDone.length + refused.length}` : "";
  const why = refused.length ? `. ${refused[0].problem.detail}` : "";
  const done = lastDone;
  toast(`${DONE[act.action]}${count}${why}`, done.length ? "Undo (u)" : "", () => undo(done));
}

// Each refusal on its own row, until the next action; of rows that the page does not show, above the list.
export function refuse(results) {
  refusals = results.filter((result) => result.result === "refused");
  showRefusals();
}

const rowOf = ({ ref, kind, item }) =>
  [...document.querySelectorAll(`tr[data-ref="${ref}"]`)].find((row) => (!kind || row.dataset.kind === kind) && (!item || row.dataset.item === item));

export function showRefusals() {
  for (const old of document.querySelectorAll(".refusal")) old.remove();
  const elsewhere = [];
  for (const { problem, target } of refusals) {
    const cell = rowOf(target)?.querySelector(".why, .do");
    const text = Object.assign(document.createElement("p"), { className: "problem small refusal", textContent: problem.detail });
    if (cell) cell.append(text);
    else elsewhere.push(Object.assign(text, { textContent: `${target.claim ?? "A claim"}: ${problem.detail}` }));
  }
  document.querySelector("[data-part=rows]")?.before(...elsewhere);
}

// One key: takes back what was done last, all of it at once.
export function undoLast() {
  if (lastDone.length) undo(lastDone);
}

export async function undo(done) {
  try {
    const results = [];
    for (let start = 0; start < done.length; start += AT_ONCE) {
      const part = done.slice(start, start + AT_ONCE).reverse();
      for (const { target, event_id } of part.filter((each) => each.target && onItem(each.target)))
        results.push(await tried({ action: "undo", event_id }, target));
      const acts = part.filter((each) => !each.target || !onItem(each.target))
        .map(({ ref, event_id }) => ({ ref, act: { action: "undo", event_id } }));
      if (acts.length) results.push(...await send("/v1/actions", { acts }));
    }
    const refused = results.filter((result) => result.result === "refused");
    lastDone = [];
    refusals = [];
    const count = done.length > 1 ? `: ${results.length - refused.length} of ${results.length}` : "";
    toast(`Undone${count}${refused.length ? `. ${refused[0].problem.detail}` : ""}`);
    await refresh();
  } catch (error) {
    toast(error.message);
  }
}

export function startDone() {
  document.addEventListener("desk:fresh", showRefusals);
}
