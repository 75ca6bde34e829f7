"""What a payer authorized and allows a patient: what is used up, by which visits, and what is not known of coverage.

Every count names what it counted (see `coverage_use`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from events.coverage import AuthorizationRecorded, EligibilityChecked
from events.followup import WorkFact
from events.values import ZERO, from_cents
from projections.calendar import add_days, start_of_day
from projections.disciplines import disciplines_named
from projections.readiness.coverage_use import DENIED_STATES, Allowance, CoverageRows, UsedVisit, allot, sessions_of
from projections.readiness.coverage_words import (
    NEAR,
    counted,
    counted_units,
    few_units_left,
    few_visits_left,
    plain_number,
    visits_left,
)
from projections.readiness.rows import KnownVisit
from projections.rows.payer_facts import stored_terms
from projections.rules.policy_choice import Dates, PayerTerms, Undecided
from projections.tables.line_facts import LineFacts
from projections.tables.vocabulary import ListKind, VisitState
from projections.tables.work_acts import WorkDone
from projections.terms.terms_in_force import Reference
from projections.work.item import EVER, NO_DUE, NO_LAST_DAY, ItemDraft, WorkItem
from projections.work.people import with_people

CHECKED_BEFORE = 30  # days for which an answer about coverage is taken to hold
AUTHORIZATION_CODES = ("197", "198")  # CARC: no authorization; more than was authorized
_NOT_LOST = f"{NO_LAST_DAY}the filing and appeal windows of each claim decide"
_NOT_DUE = f"{NO_DUE}the next visit is not known"


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """A patient's sessions and what payers said, in order."""

    patient_id: str
    rows: CoverageRows = field(repr=False)
    authorizations: tuple[AuthorizationRecorded, ...]
    checks: tuple[EligibilityChecked, ...]
    reference: Reference = field(repr=False)

    @cached_property
    def sessions(self) -> tuple[UsedVisit, ...]:
        """Found only where something asks: that takes as long as the patient's whole history."""
        return tuple(sessions_of(self.rows))

    def covers(self, authorization: AuthorizationRecorded, session: UsedVisit) -> bool:
        """By payer, discipline, day, and codes where both name some."""
        ends, codes = authorization.to_day or date.max, frozenset(authorization.procedures)
        return (
            self.reference.payer(authorization.payer_id) == session.payer_id
            and authorization.discipline in (None, session.discipline)
            and authorization.from_day <= session.dos <= ends
            and not (codes and session.procedures and codes.isdisjoint(session.procedures))
        )

    @cached_property
    def allowances(self) -> Mapping[tuple[str, str], Allowance]:
        """By payer and number, each authorization with the sessions that use it up."""
        found = allot(self.authorizations, self.sessions, self.covers)
        return {(one.authorization.payer_id, one.authorization.number): one for one in found}

    def allowance(self, authorization: AuthorizationRecorded) -> Allowance:
        return self.allowances[(authorization.payer_id, authorization.number)]


def fold_coverage(patient_id: str, rows: CoverageRows, reference: Reference) -> list[WorkItem]:
    """The items of the lists authorization and eligibility."""
    newest: dict[tuple[str, str], AuthorizationRecorded] = {}
    for event in rows.told:
        if isinstance(event.data, AuthorizationRecorded):
            newest[(event.data.payer_id, event.data.number)] = event.data
    checks = [event.data for event in rows.told if isinstance(event.data, EligibilityChecked)]
    known = Coverage(
        patient_id=patient_id,
        rows=rows,
        authorizations=tuple(sorted(newest.values(), key=lambda one: (one.from_day, one.number))),
        checks=tuple(sorted(checks, key=lambda check: check.on)),
        reference=reference,
    )
    drafts = [
        *_running_out(known),
        *_unauthorized(known),
        *_limits(known),
        *_evidence(known),
        *_eligibility(known),
    ]
    acts = [WorkDone(event.time, event.data) for event in rows.told if isinstance(event.data, WorkFact)]
    named = {draft.item.claim_id for draft in drafts}  # reading the facts of every line would cost the whole history
    on_claims = {line.claim_id: LineFacts.from_text(line.facts).work for line in rows.lines if line.claim_id in named}
    return [
        item
        for draft in drafts
        for item in with_people([draft], on_claims.get(draft.item.claim_id, acts), reference.zone)
    ]


def _running_out(known: Coverage) -> Iterator[ItemDraft]:
    """An authorization with little left; one that another follows is no work."""
    for authorization in known.authorizations:
        allowance = known.allowance(authorization)
        if not allowance.used or _followed(known, authorization) or _discharged(allowance.used[-1]):
            continue
        told = [said for said in (few_visits_left(allowance), few_units_left(allowance)) if said]
        if told:
            yield _item(
                known,
                allowance.used[-1],
                f"authorization {authorization.number}",
                (
                    "running_out",
                    f"Authorization {authorization.number}: {'; '.join(told)}",
                    f"Ask the payer for more {'visits' if authorization.visits is not None else 'units'}",
                ),
                (*counted(allowance.used), *counted_units(allowance)),
                due=authorization.to_day,
                since=_start(known, allowance.used[-1].dos),
            )


def _followed(known: Coverage, authorization: AuthorizationRecorded) -> bool:
    """Whether another authorization of the kind begins later, or has enough left and ends no sooner."""
    payer, disciplines = known.reference.payer(authorization.payer_id), (None, authorization.discipline)
    codes = frozenset(authorization.procedures)
    others = [
        other
        for other in known.authorizations
        if other is not authorization
        and known.reference.payer(other.payer_id) == payer
        and (other.discipline in disciplines or authorization.discipline is None)
        and not (codes and other.procedures and codes.isdisjoint(other.procedures))
    ]
    return any(other.from_day > authorization.from_day or _lasts(known, other, authorization) for other in others)


def _lasts(known: Coverage, other: AuthorizationRecorded, than: AuthorizationRecorded) -> bool:
    allowance = known.allowance(other)
    enough = not (few_visits_left(allowance) or few_units_left(allowance))
    return enough and (other.to_day or date.max) >= (than.to_day or date.max)


def _unauthorized(known: Coverage) -> Iterator[ItemDraft]:
    """Visits that no authorization covers where the payer's terms want one, while the claim can still be changed."""
    for session in known.sessions if known.rows.has_open_visits else ():
        visit = session.visit
        if visit is None or visit.state == VisitState.BILLED or not _wants_authorization(known, session):
            continue
        if visit.summary.authorization not in (None, {}, {"required": True}):
            continue  # the record names one; its own findings judge it
        covering = [one for one in known.authorizations if known.covers(one, session)]
        if any(known.allowance(one).left_at(session) for one in covering):
            continue
        why = "the authorization is used up" if covering else "no authorization covers the day"
        yield _item(
            known,
            session,
            f"{visit.visit_id} authorization",
            (
                "missing",
                f"Visit of {session.dos}: the payer requires an authorization, and {why}",
                "Obtain an authorization, or record the existing one",
            ),
            _authorized(known, covering),
        )


def _wants_authorization(known: Coverage, session: UsedVisit) -> bool:
    book = known.reference.terms.book
    who = _whose_terms(known, session)
    return book.stated("authorization_required", who, Dates(dos=session.dos)) is True


def _limits(known: Coverage) -> Iterator[ItemDraft]:
    """Visit limits of the payer's terms per calendar year, and the number of visits that its own answer left."""
    knows = known.reference.terms.book.knows
    sessions = known.sessions if any(map(knows, known.rows.payers)) else ()
    years = sorted({(session.payer_id, session.dos.year) for session in sessions})
    for payer_id, year in years:
        mine = [s for s in known.sessions if s.payer_id == payer_id and s.dos.year == year]
        who = _whose_terms(known, mine[-1])
        limits = known.reference.terms.book.stated("visit_limits", who, Dates(dos=mine[-1].dos))
        for limit in () if limits is None or isinstance(limits, Undecided) else limits:
            used = [s for s in mine if not limit.disciplines or s.discipline in limit.disciplines]
            yield from _near_limit(
                known, used, limit.visits, f"{payer_id} {year} {'/'.join(limit.disciplines)}", f"Visits of {year}"
            )
    yield from _answered_limits(known)


def _answered_limits(known: Coverage) -> Iterator[ItemDraft]:
    """By the newest answer of each payer that says how many visits are left."""
    newest: dict[str, EligibilityChecked] = {}
    for check in known.checks:
        if check.visits_left is not None:
            newest[known.reference.payer(check.payer_id)] = check
    for payer_id, check in sorted(newest.items()):
        used = [
            s for s in known.sessions if s.payer_id == payer_id and s.dos > check.on and s.dos.year == check.on.year
        ]
        named = f"Per the payer's eligibility response of {check.on}, visits"
        yield from _near_limit(known, used, check.visits_left or 0, f"{payer_id} {check.on} answer", named)


def _near_limit(known: Coverage, used: Sequence[UsedVisit], limit: int, name: str, what: str) -> Iterator[ItemDraft]:
    left = limit - len(used)
    if used and left <= NEAR and not _discharged(used[-1]):
        yield _item(
            known,
            used[-1],
            f"limit {name}".strip(),
            ("visit_limit", f"{what}: {visits_left(left)} of {limit}", "Ask the payer for more, or tell the patient"),
            counted(used),
            since=_start(known, used[-1].dos),
        )


def _whose_terms(known: Coverage, session: UsedVisit) -> PayerTerms:
    """What is known of a visit that policies may distinguish: from its claim, else the patient's nearest one there."""
    payer_id, plan = session.payer_id, _plan(known, session)
    there = [line for line in known.rows.lines if line.payer_id == payer_id and line.dos is not None]
    if not there or not known.reference.terms.book.knows(payer_id):  # reading a line's facts costs something
        return PayerTerms(payer_id, plan)
    before = [line for line in there if line.dos <= session.dos]
    nearest = max(before, key=_line_order) if before else min(there, key=_line_order)
    told = stored_terms(LineFacts.from_text(nearest.facts), payer_id)
    return told._replace(plan=plan or told.plan)


def _line_order(line: Any) -> tuple[date, str, int]:
    return line.dos, line.claim_id, line.number


def _plan(known: Coverage, session: UsedVisit) -> str | None:
    """By the payer's last answer before the visit, else its first one after."""
    answers = [c for c in known.checks if known.reference.payer(c.payer_id) == session.payer_id and c.plan]
    before = [c for c in answers if c.on <= session.dos]
    return (before[-1:] or answers[:1])[0].plan if answers else None


def _evidence(known: Coverage) -> Iterator[ItemDraft]:
    """Denials for a missing authorization (CARC 197) or too many visits (198), and what there is against them."""
    for line in known.rows.lines:
        codes = _denied_for(line) if line.status in DENIED_STATES and line.dos else []
        if not codes:
            continue
        discipline = next(iter(disciplines_named(line.modifiers.split())), "")
        session = UsedVisit(dos=line.dos, payer_id=line.payer_id, discipline=discipline, lines=(line,))
        covering = [one for one in known.authorizations if known.covers(one, session)]
        action = (
            f"Appeal with authorization {covering[0].number}"
            if covering
            else "Request a retroactive authorization, or record the existing one"
        )
        said = f"Line {line.number} was denied for its authorization (CARC {', '.join(codes)})"
        item = _item(
            known,
            session,
            f"line {line.number} evidence",
            ("evidence", said, action),
            _authorized(known, covering),
            claim_id=line.claim_id,
            cents=line.charge,
        )
        yield item


def _denied_for(line: Any) -> list[str]:
    """The codes of the newest answer about the line."""
    answers = [answer for answer in LineFacts.from_text(line.facts).answers if not answer.undone]
    stated = {adjustment.reason for adjustment in (answers[-1].adjustments if answers else ())}
    return [code for code in AUTHORIZATION_CODES if code in stated]


def _eligibility(known: Coverage) -> Iterator[ItemDraft]:
    """Visits not billed yet that a payer's answer shows uncovered, or that no answer is about.

    Where no answer of the payer was ever recorded for the patient, one item for all of these visits.
    """
    never: dict[str, list[UsedVisit]] = {}
    for session in known.sessions if known.rows.has_open_visits else ():
        if session.visit is None or session.visit.state == VisitState.BILLED or not session.payer_id:
            continue
        mine = [c for c in known.checks if known.reference.payer(c.payer_id) == session.payer_id]
        if mine:
            yield from _checked(known, session, session.visit, mine)
        else:
            never.setdefault(session.payer_id, []).append(session)
    for payer_id, sessions in never.items():
        first = (
            f"visit of {sessions[0].dos}" if len(sessions) == 1 else f"{len(sessions)} visits from {sessions[0].dos}"
        )
        said = f"Coverage by payer {payer_id} was never checked; {_stage(sessions)}: {first}"
        action = "Check coverage before the payer decides, or close this with the reason"
        steps = (_NOT_DUE, *counted(sessions))
        name = f"{payer_id} never checked"
        yield _item(known, sessions[0], name, ("unchecked", said, action), steps, kind=ListKind.ELIGIBILITY)


def _stage(sessions: Sequence[UsedVisit]) -> str:
    """A visit whose claim was sent and can still be corrected is billed."""
    visits = [session.visit for session in sessions if session.visit is not None]
    unbilled = all(visit.state == VisitState.UNBILLED for visit in visits)
    return "not billed yet" if unbilled else "no claim accepted yet"


def _checked(
    known: Coverage, session: UsedVisit, visit: KnownVisit, mine: Sequence[EligibilityChecked]
) -> Iterator[ItemDraft]:
    """A visit that the payer's nearest answer shows uncovered, or that is too far from any."""
    name = f"{visit.visit_id} eligibility"
    nearest = [c for c in mine if add_days(session.dos, -CHECKED_BEFORE) <= c.on <= session.dos] or [
        c for c in mine if c.on > session.dos
    ][:1]
    if not nearest:
        said = f"Visit of {session.dos}: coverage was not checked in the {CHECKED_BEFORE} days before it"
        told = ("unchecked", said, "Check coverage for that day")
        yield _item(known, session, name, told, (_NOT_DUE,), kind=ListKind.ELIGIBILITY)
    elif not nearest[-1].active:
        said = f"Visit of {session.dos}: the payer's eligibility response of {nearest[-1].on} shows no active coverage"
        others = ", ".join(other.name or other.payer_id for other in nearest[-1].other_payers)
        action = f"Bill {others}" if others else "Find the patient's other coverage before the payer decides"
        yield _item(known, session, name, ("inactive", said, action), (_NOT_DUE,), kind=ListKind.ELIGIBILITY)


def _authorized(known: Coverage, covering: Sequence[AuthorizationRecorded]) -> tuple[str, ...]:
    if not covering:
        held = ", ".join(f"{one.number} ({one.from_day} to {one.to_day or 'open'})" for one in known.authorizations)
        return (f"The patient's authorizations: {held}" if held else "No authorization is on file for the patient",)
    told = []
    for one in covering:
        allowance = known.allowance(one)
        allowed = [f"{one.visits} visits"] if one.visits is not None else []
        allowed += [f"{plain_number(one.units)} units"] if one.units is not None else []
        told.append(
            f"Authorization {one.number}, {one.from_day} to {one.to_day or 'open'}: "
            f"{' and '.join(allowed) or 'any number of visits'}"
        )
        told += [*counted(allowance.used), *counted_units(allowance)]
    return tuple(told)


def _discharged(session: UsedVisit) -> bool:
    return session.visit is not None and session.visit.summary.discharged


def _start(known: Coverage, day: date) -> datetime:
    """Before it nobody could work on what a visit of that day brought up."""
    return start_of_day(day, known.reference.zone)


def _item(
    known: Coverage,
    session: UsedVisit,
    name: str,
    said: tuple[str, str, str],
    steps: Sequence[str],
    *,
    due: date | None = None,
    claim_id: str = "",
    kind: ListKind = ListKind.AUTHORIZATION,
    since: datetime = EVER,
    cents: int | None = None,
) -> ItemDraft:
    """`said`: the category, the reason and the next action. `cents`: its worth, else the visit's."""
    visit, (category, reason, action) = session.visit, said
    if cents is None and visit is not None:
        cents = visit.expected_allowed
    item = WorkItem(
        kind=kind,
        claim_id=claim_id,
        payer_id=session.payer_id,
        patient_id=known.patient_id,
        item=name,
        due=due,
        lost_on=None,
        amount_at_risk=ZERO if cents is None else from_cents(cents),
        amount_unknown=cents is None,
        category=category,
        discipline=session.discipline or None,
        reason=reason,
        next_action=action,
        explanation=(*steps, *(() if due or _NOT_DUE in steps else (_NOT_DUE,)), _NOT_LOST),
    )
    return ItemDraft(item, since)
