"""What a row of `line_price` keeps as JSON: how the price came about, and what the line means for the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from projections.tables.records import Dollars, JsonRecord, StoredInstant
from projections.tables.work_acts import StoredAct


@dataclass(frozen=True, slots=True)
class ExplainedStep(JsonRecord):
    """One step of a price, as a person reads it."""

    label: str
    figure: str | None
    source: str | None

    def __str__(self) -> str:
        figure = f" = {self.figure}" if self.figure is not None else ""
        return self.label + figure + (f" [{self.source}]" if self.source else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceExplanation(JsonRecord):
    """`problem`: why the line has no price. `as_billed`: dollars expected for the code that was billed."""

    steps: tuple[ExplainedStep, ...]
    rules: tuple[str, ...]
    evidence: tuple[str, ...]
    problem: str | None
    as_billed: Dollars | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finalized(JsonRecord):
    """What one remittance allowed for a line: negative for a reversal. `unconfirmed`: it does not balance."""

    on: date
    received_at: StoredInstant
    allowed: Dollars
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdUse(JsonRecord):
    """What a line means for the therapy threshold: each finalized amount, or that it is in flight.

    `attempt`: the submission it is in. `charge`: dollars, of a line in flight. `sent_without_kx`: earlier submissions
    of a line that has KX now. `work`: what people did about its claim's item.
    """

    finalized: Annotated[tuple[Finalized, ...], Field(alias="finalised")]
    in_flight: bool
    denied: bool
    attempt: int | None
    charge: Dollars | None = None
    sent_without_kx: Annotated[tuple[int, ...], Field(alias="bare")] = ()
    work: tuple[StoredAct, ...] = ()
