// Acts on claims: one dialog for all of them; what a person typed is kept, and what is unlikely is asked about.
import { Refused } from "./talk.js";
import { BULK, draftOf, dropDraft, keepDraft } from "./drafts.js";
import { refresh } from "./live.js";
import { allMatching, forgetMatching, here, marked, rows, selectMatching } from "./rows.js";
import { announce, carryOut, forgetDone, onItem, refuse, undo } from "./done.js";
import { toast } from "./toasts.js";
import { dayOf, now } from "./waits.js";

const ALL = "all_that_match", NO_FILING = "no_filing";
// `confirmed`: questions answered with yes. `waiting`: a decision that waits until its filing is recorded.
let targets = [], confirmed = [], asked = [], waiting = null, saving = false, dialog, form;

export function startActs() {
  dialog = document.getElementById("act");
  if (!dialog) return;
  form = document.getElementById("act-form");
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".act, [data-act]");
    const back = event.target.closest("[data-undo]"), again = event.target.closest("[data-reopen]");
    if (again) return reopen(targetsOf(again));
    if (back) undo([{ ref: back.closest("[data-ref]").dataset.ref, event_id: back.dataset.undo }]);
    else if (button) openAct(button.dataset.act ?? "", targetsOf(button), button.dataset);
  });
  form.elements.action.addEventListener("change", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); save(); }
  });
  form.addEventListener("input", () => { question([]); confirmed = []; keepDraft(draftPlace(), typed); });
  document.getElementById("act-confirm").addEventListener("click", () => { confirmed = [...confirmed, ...asked]; save(); });
  document.getElementById("act-filing").addEventListener("click", fileFirst);
  document.addEventListener("desk:draft", (event) => continueDraft(event.detail));
  document.getElementById("act-cancel").addEventListener("click", () => { dropDraft(draftPlace()); dialog.close(); });
  dialog.addEventListener("cancel", () => { if (asked.length) dropDraft(draftPlace()); }); // left with a question open
  document.getElementById("act-me").addEventListener("click", (event) => {
    form.elements.assignee.value = event.target.dataset.name;
  });
}

const several = () => (allMatching() ?? marked().map((row) => row.dataset)).map((each) => ({ ...each }));

function targetsOf(element) {
  const row = element.closest("[data-ref]");
  return row ? [{ ...row.dataset }] : several();
}

// What the keys act on: the marked rows, else the row we are in, else the claim of the page.
export function aimed() {
  const many = several();
  if (many.length) return many;
  const one = here() ?? document.querySelector("main [data-claim-page]");
  return one?.dataset.ref ? [{ ...one.dataset }] : [];
}

export function openAct(action, found, preset = {}) {
  if (!dialog || !found.length) return;
  forgetDone();
  targets = found;
  waiting = null;
  form.reset();
  problem("");
  question([]);
  confirmed = [];
  const kinds = new Set(found.map((target) => target.kind));
  offer(kinds, found.some(onItem));
  if (action) form.elements.action.value = action;
  else if (kinds.size === 1 && kinds.has("rejection")) form.elements.action.value = "reason_identified";
  else if (openVisit(found)) form.elements.action.value = "assign";
  else form.elements.action.value = "resolve";
  for (const date of form.querySelectorAll("[data-today]")) date.value = day(0);
  form.elements.until.value = day(3);
  if (preset.amount) form.elements.amount.value = preset.amount;
  about(found.length === 1 ? named(found[0]) : `${number(found.length)} ${found.some(onItem) ? "rows" : "claims"}${allMatching() ? ", all that match" : ""}`);
  show();
  if (found.length === 1 && !onItem(found[0])) restore(found[0].ref);
  dialog.showModal();
  [...form.querySelectorAll("[data-for]:not([hidden]) :is(input, select, textarea)")][0]?.focus();
}

// What hangs on no claim is worked on, and nothing else; an unbilled visit has a closing of its own.
function offer(kinds, free) {
  for (const group of form.querySelectorAll("optgroup")) {
    const fits = !group.dataset.kinds || [...kinds].every((kind) => group.dataset.kinds.split(" ").includes(kind));
    group.hidden = group.disabled = !fits || (free && !group.querySelector("[value=assign]"));
  }
  const closing = form.querySelector("option[value=resolve]");
  closing.hidden = closing.disabled = openVisit(targets);
}

const openVisit = (found) => found.some((target) => onItem(target) && target.kind === "unbilled");
const named = (target) => (onItem(target) ? `${target.claim.slice(0, 1).toUpperCase()}${target.claim.slice(1)}` : `Claim ${target.claim}`);

// Takes back what closed an item.
async function reopen(found) {
  forgetDone();
  try {
    announce({ action: "undo" }, await carryOut({ action: "undo" }, found));
    await refresh();
  } catch (error) {
    toast(error instanceof Refused ? error.message : "The server cannot be reached.");
  }
}

const day = (days) => dayOf(now() + days * 86400000);
const number = (many) => many.toLocaleString("en-US");
const about = (text) => { document.getElementById("act-about").textContent = text; };

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

// What to confirm before the action is repeated; none hides the question.
function question(codes, text = "") {
  asked = codes;
  document.getElementById("act-question").hidden = !codes.length;
  document.getElementById("act-question-text").textContent = text;
  document.getElementById("act-filing").hidden = !codes.includes(NO_FILING) || targets.length !== 1;
  document.getElementById("act-go").hidden = codes.length > 0;
}

// The decision waits, filled in, until the filing it belongs to is recorded; then it is saved as it was.
function fileFirst() {
  waiting = said();
  const { level } = waiting;
  form.elements.action.value = "appeal_filed";
  show();
  form.elements.level.value = level;
  form.elements.filed_on.value = "";
  question([]);
  about("When was the appeal filed? Its decision is recorded right after.");
  form.elements.filed_on.focus();
}

function fill(act) {
  form.elements.action.value = act.action;
  show();
  for (const [name, value] of Object.entries(act)) if (name !== "action" && form.elements[name]) form.elements[name].value = value;
}

// Only what a person writes in words is worth keeping; of several claims also which they are.
function typed() {
  const texts = [...form.querySelectorAll("textarea:not(:disabled)")].map((area) => [area.name, area.value]);
  if (!texts.some(([, value]) => value.trim())) return {};
  return { action: form.elements.action.value, ...Object.fromEntries(texts), ...(targets.length > 1 ? selection() : {}) };
}

const draftPlace = () => (targets.length !== 1 ? BULK : onItem(targets[0]) ? null : targets[0].ref);
const selection = () => ({
  address: location.pathname + location.search,
  rows: allMatching() ? "all" : marked().map((row) => row.dataset.row).join("\n"),
});

async function restore(ref) {
  const kept = await draftOf(ref);
  if (!kept.action || targets.length !== 1 || targets[0].ref !== ref) return;
  take(kept);
}

function take(kept) {
  fill(kept);
  problem("");
  document.getElementById("act-about").textContent += " (your unsaved text)";
}

// After signing in again: the same claim or the same rows, and the text as it was.
async function continueDraft(place) {
  if (place !== BULK) return openAct("", aimed());
  const kept = await draftOf(BULK);
  const wanted = new Set((kept.rows ?? "").split("\n"));
  for (const row of rows()) {
    const box = row.querySelector(".pick input");
    if (box && (kept.rows === "all" || wanted.has(row.dataset.row))) box.checked = true;
  }
  if (kept.rows === "all") await selectMatching();
  document.dispatchEvent(new CustomEvent("desk:fresh"));
  openAct("", several());
  if (kept.action && dialog.open) take(kept);
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

async function save() {
  if (saving || !form.reportValidity()) return; // a second press of a key or a button is the same wish
  if (allMatching() && targets.length > 1 && !confirmed.includes(ALL))
    return question([ALL], `This acts on all ${number(targets.length)} that match, not only on those shown here.`);
  const button = document.getElementById("act-go"), act = said();
  const place = neighbors();
  saving = button.disabled = true;
  try {
    const results = await carryOut(act, targets, (done) => about(`${number(done)} of ${number(targets.length)} …`));
    const open = results.filter((result) => result.problem?.codes?.some((code) => !confirmed.includes(code)) && needsYes(result));
    if (open.length) return askAbout(open);
    await dropDraft(draftPlace());
    if (waiting && act.action === "appeal_filed") return await decideNow();
    dialog.close();
    announce(act, results);
    for (const row of marked()) row.querySelector(".pick input").checked = false;
    forgetMatching();
    await refresh();
    refuse(results);
    focusNear(place);
  } catch (error) {
    if (error instanceof Refused && needsYes({ problem: error.problem })) question(error.problem.codes, error.message);
    else if (error instanceof Refused && error.problem.status !== 401) { // what was refused does not come back by itself
      problem(error.message);
      await dropDraft(draftPlace());
    } else problem(error instanceof Refused ? error.message : "The server cannot be reached. What was not saved yet is still here.");
  } finally {
    saving = button.disabled = false;
  }
}

const needsYes = (result) => result.problem?.type?.endsWith("confirmation-needed");

function askAbout(open) {
  const refs = new Set(open.map((result) => result.ref));
  targets = targets.filter((target) => refs.has(target.ref));
  question([...new Set(open.flatMap((result) => result.problem.codes))], `${open.length} to confirm. ${open[0].problem.detail}`);
}

function decideNow() {
  const act = waiting;
  waiting = null;
  delete act.confirm;
  confirmed = [];
  for (const target of targets) delete target.version; // it has changed by the filing just now
  fill(act);
  saving = false;
  return save();
}

// The rows after the one acted on, then those before it: where the focus goes when it leaves.
function neighbors() {
  const all = rows();
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

function problem(text) {
  const place = document.getElementById("act-problem");
  place.textContent = text;
  place.hidden = !text;
}
