"""Lines under a contract while their price is being worked out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from events.values import ZERO
from projections.pricing.contract import CLAIM, DAY, Contract, ContractMethod, UnitCap
from projections.pricing.lines import PricedLine, PriceLine, PriceStep, plain
from projections.tables.vocabulary import PriceVerdict


@dataclass(slots=True, eq=False, kw_only=True)
class ComparisonDraft:
    """A line on its way to a price. `amount` None with a `reason`: it cannot be known."""

    line: PriceLine
    contract: Contract
    units: Decimal
    amount: Decimal | None = None
    reason: str | None = None
    capped: bool = True
    flat: ContractMethod | None = None
    full_units: Decimal | None = None
    pool: str | None = None
    steps: list[PriceStep] = field(default_factory=list)
    rule_names: list[str] = field(default_factory=list)

    def add(self, template: str, figure: Decimal | None, *values: object) -> None:
        self.steps.append(PriceStep(template, figure, self.contract.name, values))

    def set(self, amount: Decimal, template: str, *values: object) -> None:
        self.amount = amount
        self.add(template, amount, *values)

    def fail(self, reason: str) -> None:
        self.amount = None
        self.reason = self.reason or reason

    def close(self, matched: tuple[str, ...], patient: Decimal | None) -> PricedLine:
        """The priced line; `patient` is the share of it the patient owes, None when that is not known."""
        contract = self.contract
        names = (contract.name, *self.rule_names)
        if self.amount is None:
            reason = self.reason or "cannot be priced"
            return PricedLine(
                line=self.line,
                expected_allowed=None,
                expected_patient=None,
                expected_paid=None,
                steps=(*self.steps, PriceStep(reason, None, contract.name)),
                rule_names=names,
                problem=PriceVerdict.UNKNOWN,
                reason=reason,
                parts=None,
                contract=contract.name,
                matched=matched,
                dispute_days=contract.dispute_days,
                full_units=self.full_units,
                pool=self.pool,
            )
        if patient is not None:
            self.add("the plan pays {} less the patient's {}", self.amount - patient, self.amount, patient)
        return PricedLine(
            line=self.line,
            expected_allowed=self.amount,
            expected_patient=patient,
            expected_paid=None if patient is None else self.amount - patient,
            steps=tuple(self.steps),
            rule_names=names,
            problem=None,
            reason=None,
            parts=None,
            contract=contract.name,
            matched=matched,
            dispute_days=contract.dispute_days,
            full_units=self.full_units,
            pool=self.pool,
        )


def join(group: list[ComparisonDraft], what: str) -> None:
    """Note that these lines have one amount in common."""
    first = min(draft.line.order for draft in group)
    for draft in group:
        draft.pool = f"{draft.contract.name} {what} {'/'.join(map(str, first))}"


def grouped(drafts: Iterable[ComparisonDraft], per: str) -> list[list[ComparisonDraft]]:
    """Drafts that an amount or limit is counted for together: a day, a visit (a day and discipline) or a claim."""
    groups: dict[object, list[ComparisonDraft]] = {}
    for draft in drafts:
        groups.setdefault(_counted_for(draft.line, per), []).append(draft)
    return list(groups.values())


def _counted_for(line: PriceLine, per: str) -> object:
    if per == DAY:
        return None
    return line.claim if per == CLAIM else line.served_as


def cap_units(drafts: list[ComparisonDraft], caps: Iterable[UnitCap]) -> None:
    """Take away units beyond the caps, the last lines of the day first to lose theirs."""
    for cap in caps:
        concerned = [d for d in drafts if cap.procedure in (None, "*", d.line.procedure)]
        for group in grouped(concerned, cap.per):
            left: dict[str, Decimal] = {}
            for draft in group:
                code = draft.line.procedure if cap.procedure is not None else ""
                room = left.get(code, cap.units)
                kept = min(draft.units, max(room, ZERO))
                left[code] = room - draft.units
                if kept < draft.units:
                    draft.add(
                        "at most {} units for each {}: {} of {} units are paid",
                        kept,
                        plain(cap.units),
                        cap.per,
                        plain(kept),
                        plain(draft.units),
                    )
                    draft.units = kept
