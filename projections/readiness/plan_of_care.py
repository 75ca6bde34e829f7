"""Episodes, and the plans of care within them: which certification is outstanding, and which came late.

An episode begins with an evaluation code (not a re-evaluation) of its discipline, with an episode id that the publisher
sends, or after a discharge; a recertification begins none, and a gap alone only asks (CMS Pub 100-02 ch. 15 §220.3 D).
Original Medicare: the plan is certified within 30 days of the first treatment; with an order or referral on file and
the plan sent within 30 days of the evaluation no signature is asked for (dates of service from 2025; 42 CFR 424.24(c)).
It is certified again after 90 days or at the plan's end. A delayed certification is legal: late, not lost money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from events.values import ZERO
from events.visit import PlanOfCare
from projections.calendar import add_days, start_of_day
from projections.readiness.rows import KnownVisit
from projections.rules.rulebook import Ruling
from projections.session_rules.findings import Finding, Ruleset
from projections.tables.vocabulary import ListKind
from projections.tables.work_acts import WorkDone
from projections.terms.terms_in_force import Reference
from projections.work.item import EVER, NO_LAST_DAY, ItemDraft, WorkItem
from projections.work.people import with_people

EpisodeVisits = Sequence[KnownVisit]  # in order
GAP = 60  # days without a visit after which somebody should say whether a new episode began
ASKED_BEFORE = 14  # days before a recertification is due
_NOT_LOST = f"{NO_LAST_DAY}a delayed certification is accepted with the reason for the delay (42 CFR 424.11(d)(3))"


def episodes(visits: EpisodeVisits) -> list[list[KnownVisit]]:
    """The visits of one discipline, in order, episode by episode."""
    found: list[list[KnownVisit]] = []
    known = ""
    for visit in visits:
        named = visit.summary.episode_id or ""
        if not found or _begins(found[-1], visit, another=bool(named and known and named != known)):
            found.append([])
        known = named or (known if found[-1] else "")
        found[-1].append(visit)
    return found


def _begins(current: EpisodeVisits, visit: KnownVisit, *, another: bool) -> bool:
    """Whether a new episode begins: never within a day that treated already."""
    last = current[-1]
    if visit.dos == last.dos:
        return False
    discharged = any(v.summary.discharged for v in current)
    return another or discharged or (visit.summary.evaluated and not visit.summary.episode_id)


def gap_findings(episode: EpisodeVisits, rules: Mapping[str, Ruleset]) -> dict[str, list[Finding]]:
    """By visit: a long time without any visit asks whether a new episode began."""
    found: dict[str, list[Finding]] = {}
    for before, after in pairwise(episode):
        days = (after.dos - before.dos).days
        if days > GAP:
            said = f"no visit for {days} days, and no evaluation: treatment days keep counting"
            judged = rules[after.visit_id].find(
                "episode.gap", said, "if a new episode started, send its id or evaluation"
            )
            found[after.visit_id] = judged
    return found


@dataclass(frozen=True)
class Plan:
    """A plan of care of an episode: what is known of it, and the visits under it."""

    known: PlanOfCare
    visits: tuple[KnownVisit, ...]

    @property
    def first(self) -> date:
        return self.visits[0].dos  # in order

    @property
    def last(self) -> date:
        return self.visits[-1].dos


def plans_of(episode: EpisodeVisits) -> list[Plan]:
    """The plans of an episode by the day each was established; what a later visit says of one counts.

    A visit that names no plan is under the one established last; before the first one is named, under that: the
    evaluation from which a plan comes is often documented without it.
    """
    known: dict[date, PlanOfCare] = {}
    under: dict[date, list[KnownVisit]] = {}
    stated = (plan.established_on for visit in episode if (plan := visit.summary.plan_of_care))
    current = next(filter(None, stated), date.min)
    for visit in episode:
        told = visit.summary.plan_of_care or PlanOfCare()
        current = max(current, told.established_on or date.min)
        name = told.established_on or current
        known[name] = known.get(name, PlanOfCare()).model_copy(update=told.model_dump(exclude_none=True))
        under.setdefault(name, []).append(visit)
    return [Plan(known[name], tuple(under[name])) for name in sorted(under)]


def certification_items(episode: EpisodeVisits, reference: Reference) -> list[WorkItem]:
    """The outstanding signature or recertification of an episode's plans; none where nothing of it was ever sent."""
    plans = plans_of(episode)
    if not any(plan.known.sent_on or plan.known.signed_on or plan.known.order_on_file is not None for plan in plans):
        return []  # not known is no item
    items: list[WorkItem] = []
    for place, plan in enumerate(plans):
        ruling = _ruling(plan.visits[-1], reference)
        if ruling is not None:
            items += _worked(plan, _signature(plan, plans[place - 1] if place else None, ruling), reference)
    ruling = _ruling(plans[-1].visits[-1], reference)
    if ruling is not None and not any(v.summary.discharged for v in episode):
        items += _worked(plans[-1], _recertification(plans[-1], ruling, reference), reference)
    return items


def _worked(plan: Plan, items: Sequence[WorkItem], reference: Reference) -> list[WorkItem]:
    """The items with what people did; an act on a visit's claim is about that claim.

    An item hangs on the plan's first visit. Where an earlier visit becomes known, what was done under the first visit
    of before still counts.
    """
    acts = [act for visit in plan.visits for act in visit.summary.work if act.data.visit_id]
    found: list[WorkItem] = []
    for item in items:
        what = item.category or ""
        mine = [_moved(act, item.item) if act.data.item == f"{act.data.visit_id} {what}" else act for act in acts]
        found += with_people([ItemDraft(item, EVER)], mine, reference.zone)
    return found


def _moved(act: WorkDone, item: str) -> WorkDone:
    return WorkDone(act.at, act.data.model_copy(update={"item": item}))


def _ruling(visit: KnownVisit, reference: Reference) -> Ruling | None:
    rules = reference.ruleset(visit.dos, visit.payer_id, visit.summary.program, visit.discipline)
    ruling = rules.pick("plan_of_care")
    return ruling if isinstance(ruling, Ruling) else None


def signature_due(plan: Plan, before: Plan | None, values: Mapping[str, Any]) -> date:
    """Of the first plan this many days from the first treatment; of a later one the end of the plan before it."""
    if before is None:
        return add_days(plan.first, int(values["initial_days"]))
    return plan_end(before, values)


def plan_end(plan: Plan, values: Mapping[str, Any]) -> date:
    """The sooner of this many days from the first treatment under the plan and its own end."""
    latest = add_days(plan.first, int(values["recertification_days"]))
    stated = plan.known.certified_through
    return min(latest, stated) if stated else latest


def order_stands(plan: Plan, before: Plan | None, values: Mapping[str, Any]) -> bool:
    """Whether an order on file and the plan sent in time, counted from the evaluation, are the first signature.

    Where no evaluation is among the visits it was at the latest when the plan was established.
    """
    days, sent = values.get("order_sent_within_days"), plan.known.sent_on
    if before is not None or days is None or plan.known.order_on_file is not True or sent is None:
        return False
    evaluated = next((v.dos for v in plan.visits if v.summary.evaluated), None)
    return sent <= add_days(evaluated or min(plan.first, plan.known.established_on or plan.first), int(days))


def _signature(plan: Plan, before: Plan | None, ruling: Ruling) -> list[WorkItem]:
    values = ruling.values
    if plan.known.signed_on is not None or order_stands(plan, before, values):
        return []
    due = signature_due(plan, before, values)
    what = "The plan of care" if before is None else "The recertified plan of care"
    named = f" of {plan.known.established_on}" if plan.known.established_on else ""
    action = "Get the physician's signature; if it comes late, file the reason for the delay with it"
    steps = [f"{ruling.name}: {_counted(plan, before, values)} = {due}"]
    if before is None and plan.known.order_on_file is True and values.get("order_sent_within_days"):
        steps.append("An order is on file: no signature is needed if the plan is sent within 30 days of evaluation")
        action = "Send the plan to the physician within 30 days of the evaluation, or get the signature"
    return [_item(plan, "signature", due, (f"{what}{named} is not signed", action), steps)]


def _counted(plan: Plan, before: Plan | None, values: Mapping[str, Any]) -> str:
    if before is None:
        return f"{plan.first} (first treatment) + {values['initial_days']} days"
    return f"the end of the previous plan, at most {before.first} + {values['recertification_days']} days"


def _recertification(plan: Plan, ruling: Ruling, reference: Reference) -> list[WorkItem]:
    """Asked for while the patient comes: the last visit lies near the plan's end, or after it."""
    due = plan_end(plan, ruling.values)
    asked = add_days(due, -ASKED_BEFORE)
    if plan.last < asked:
        return []
    end, days = plan.known.certified_through or "not known", ruling.values["recertification_days"]
    steps = [f"{ruling.name}: the sooner of {plan.first} + {days} days and the plan's end ({end}) = {due}"]
    action = "Recertify the plan and get it signed"
    item = _item(plan, "recertification", due, (f"The plan of care ends on {due}", action), steps)
    return [replace(item, snoozed_until=start_of_day(asked, reference.zone))]


def _item(plan: Plan, what: str, due: date, said: tuple[str, str], steps: Sequence[str]) -> WorkItem:
    """`said`: the reason and the next action."""
    visit = plan.visits[0]
    return WorkItem(
        kind=ListKind.PLAN_OF_CARE,
        claim_id="",
        payer_id=visit.payer_id,
        patient_id=visit.patient_id,
        item=f"{visit.visit_id} {what}",
        due=due,
        lost_on=None,
        amount_at_risk=ZERO,
        amount_unknown=True,
        category=what,
        discipline=visit.discipline,
        reason=said[0],
        next_action=said[1],
        explanation=(*steps, _NOT_LOST),
    )


def late_findings(episode: EpisodeVisits, rules: Mapping[str, Ruleset]) -> dict[str, list[Finding]]:
    """By visit: a plan that was signed after its day. Late, not lost."""
    found: dict[str, list[Finding]] = {}
    plans = plans_of(episode)
    for place, plan in enumerate(plans):
        visit, before = plan.visits[0], plans[place - 1] if place else None
        ruling, signed = rules[visit.visit_id].pick("plan_of_care"), plan.known.signed_on
        if not isinstance(ruling, Ruling) or signed is None or order_stands(plan, before, ruling.values):
            continue
        due = signature_due(plan, before, ruling.values)
        if signed > due:
            said = f"the plan of care was signed on {signed}, due by {due}: a delayed certification"
            judged = rules[visit.visit_id].find("plan.certified_late", said, "keep the reason for the delay on file")
            found.setdefault(visit.visit_id, []).extend(judged)
    return found
