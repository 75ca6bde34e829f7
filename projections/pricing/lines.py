"""The shapes pricing speaks: a line to price, its price, and the steps a person can recompute it by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from projections.disciplines import BY_MODIFIER
from projections.tables.price_facts import ExplainedStep
from projections.tables.vocabulary import PriceVerdict

ONE = Decimal(1)
NO_UNITS = Decimal(0)
HUNDRED = Decimal(100)
ASSISTANT_BY_MODIFIER = {"CQ": "PTA", "CO": "OTA"}


def as_percent(rate: Decimal) -> str:
    """A fraction of one as a person writes it: 0.20 is 20%."""
    return f"{(rate * HUNDRED).normalize():f}%"


def plain(number: Decimal) -> str:
    """A number without trailing zeros, so that one unit reads 1 however it was stated."""
    return f"{number.normalize():f}"


class PriceStep(NamedTuple):
    """One step of a calculation: what was done, the figure it gave, and the pack or contract version that says so.

    The label is written only when it is read: `template` takes `values` in order.
    """

    template: str
    figure: Decimal | None
    source: str = ""
    values: tuple[object, ...] = ()

    @property
    def label(self) -> str:
        return self.template.format(*self.values) if self.values else self.template

    def __str__(self) -> str:
        figure = "" if self.figure is None else f" = {self.figure}"
        return self.label + figure + (f" [{self.source}]" if self.source else "")


def explained(steps: Iterable[PriceStep]) -> tuple[ExplainedStep, ...]:
    """Steps as they are kept and shown."""
    return tuple(
        ExplainedStep(step.label, None if step.figure is None else str(step.figure), step.source or None)
        for step in steps
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """A service to price. `charge` None: the billed charge is not known, so nothing is compared with it.

    `claim` and `number` order the lines of a day and bound what is counted per claim. The last four fields are the
    dimensions a contract may be scoped by, in addition to the payer and the discipline.
    """

    key: str
    procedure: str
    units: Decimal = ONE
    charge: Decimal | None = None
    modifiers: tuple[str, ...] = ()
    discipline: str | None = None
    claim: str = ""
    number: int = 0
    plan: str | None = None
    billing_npi: str | None = None
    place_of_service: str | None = None
    provider_kind: str | None = None

    @property
    def order(self) -> tuple[str, int, str]:
        """The stable order of a day's lines, whatever order they were handed over in."""
        return self.claim, self.number, self.key

    @property
    def served_as(self) -> str | None:
        """The discipline: as stated, else as the therapy modifier says."""
        if self.discipline:
            return self.discipline
        return next((BY_MODIFIER[m] for m in self.modifiers if m in BY_MODIFIER), None)

    @property
    def served_by(self) -> str | None:
        """The kind of provider: as stated, else an assistant by CQ or CO, else the discipline's therapist."""
        if self.provider_kind:
            return self.provider_kind
        return next((ASSISTANT_BY_MODIFIER[m] for m in self.modifiers if m in ASSISTANT_BY_MODIFIER), self.served_as)


class Parts(NamedTuple):
    """The money of a Medicare line as a remittance shows it, in dollars and cents.

    charge = contractual (CO-45) + reduction (CO-59) + deductible (PR-1) + coinsurance (PR-2) + assistant_cut
    + sequestration (CO-253) + paid, when the charge is known.
    """

    full_price: Decimal
    contractual: Decimal | None
    reduction: Decimal
    deductible: Decimal
    coinsurance: Decimal
    assistant_cut: Decimal
    sequestration: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """A line with what it should bring. An amount is None where it cannot be known; `reason` then says why.

    `problem` is None, NO_CONTRACT or UNKNOWN. `matched` names the scope dimensions by which the contract was
    chosen, `rule_names` every pack and contract version that took part. `full_units` counts the units at whole
    practice expense; None where no multiple-procedure reduction was considered.
    """

    line: PriceLine
    expected_allowed: Decimal | None
    expected_patient: Decimal | None
    expected_paid: Decimal | None
    steps: tuple[PriceStep, ...]
    rule_names: tuple[str, ...] = ()
    problem: PriceVerdict | None = None
    reason: str | None = None
    parts: Parts | None = None
    contract: str | None = None
    matched: tuple[str, ...] = ()
    dispute_days: int | None = None
    full_units: Decimal | None = None
    pool: str | None = None

    @property
    def key(self) -> str:
        return self.line.key


def unpriced(line: PriceLine, problem: PriceVerdict, reason: str, rule_names: tuple[str, ...] = ()) -> PricedLine:
    """A line that cannot be priced, with the reason."""
    return PricedLine(
        line=line,
        expected_allowed=None,
        expected_patient=None,
        expected_paid=None,
        steps=(PriceStep(reason, None),),
        rule_names=rule_names,
        problem=problem,
        reason=reason,
    )
