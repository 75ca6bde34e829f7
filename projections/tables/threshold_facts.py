"""What a row of `threshold` keeps as JSON: lines that KX is about, the basis of a forecast, and the explanation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from projections.tables.columns import Row
from projections.tables.records import Dollars, JsonRecord
from projections.tables.vocabulary import CountedAs


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdLine(JsonRecord):
    """A line that uses up the threshold, and what was used before and after it, in dollars.

    `amount` and `running_after` are None where its price is not known. `attempt`: the submission it is in.
    """

    claim_id: str
    ref: str
    line: int
    procedure: str
    dos: date
    amount: Dollars | None
    running_before: Dollars
    running_after: Dollars | None
    state: CountedAs
    attempt: int | None


class DayUse(NamedTuple):
    """Dollars that a day of service used."""

    on: date
    amount: Dollars


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastBasis(JsonRecord):
    """What a forecast rests on: dollars used up, and what each of the last days of service used."""

    projected: Dollars
    threshold: Dollars
    comparator: str
    days: tuple[DayUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedBalance(JsonRecord):
    """The payer's own figure: dollars used at all providers as of a day."""

    used_amount: Dollars
    as_of: date
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdExplanation(JsonRecord):
    """How the year's figures came about.

    `needless_kx`: lines below the threshold that carry KX. `kx_unknown`: lines of unknown price that may be over it.
    `limits`: the period of the rule pack, empty where there is none for the year.
    """

    steps: tuple[str, ...]
    crossing: ThresholdLine | None
    needless_kx: tuple[ThresholdLine, ...]
    kx_unknown: tuple[ThresholdLine, ...]
    observed: ObservedBalance | None
    limits: Row
