"""What uses up an authorization or a visit limit: each visit once, in visits and in units.

A visit and the claim lines that bill it are one: by the claim that names the visit, else by payer, discipline and day.
Claim lines alone count where no visit was documented. Lines that were denied, voided or reversed use nothing up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from events.coverage import AuthorizationRecorded
from projections.disciplines import disciplines_named
from projections.history import LoggedEvent
from projections.readiness.rows import KnownVisit
from projections.tables.vocabulary import VisitState

DENIED_STATES = frozenset({"denied", "voided", "reversed"})
DisciplineDay = tuple[str, str, date]  # payer, discipline, day


class CoverageRows(NamedTuple):
    """What a patient's coverage is folded from: visits and rows of `claim_line`, and what was said of it.

    The `facts` of a line are text: only where an item is about it are they read.
    """

    visits: Sequence[KnownVisit]
    lines: Sequence[Any]
    told: Sequence[LoggedEvent]

    @property
    def has_open_visits(self) -> bool:
        """Whether a documented visit is neither billed for good nor closed."""
        return any(visit.state not in (VisitState.BILLED, VisitState.CLOSED) for visit in self.visits)

    @property
    def payers(self) -> frozenset[str]:
        return frozenset(one.payer_id for one in (*self.visits, *self.lines))


@dataclass(frozen=True, kw_only=True)
class UsedVisit:
    """What uses up one visit: a documented visit with its claim lines, or the claim lines of a day and discipline."""

    dos: date
    payer_id: str
    discipline: str
    visit: KnownVisit | None = None
    lines: tuple[Any, ...] = ()

    @property
    def claim_ids(self) -> tuple[str, ...]:
        return tuple(sorted({line.claim_id for line in self.lines}))

    @property
    def words(self) -> str:
        named = f"visit {self.visit.visit_id}" if self.visit else f"claim {', '.join(self.claim_ids)}"
        return f"{self.dos} ({named})"

    @property
    def authorization_named(self) -> str | None:
        """The number that the visit's own record states."""
        stated = self.visit.summary.authorization if self.visit is not None else None
        return stated.get("number") if isinstance(stated, Mapping) else None

    @property
    def procedures(self) -> frozenset[str]:
        """The codes billed, else those it is to be billed by; none where neither is known."""
        return frozenset(self._units)

    def units(self, procedures: Iterable[str]) -> Decimal | None:
        """The units of some codes, of all where none is named; None where no unit of the visit is known."""
        known, wanted = self._units, frozenset(procedures)
        if not known:
            return None
        return sum((units for code, units in known.items() if code in wanted or not wanted), Decimal(0))

    @property
    def _units(self) -> Mapping[str, Decimal]:
        """By code: what standing claim lines bill, else what the visit's minutes make (once for visits of one plan)."""
        billed = [(line.procedure, Decimal(line.units)) for line in self.lines if line.status not in DENIED_STATES]
        plan = self.visit.plan if self.visit is not None else None
        leads = self.visit is not None and self.visit.summary.leads
        planned = [(line.procedure, Decimal(line.units)) for line in plan.lines] if plan else []
        found: dict[str, Decimal] = {}
        for code, units in billed or planned:
            found[code] = found.get(code, Decimal(0)) + (units if billed or leads else 0)
        return found


def sessions_of(rows: CoverageRows) -> Iterator[UsedVisit]:
    """Each visit once, first to last; then the claim lines of days without a documented visit."""
    owned: dict[str, list[Any]] = {}
    alone: dict[DisciplineDay, list[Any]] = {}
    finder = _Owners(rows)
    for line in rows.lines:
        if line.dos is None:
            continue
        owners = finder.of(line)
        for visit in owners:
            owned.setdefault(visit.visit_id, []).append(line)
        if not owners:
            for discipline in disciplines_named(line.modifiers.split()) or [""]:
                alone.setdefault((line.payer_id, discipline, line.dos), []).append(line)
    found = [
        _of_visit(visit, owned.get(visit.visit_id, [])) for visit in rows.visits if visit.state != VisitState.CLOSED
    ]
    found += [
        UsedVisit(dos=dos, payer_id=payer_id, discipline=discipline, lines=_ordered(lines))
        for (payer_id, discipline, dos), lines in alone.items()
    ]
    standing = [session for session in found if not _refused(session.lines)]
    yield from sorted(standing, key=lambda s: (s.dos, s.discipline, s.visit.visit_id if s.visit else "", s.claim_ids))


def _of_visit(visit: KnownVisit, lines: Sequence[Any]) -> UsedVisit:
    return UsedVisit(
        dos=visit.dos, payer_id=visit.payer_id, discipline=visit.discipline, visit=visit, lines=_ordered(lines)
    )


def _ordered(lines: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(lines, key=lambda line: (line.claim_id, line.number)))


def _refused(lines: Sequence[Any]) -> bool:
    return bool(lines) and all(line.status in DENIED_STATES for line in lines)


class _Owners:
    """Finds the visits that a claim line bills."""

    def __init__(self, rows: CoverageRows) -> None:
        self._by_claim: dict[str, list[KnownVisit]] = {}
        self._by_day: dict[tuple[str, date], list[KnownVisit]] = {}
        self._days: dict[str, set[date]] = {}
        for visit in rows.visits:
            self._by_day.setdefault((visit.payer_id, visit.dos), []).append(visit)
            if visit.claim_id:
                self._by_claim.setdefault(visit.claim_id, []).append(visit)
        for line in rows.lines:
            self._days.setdefault(line.claim_id, set()).add(line.dos)

    def of(self, line: Any) -> list[KnownVisit]:
        """By the claim that bills the visit; a claim of one visit and one day is that visit whatever day it states."""
        mine = self._by_claim.get(line.claim_id, [])
        same = [visit for visit in mine if visit.dos == line.dos and _fits(line, visit)]
        if same or (len(mine) == 1 and len(self._days[line.claim_id]) == 1):
            return same or mine
        return [visit for visit in self._by_day.get((line.payer_id, line.dos), ()) if _fits(line, visit)]


def _fits(line: Any, visit: KnownVisit) -> bool:
    named = disciplines_named(line.modifiers.split())
    return not named or visit.discipline in named


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """An authorization and the sessions that it covers, first to last."""

    authorization: AuthorizationRecorded
    used: tuple[UsedVisit, ...]

    @property
    def visits_left(self) -> int | None:
        """None where it is not counted in visits."""
        allowed = self.authorization.visits
        return None if allowed is None else allowed - len(self.used)

    @property
    def units_used(self) -> Decimal:
        """Of the sessions whose units are known."""
        return sum((units for session in self.used if (units := self._units(session)) is not None), Decimal(0))

    @property
    def units_left(self) -> Decimal | None:
        """At most; None where it is not counted in units."""
        allowed = self.authorization.units
        return None if allowed is None else allowed - self.units_used

    @property
    def unknown(self) -> tuple[UsedVisit, ...]:
        """Sessions whose units nobody knows yet."""
        return tuple(session for session in self.used if self._units(session) is None)

    @property
    def units_a_visit(self) -> Decimal | None:
        """What a visit took so far; None where no visit's units are known."""
        known = len(self.used) - len(self.unknown)
        return self.units_used / known if known and self.units_used else None

    @property
    def has_room(self) -> bool:
        """Whether something is left for one more visit."""
        return (self.visits_left is None or self.visits_left > 0) and (self.units_left is None or self.units_left > 0)

    def left_at(self, session: UsedVisit) -> bool:
        """Whether this session is one of those that used it, and something was left when its turn came."""
        if session not in self.used:
            return False
        return replace(self, used=self.used[: self.used.index(session)]).has_room

    def _units(self, session: UsedVisit) -> Decimal | None:
        return session.units(self.authorization.procedures)


def allot(
    authorizations: Iterable[AuthorizationRecorded],
    sessions: Iterable[UsedVisit],
    covers: Callable[[AuthorizationRecorded, UsedVisit], bool],
) -> list[Allowance]:
    """Each authorization with the sessions that use it up: a session uses up one, though several cover it.

    That is the one its record names; else of those with something left the one that ends first. Where nothing is left
    it is too many for the one that ends last.
    """
    found = sorted((Allowance(authorization=one, used=()) for one in authorizations), key=_ends)
    for session in sessions:
        covering = [place for place, one in enumerate(found) if covers(one.authorization, session)]
        named = [place for place in covering if found[place].authorization.number == session.authorization_named]
        chosen = named or covering
        if chosen:
            place = next((place for place in chosen if found[place].has_room), chosen[-1])
            found[place] = replace(found[place], used=(*found[place].used, session))
    return found


def _ends(allowance: Allowance) -> tuple[date, date, str]:
    one = allowance.authorization
    return (one.to_day or date.max, one.from_day, one.number)
