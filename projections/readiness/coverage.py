"""What a payer authorized and allows a patient: what is used up, by which visits, and what is not known of coverage.

A visit and the claim lines that bill it count once; claim lines alone count where no visit of that day was documented.
Lines that were denied, voided or reversed use nothing up. Every count names what it counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from events.coverage import AuthorizationRecorded, EligibilityChecked
from events.values import ZERO, from_cents
from projections.calendar import add_days
from projections.disciplines import disciplines_named
from projections.history import LoggedEvent
from projections.readiness.rows import BILLED, CLOSED
from projections.rules.policy_choice import Dates, PayerTerms, Undecided
from projections.terms.terms_in_force import Reference
from projections.work.item import NO_DUE, NO_LAST_DAY, WorkItem
from projections.work.kinds import ListKind

NEAR = 3  # visits left from which on somebody should ask for more
CHECKED_BEFORE = 30  # days for which an answer about coverage is taken to hold
AUTHORIZATION_CODES = ("197", "198")  # CARC: no authorization; more than was authorized
DENIED_STATES = frozenset({"denied", "voided", "reversed"})
_NOT_LOST = f"{NO_LAST_DAY}the filing and appeal windows of each claim decide"
_NOT_DUE = f"{NO_DUE}the next visit is not known"


class CoverageRows(NamedTuple):
    """What a patient's coverage is folded from: rows of `readiness` and of `claim_line`, and what payers said."""

    visits: Sequence[Any]
    lines: Sequence[Any]
    told: Sequence[LoggedEvent]


@dataclass(frozen=True, kw_only=True)
class UsedVisit:
    """What uses up one visit: a documented visit, or the claim lines of a day and discipline."""

    dos: date
    payer_id: str
    discipline: str
    visit: Any = None
    claim_ids: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        named = f"visit {self.visit.visit_id}" if self.visit else f"claim {', '.join(self.claim_ids)}"
        return f"{self.dos} ({named})"


@dataclass(frozen=True)
class Coverage:
    """A patient's sessions and what payers said, in order."""

    patient_id: str
    sessions: tuple[UsedVisit, ...]
    authorizations: tuple[AuthorizationRecorded, ...]
    checks: tuple[EligibilityChecked, ...]
    lines: tuple[Any, ...]
    reference: Reference = field(repr=False)

    def used(self, authorization: AuthorizationRecorded) -> list[UsedVisit]:
        """The sessions that an authorization covers, first to last."""
        return [session for session in self.sessions if self.covers(authorization, session)]

    def covers(self, authorization: AuthorizationRecorded, session: Any) -> bool:
        ends = authorization.to_day or date.max
        return (
            self.reference.payer(authorization.payer_id) == session.payer_id
            and authorization.discipline in (None, session.discipline)
            and authorization.from_day <= session.dos <= ends
        )

    def left_at(self, authorization: AuthorizationRecorded, session: UsedVisit) -> bool:
        """Whether the authorization had a visit left for this session."""
        return authorization.visits is None or session in self.used(authorization)[: authorization.visits]


def fold_coverage(patient_id: str, rows: CoverageRows, reference: Reference) -> list[WorkItem]:
    """The items of the lists authorization and eligibility."""
    newest: dict[tuple[str, str], AuthorizationRecorded] = {}
    for event in rows.told:
        if isinstance(event.data, AuthorizationRecorded):
            newest[(event.data.payer_id, event.data.number)] = event.data
    checks = [event.data for event in rows.told if isinstance(event.data, EligibilityChecked)]
    known = Coverage(
        patient_id,
        tuple(sessions_of(rows)),
        tuple(sorted(newest.values(), key=lambda one: (one.from_day, one.number))),
        tuple(sorted(checks, key=lambda check: check.on)),
        tuple(rows.lines),
        reference,
    )
    return [
        *_running_out(known),
        *_unauthorized(known),
        *_limits(known),
        *_evidence(known),
        *_eligibility(known),
    ]


def sessions_of(rows: CoverageRows) -> Iterator[UsedVisit]:
    """Each visit once, with the claim lines of its day; then the claim lines of days without a documented visit."""
    billed: dict[tuple[str, str, date], list[Any]] = {}
    for line in rows.lines:
        for discipline in disciplines_named(line.modifiers.split()):
            if line.dos:
                billed.setdefault((line.payer_id, discipline, line.dos), []).append(line)
    visited = {(visit.payer_id, visit.discipline, visit.dos) for visit in rows.visits}
    found = [
        UsedVisit(
            dos=visit.dos,
            payer_id=visit.payer_id,
            discipline=visit.discipline,
            visit=visit,
            claim_ids=_claims(billed.get((visit.payer_id, visit.discipline, visit.dos), ())),
        )
        for visit in rows.visits
        if visit.state != CLOSED and not _refused(billed.get((visit.payer_id, visit.discipline, visit.dos), ()))
    ]
    for (payer_id, discipline, dos), lines in billed.items():
        if (payer_id, discipline, dos) not in visited and not _refused(lines):
            found.append(UsedVisit(dos=dos, payer_id=payer_id, discipline=discipline, claim_ids=_claims(lines)))
    yield from sorted(found, key=lambda s: (s.dos, s.discipline, s.visit.visit_id if s.visit else "", s.claim_ids))


def _refused(lines: Sequence[Any]) -> bool:
    return bool(lines) and all(line.status in DENIED_STATES for line in lines)


def _claims(lines: Iterable[Any]) -> tuple[str, ...]:
    return tuple(sorted({line.claim_id for line in lines}))


def _running_out(known: Coverage) -> Iterator[WorkItem]:
    """An authorization with few visits left; one that another follows is no work."""
    for authorization in known.authorizations:
        used = known.used(authorization)
        if authorization.visits is None or not used or _followed(known, authorization) or _discharged(used[-1]):
            continue
        left = authorization.visits - len(used)
        if left <= NEAR:
            said = f"Authorization {authorization.number}: {_left(left)} of {authorization.visits}"
            yield _item(
                known,
                used[-1],
                f"authorization {authorization.number}",
                ("running_out", said, "Ask the payer for more visits"),
                _counted(used),
                due=authorization.to_day,
            )


def _followed(known: Coverage, authorization: AuthorizationRecorded) -> bool:
    payer, disciplines = known.reference.payer(authorization.payer_id), (None, authorization.discipline)
    return any(
        other.from_day > authorization.from_day
        and known.reference.payer(other.payer_id) == payer
        and (other.discipline in disciplines or authorization.discipline is None)
        for other in known.authorizations
    )


def _unauthorized(known: Coverage) -> Iterator[WorkItem]:
    """Visits that no authorization covers where the payer's terms want one, while the claim can still be changed."""
    for session in known.sessions:
        visit = session.visit
        if visit is None or visit.state == BILLED or not _wants_authorization(known, session):
            continue
        if (visit.brief or {}).get("authorization", {}) not in ({}, {"required": True}):
            continue  # the record names one; its own findings judge it
        covering = [one for one in known.authorizations if known.covers(one, session)]
        if any(known.left_at(one, session) for one in covering):
            continue
        why = "every visit of the authorization is used up" if covering else "no authorization covers the day"
        yield _item(
            known,
            session,
            f"{visit.visit_id} authorization",
            (
                "missing",
                f"Visit of {session.dos}: the payer wants an authorization, and {why}",
                "Get an authorization, or record the one there is",
            ),
            _authorized(known, covering),
        )


def _wants_authorization(known: Coverage, session: UsedVisit) -> bool:
    book = known.reference.terms.book
    return book.stated("authorization_required", PayerTerms(session.payer_id), Dates(dos=session.dos)) is True


def _limits(known: Coverage) -> Iterator[WorkItem]:
    """Visit limits of the payer's terms per calendar year, and the number of visits that its own answer left."""
    years = sorted({(session.payer_id, session.dos.year) for session in known.sessions})
    for payer_id, year in years:
        mine = [s for s in known.sessions if s.payer_id == payer_id and s.dos.year == year]
        who = PayerTerms(payer_id, _plan(known, mine[-1]))
        limits = known.reference.terms.book.stated("visit_limits", who, Dates(dos=mine[-1].dos))
        for limit in () if limits is None or isinstance(limits, Undecided) else limits:
            used = [s for s in mine if not limit.disciplines or s.discipline in limit.disciplines]
            yield from _near_limit(
                known, used, limit.visits, f"{payer_id} {year} {'/'.join(limit.disciplines)}", f"Visits of {year}"
            )
    yield from _answered_limits(known)


def _answered_limits(known: Coverage) -> Iterator[WorkItem]:
    """By the newest answer of each payer that says how many visits are left."""
    newest: dict[str, EligibilityChecked] = {}
    for check in known.checks:
        if check.visits_left is not None:
            newest[known.reference.payer(check.payer_id)] = check
    for payer_id, check in sorted(newest.items()):
        used = [
            s for s in known.sessions if s.payer_id == payer_id and s.dos > check.on and s.dos.year == check.on.year
        ]
        named = f"By the payer's answer of {check.on}, visits"
        yield from _near_limit(known, used, check.visits_left or 0, f"{payer_id} {check.on} answer", named)


def _near_limit(known: Coverage, used: Sequence[UsedVisit], limit: int, name: str, what: str) -> Iterator[WorkItem]:
    left = limit - len(used)
    if used and left <= NEAR and not _discharged(used[-1]):
        yield _item(
            known,
            used[-1],
            f"limit {name}".strip(),
            ("visit_limit", f"{what}: {_left(left)} of {limit}", "Ask the payer for more, or tell the patient"),
            _counted(used),
        )


def _plan(known: Coverage, session: UsedVisit) -> str | None:
    answers = [c for c in known.checks if known.reference.payer(c.payer_id) == session.payer_id and c.plan]
    return answers[-1].plan if answers else None


def _evidence(known: Coverage) -> Iterator[WorkItem]:
    """Denials for a missing authorization (CARC 197) or too many visits (198), and what there is against them."""
    for line in known.lines:
        codes = _denied_for(line)
        if not codes or line.status not in DENIED_STATES or not line.dos:
            continue
        discipline = next(iter(disciplines_named(line.modifiers.split())), "")
        session = UsedVisit(dos=line.dos, payer_id=line.payer_id, discipline=discipline, claim_ids=(line.claim_id,))
        covering = [one for one in known.authorizations if known.covers(one, session)]
        action = (
            f"Appeal with authorization {covering[0].number}"
            if covering
            else "Ask for an authorization after the fact, or record the one there is"
        )
        said = f"Line {line.number} was denied for its authorization (CARC {', '.join(codes)})"
        item = _item(
            known,
            session,
            f"line {line.number} evidence",
            ("evidence", said, action),
            _authorized(known, covering),
            claim_id=line.claim_id,
        )
        yield item


def _denied_for(line: Any) -> list[str]:
    """The codes of the newest answer about the line."""
    answers = [answer for answer in (line.facts or {}).get("answers", ()) if not answer.get("undone")]
    stated = {adjustment.get("reason") for adjustment in (answers[-1]["adjustments"] if answers else ())}
    return [code for code in AUTHORIZATION_CODES if code in stated]


def _eligibility(known: Coverage) -> Iterator[WorkItem]:
    """Visits not billed yet that a payer's answer shows uncovered, or that no answer is about.

    A patient of whom no answer was ever sent is not known, and no item.
    """
    for session in known.sessions:
        mine = [c for c in known.checks if known.reference.payer(c.payer_id) == session.payer_id]
        if session.visit is None or session.visit.state == BILLED or not known.checks:
            continue
        nearest = [c for c in mine if add_days(session.dos, -CHECKED_BEFORE) <= c.on <= session.dos] or [
            c for c in mine if c.on > session.dos
        ][:1]
        name = f"{session.visit.visit_id} eligibility"
        if not nearest:
            yield _item(
                known,
                session,
                name,
                (
                    "unchecked",
                    f"Visit of {session.dos}: coverage was not checked in the {CHECKED_BEFORE} days before it",
                    "Check coverage for that day",
                ),
                (_NOT_DUE,),
                kind=ListKind.ELIGIBILITY,
            )
        elif not nearest[-1].active:
            said = f"Visit of {session.dos}: the payer's answer of {nearest[-1].on} says that coverage is not active"
            others = ", ".join(other.name or other.payer_id for other in nearest[-1].other_payers)
            action = f"Bill {others}" if others else "Find the patient's other coverage before the claim leaves"
            yield _item(known, session, name, ("inactive", said, action), (_NOT_DUE,), kind=ListKind.ELIGIBILITY)


def _authorized(known: Coverage, covering: Sequence[AuthorizationRecorded]) -> tuple[str, ...]:
    if not covering:
        held = ", ".join(f"{one.number} ({one.from_day} to {one.to_day or 'open'})" for one in known.authorizations)
        return (f"Authorizations of the patient: {held}" if held else "No authorization of the patient is recorded",)
    told = []
    for one in covering:
        used = known.used(one)
        many = one.visits if one.visits is not None else "any number of"
        told.append(f"Authorization {one.number}, {one.from_day} to {one.to_day or 'open'}: {many} visits")
        told += _counted(used)
    return tuple(told)


def _counted(used: Sequence[UsedVisit]) -> tuple[str, ...]:
    return (f"Counted {len(used)}: " + "; ".join(session.words for session in used),) if used else ()


def _left(left: int) -> str:
    if left < 0:
        return f"{-left} visit{'' if left == -1 else 's'} too many, none left"
    return f"{left} visit{'' if left == 1 else 's'} left" if left else "no visit left"


def _discharged(session: UsedVisit) -> bool:
    return bool(session.visit is not None and (session.visit.brief or {}).get("discharged"))


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
) -> WorkItem:
    """`said`: the category, the reason and the next action."""
    visit, (category, reason, action) = session.visit, said
    worth = from_cents(visit.expected_allowed) if visit is not None and visit.expected_allowed is not None else ZERO
    return WorkItem(
        kind=kind,
        claim_id=claim_id,
        payer_id=session.payer_id,
        patient_id=known.patient_id,
        item=name,
        due=due,
        lost_on=None,
        amount_at_risk=worth,
        category=category,
        discipline=session.discipline or None,
        reason=reason,
        next_action=action,
        explanation=(*steps, *(() if due or _NOT_DUE in steps else (_NOT_DUE,)), _NOT_LOST),
    )
