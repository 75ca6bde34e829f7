"""What a row of `readiness` keeps as JSON: the claim that the visit should become, and a summary for other folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from events.visit import PlanOfCare
from projections.tables.records import Dollars, JsonRecord, StoredInstant
from projections.tables.vocabulary import Grade
from projections.tables.work_acts import StoredAct


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedClaimLine(JsonRecord):
    """A line of the claim; `unpriced`: why nothing is known of what it should bring."""

    procedure: str
    units: int
    modifiers: tuple[str, ...]
    minutes: int | None
    explanation: str
    expected_allowed: Dollars | None
    unpriced: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedClaim(JsonRecord):
    """The claim that the visits should become. `rules`: the packs and contracts that made it."""

    visits: tuple[str, ...]
    payer_id: str
    method: str
    tie: bool
    units_explanation: str
    total_timed_minutes: int
    total_units: int
    lines: tuple[PlannedClaimLine, ...]
    expected_allowed: Dollars | None
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClosedVisit(JsonRecord):
    """Who said that no claim will be made of a visit, and why."""

    reason: str
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFinding(JsonRecord):
    """A finding as a visit's item names it; `worth` in cents."""

    rule: str
    grade: Grade
    message: str
    change: str
    source: str
    worth: int | None
    line: int | None


class ServiceTime(NamedTuple):
    """When a service was given."""

    start: StoredInstant
    end: StoredInstant
    procedure: str
    timed: bool


class LineToBill(NamedTuple):
    """A line of a claim still to be written, and dollars expected of it; None where no price is known."""

    number: int
    procedure: str
    amount: Dollars | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSummary(JsonRecord):
    """What the folds of episode, therapist's day, year and coverage need, without reading the plan.

    `leads`: the first visit of its plan. `attempt`: the submission that bills it. `evaluated`: a code of it begins an
    episode. `becomes`: the lines of the planned claim in words, where there are `findings`. `attested` and `to_bill`:
    of a visit of Original Medicare that no claim bills.
    """

    leads: bool
    program: str | None
    attempt: int | None = None
    work: tuple[StoredAct, ...] = ()
    plan_of_care: Annotated[PlanOfCare | None, Field(alias="plan")] = None
    episode_id: str | None = None
    discharged: bool = False
    authorization: dict[str, Any] | None = None
    evaluated: bool = False
    progress_report: bool | None = None
    ended_at: StoredInstant | None = None
    findings: tuple[ListedFinding, ...] = ()
    becomes: str | None = None
    services: tuple[ServiceTime, ...] = ()
    to_bill: tuple[LineToBill, ...] = ()
    attested: dict[str, Any] | bool | None = None
