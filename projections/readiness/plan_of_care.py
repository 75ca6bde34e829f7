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
from projections.calendar import add_days, start_of_day
from projections.rules.rulebook import Ruling
from projections.session_rules.findings import Finding, Ruleset
from projections.terms.terms_in_force import Reference
from projections.work.item import EVER, NO_LAST_DAY, ItemDraft, WorkItem
from projections.work.kinds import ListKind
from projections.work.people import read_done, with_people

EpisodeVisits = Sequence[Any]  # rows of `readiness`, in order
GAP = 60  # days without a visit after which somebody should say whether a new episode began
ASKED_BEFORE = 14  # days before a recertification is due
_NOT_LOST = f"{NO_LAST_DAY}a delayed certification is accepted with the reason for the delay (42 CFR 424.11(d)(3))"


def episodes(visits: EpisodeVisits) -> list[list[Any]]:
    """The visits of one discipline, in order, episode by episode."""
    found: list[list[Any]] = []
    known = ""
    for visit in visits:
        brief = visit.brief or {}
        named = brief.get("episode_id", "")
        if not found or _begins(found[-1], visit, brief, another=bool(named and known and named != known)):
            found.append([])
        known = named or (known if found[-1] else "")
        found[-1].append(visit)
    return found


def _begins(current: Sequence[Any], visit: Any, brief: Mapping[str, Any], *, another: bool) -> bool:
    """Whether a new episode begins: never within a day that treated already."""
    last = current[-1]
    if visit.dos == last.dos:
        return False
    discharged = any((v.brief or {}).get("discharged") for v in current)
    return another or discharged or bool(brief.get("evaluated") and not brief.get("episode_id"))


def gap_findings(episode: EpisodeVisits, rules: Mapping[str, Ruleset]) -> dict[str, list[Finding]]:
    """By visit: a long time without any visit asks whether a new episode began."""
    found: dict[str, list[Finding]] = {}
    for before, after in pairwise(episode):
        days = (after.dos - before.dos).days
        if days > GAP:
            said = f"no visit for {days} days, and no evaluation: the treatment days are counted on"
            judged = rules[after.visit_id].find(
                "episode.gap", said, "if a new episode began, send its id or evaluation"
            )
            found[after.visit_id] = judged
    return found


@dataclass(frozen=True)
class Plan:
    """A plan of care of an episode: what is known of it, and the visits under it."""

    known: Mapping[str, Any]
    visits: tuple[Any, ...]

    def day(self, name: str) -> date | None:
        stated = self.known.get(name)
        return date.fromisoformat(stated) if stated else None

    @property
    def first(self) -> date:
        first: date = self.visits[0].dos  # in order
        return first

    @property
    def last(self) -> date:
        last: date = self.visits[-1].dos
        return last


def plans_of(episode: EpisodeVisits) -> list[Plan]:
    """The plans of an episode by the day each was established; what a later visit says of one counts.

    A visit that names no plan is under the one established last; before the first one is named, under that: the
    evaluation from which a plan comes is often documented without it.
    """
    known: dict[str, dict[str, Any]] = {}
    under: dict[str, list[Any]] = {}
    stated = [(visit.brief or {}).get("plan", {}).get("established_on", "") for visit in episode]
    current = next(filter(None, stated), "")
    for visit in episode:
        told = (visit.brief or {}).get("plan", {})
        current = max(current, told.get("established_on", ""))
        name = told.get("established_on", current)
        known[name] = known.get(name, {}) | told
        under.setdefault(name, []).append(visit)
    return [Plan(known[name], tuple(under[name])) for name in sorted(under)]


def certification_items(episode: EpisodeVisits, reference: Reference) -> list[WorkItem]:
    """The outstanding signature or recertification of an episode's plans; none where nothing of it was ever sent."""
    plans = plans_of(episode)
    if not any({"sent_on", "signed_on", "order_on_file"} & plan.known.keys() for plan in plans):
        return []  # not known is no item
    items: list[WorkItem] = []
    for place, plan in enumerate(plans):
        ruling = _ruling(plan.visits[-1], reference)
        if ruling is not None:
            items += _worked(plan, _signature(plan, plans[place - 1] if place else None, ruling), reference)
    ruling = _ruling(plans[-1].visits[-1], reference)
    if ruling is not None and not any((v.brief or {}).get("discharged") for v in episode):
        items += _worked(plans[-1], _recertification(plans[-1], ruling, reference), reference)
    return items


def _worked(plan: Plan, items: Sequence[WorkItem], reference: Reference) -> list[WorkItem]:
    """The items with what people did; an act on a visit's claim is about that claim.

    An item hangs on the plan's first visit. Where an earlier visit becomes known, what was done under the first visit
    of before still counts.
    """
    rows = [row for visit in plan.visits for row in (visit.brief or {}).get("work", ()) if "visit_id" in row]
    found: list[WorkItem] = []
    for item in items:
        what = item.category or ""
        mine = [row | {"item": item.item} if row.get("item") == f"{row['visit_id']} {what}" else row for row in rows]
        found += with_people([ItemDraft(item, EVER)], read_done(mine), reference.zone)
    return found


def _ruling(visit: Any, reference: Reference) -> Ruling | None:
    rules = reference.ruleset(visit.dos, visit.payer_id, (visit.brief or {}).get("program"), visit.discipline)
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
    stated = plan.day("certified_through")
    return min(latest, stated) if stated else latest


def order_stands(plan: Plan, before: Plan | None, values: Mapping[str, Any]) -> bool:
    """Whether an order on file and the plan sent in time, counted from the evaluation, are the first signature.

    Where no evaluation is among the visits it was at the latest when the plan was established.
    """
    days, sent = values.get("order_sent_within_days"), plan.day("sent_on")
    if before is not None or days is None or plan.known.get("order_on_file") is not True or sent is None:
        return False
    evaluated = next((v.dos for v in plan.visits if (v.brief or {}).get("evaluated")), None)
    return sent <= add_days(evaluated or min(plan.first, plan.day("established_on") or plan.first), int(days))


def _signature(plan: Plan, before: Plan | None, ruling: Ruling) -> list[WorkItem]:
    values = ruling.values
    if plan.day("signed_on") is not None or order_stands(plan, before, values):
        return []
    due = signature_due(plan, before, values)
    what = "The plan of care" if before is None else "The recertified plan of care"
    named = f" of {plan.known['established_on']}" if plan.known.get("established_on") else ""
    action = "Get the physician's signature; if it comes late, file the reason for the delay with it"
    steps = [f"{ruling.name}: {_counted(plan, before, values)} = {due}"]
    if before is None and plan.known.get("order_on_file") is True and values.get("order_sent_within_days"):
        steps.append("An order is on file: with the plan sent within 30 days of the evaluation no signature is needed")
        action = "Send the plan to the physician within 30 days of the evaluation, or get the signature"
    return [_item(plan, "signature", due, (f"{what}{named} is not signed", action), steps)]


def _counted(plan: Plan, before: Plan | None, values: Mapping[str, Any]) -> str:
    if before is None:
        return f"{plan.first} (first treatment) + {values['initial_days']} days"
    return f"the end of the plan before it, at most {before.first} + {values['recertification_days']} days"


def _recertification(plan: Plan, ruling: Ruling, reference: Reference) -> list[WorkItem]:
    """Asked for while the patient comes: the last visit lies near the plan's end, or after it."""
    due = plan_end(plan, ruling.values)
    asked = add_days(due, -ASKED_BEFORE)
    if plan.last < asked:
        return []
    end, days = plan.known.get("certified_through", "not known"), ruling.values["recertification_days"]
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
        ruling, signed = rules[visit.visit_id].pick("plan_of_care"), plan.day("signed_on")
        if not isinstance(ruling, Ruling) or signed is None or order_stands(plan, before, ruling.values):
            continue
        due = signature_due(plan, before, ruling.values)
        if signed > due:
            said = f"the plan of care was signed on {signed}, due by {due}: a delayed certification"
            judged = rules[visit.visit_id].find("plan.certified_late", said, "keep the reason for the delay on file")
            found.setdefault(visit.visit_id, []).extend(judged)
    return found
