"""Terms under which a payer's amount would be right: what it may have done otherwise than it should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from events.values import ZERO, round_cents
from projections.pricing.case import PricingCase
from projections.pricing.contract import PERCENT_OF_MEDICARE, Contract
from projections.pricing.fees import NON_QP, QP, UnitFee
from projections.pricing.lines import ONE, PriceLine, as_percent, plain
from projections.pricing.medicare_payment import MedicareTerms, medicare_terms
from projections.pricing.open_lines import OpenLine, Unit
from projections.pricing.pricer import Assumption
from projections.rules.rulebook import Unknown
from projections.tables.vocabulary import PriceCause


class Hypothesis(NamedTuple):
    """One possible cause and the amount each line would have been allowed, by line key."""

    cause: PriceCause
    evidence: str
    amounts: Mapping[str, Decimal | None]


class Hypotheses:
    """Every hypothesis about a day, the likeliest kinds first."""

    def __init__(self, case: PricingCase) -> None:
        self._case = case
        self._pricer = case.pricer
        self._dos = case.dos

    def of_day(self, flagged: Sequence[Unit], units: Sequence[Unit]) -> Iterator[Hypothesis]:
        lines = [line for unit in units for line in unit.lines]
        yield from _plain(flagged)
        contracts = self._contracts(lines)
        for contract in contracts:
            yield from self._contract_theories(contract, lines)
        if not contracts:
            yield from self._medicare_theories(lines)
        yield from self._cut_theories(lines)

    def _assume(self, lines: Sequence[OpenLine], assume: Assumption) -> dict[str, Decimal | None]:
        return {p.key: p.expected_allowed for p in self._case.price([line.adjudicated for line in lines], assume)}

    def _contract_theories(self, contract: Contract, lines: Sequence[OpenLine]) -> Iterator[Hypothesis]:
        book = self._pricer.contracts
        for other in book.versions(contract):
            if other is not contract and not other.error:
                word = "earlier" if other.effective_from <= contract.effective_from else "other"
                amounts = self._assume(lines, Assumption(contract=other))
                yield Hypothesis(PriceCause.OLD_RATE, f"the amount matches the {word} version {other.name}", amounts)
        for other in book.governing(self._case.payer_id, self._dos):
            if other.contract_id != contract.contract_id and not other.error:
                amounts = self._assume(lines, Assumption(contract=other))
                scope = ", ".join(f"{name} {value}" for name, value in other.scope) or "the payer as a whole"
                yield Hypothesis(
                    PriceCause.WRONG_PLAN, f"the amount matches contract {other.name} for {scope}", amounts
                )
        if contract.method is not None and contract.method.kind == PERCENT_OF_MEDICARE:
            yield from self._basis_theories(contract, lines)
        else:
            yield from self._borrowed_reduction(lines)

    def _basis_theories(self, contract: Contract, lines: Sequence[OpenLine]) -> Iterator[Hypothesis]:
        assert contract.method is not None
        basis = contract.method.basis
        if basis.mppr:
            yield Hypothesis(
                PriceCause.NO_FULL_UNIT,
                "every unit was paid at reduced practice expense, none in full",
                self._assume(lines, Assumption(full_on="")),
            )
        cause, text = (
            (PriceCause.NO_REDUCTION, "no multiple-procedure reduction was taken")
            if basis.mppr
            else (
                PriceCause.REDUCTION_NOT_DUE,
                "a multiple-procedure reduction was taken that the contract does not allow",
            )
        )
        turned = Assumption(basis=basis._replace(mppr=not basis.mppr))
        yield Hypothesis(cause, text, self._assume(lines, turned))
        if not basis.mppr:
            yield Hypothesis(
                PriceCause.REDUCTION_NOT_DUE,
                "every unit was paid reduced, and the contract has no reduction",
                self._assume(lines, Assumption("", basis._replace(mppr=True))),
            )
        used = basis.date_for(self._dos).year
        for year in (used - 1, used - 2, used + 1):
            amounts = self._assume(lines, Assumption(basis=basis._replace(year=year, on=None)))
            yield Hypothesis(PriceCause.WRONG_YEAR, f"the amount matches the {year} fee schedule", amounts)
        for locality in self._pricer.fees.localities(basis.date_for(self._dos)):
            amounts = self._assume(lines, Assumption(basis=basis._replace(locality=locality.key)))
            yield Hypothesis(
                PriceCause.WRONG_LOCALITY, f"the amount matches locality {locality.key} ({locality.name})", amounts
            )

    def _borrowed_reduction(self, lines: Sequence[OpenLine]) -> Iterator[Hypothesis]:
        """A fixed rate cut the way Medicare cuts its own: by the share that practice expense has in the fee."""
        schedule = self._pricer.fees.schedule(self._dos)
        if isinstance(schedule, Unknown):
            return
        rated = [
            (line, fee)
            for line in lines
            if isinstance(fee := schedule.fee(line.adjudicated.procedure, line.adjudicated.place_of_service), UnitFee)
        ]
        competing = [(line, fee) for line, fee in rated if fee.competes and fee.full]
        best = max(competing, key=lambda pair: pair[1].rank, default=None)
        for kept in (ONE, ZERO):
            first = best[0] if best else None
            amounts = {
                line.billed.key: _cut_like(line, fee, kept if line is first else ZERO) for line, fee in competing
            }
            yield Hypothesis(
                PriceCause.REDUCTION_NOT_DUE,
                "the rate was reduced by Medicare's multiple-procedure reduction, which the contract does not allow",
                amounts,
            )

    def _medicare_theories(self, lines: Sequence[OpenLine]) -> Iterator[Hypothesis]:
        yield Hypothesis(
            PriceCause.NO_FULL_UNIT,
            "every unit was paid at reduced practice expense, none in full",
            self._assume(lines, Assumption(full_on="")),
        )
        claims = dict.fromkeys(line.billed.claim for line in lines)
        if len(claims) > 1:
            apart: dict[str, Decimal | None] = {}
            for claim in claims:
                of_claim = [line for line in lines if line.billed.claim == claim]
                apart |= self._assume(of_claim, Assumption())
            yield Hypothesis(
                PriceCause.REDUCTION_PER_CLAIM, "each claim of the day was allowed its own full unit", apart
            )
        yield Hypothesis(PriceCause.NO_REDUCTION, "no multiple-procedure reduction was taken", _unreduced(lines))
        for edition in (NON_QP, QP):
            amounts = self._assume(lines, Assumption(edition=edition))
            yield Hypothesis(PriceCause.OTHER_EDITION, f"the amount matches the {edition} conversion factor", amounts)
        for earlier in _earlier_schedules(self._dos):
            then = self._pricer([line.adjudicated for line in lines], earlier, self._case.payer_id)
            amounts = {p.key: p.expected_allowed for p in then}
            yield Hypothesis(
                PriceCause.OLD_RATE, f"the amount matches the fee schedule of {earlier.isoformat()}", amounts
            )
            amounts = self._assume(lines, Assumption(factor_on=earlier))
            yield Hypothesis(
                PriceCause.OLD_RATE, f"the amount matches the conversion factor of {earlier.isoformat()}", amounts
            )
        for locality in self._pricer.fees.localities(self._dos):
            amounts = self._assume(lines, Assumption(locality=locality.key))
            yield Hypothesis(
                PriceCause.WRONG_LOCALITY, f"the amount matches locality {locality.key} ({locality.name})", amounts
            )

    def _cut_theories(self, lines: Sequence[OpenLine]) -> Iterator[Hypothesis]:
        terms = medicare_terms(self._pricer.rules, self._dos)
        if not isinstance(terms, Unknown):
            if terms.sequestration:
                kept = ONE - terms.sequestration
                text = f"{as_percent(terms.sequestration)} sequestration was taken from the allowed amount"
                yield Hypothesis(PriceCause.SEQUESTRATION, text, _scaled(lines, kept))
            marked = [line for line in lines if _marked(line, terms, self._case.roles.assistant_remarks)]
            if marked:
                text = f"the line was reduced to {as_percent(terms.assistant)} for an assistant, not in its terms"
                yield Hypothesis(PriceCause.ASSISTANT, text, _scaled(marked, terms.assistant))
        yield from self._unit_short(lines)

    def _unit_short(self, lines: Sequence[OpenLine]) -> Iterator[Hypothesis]:
        """One unit fewer than decided on was paid, on one line after the other."""
        for short in lines:
            if short.adjudicated.units > ONE:
                fewer = short.adjudicated.units - ONE
                amounts = self._with_units(short, fewer, lines)
                text = (
                    f"line {short.billed.number} was paid for {plain(fewer)} of {plain(short.adjudicated.units)} units"
                )
                yield Hypothesis(PriceCause.UNIT_SHORT, text, amounts)

    def _with_units(self, short: OpenLine, units: Decimal, lines: Sequence[OpenLine]) -> dict[str, Decimal | None]:
        changed = [_fewer(line.adjudicated, units) if line is short else line.adjudicated for line in lines]
        return {p.key: p.expected_allowed for p in self._case.price(changed)}

    def _contracts(self, lines: Sequence[OpenLine]) -> list[Contract]:
        names = {line.priced.contract for line in lines if line.priced is not None}
        return [contract for contract in self._pricer.contracts.contracts if contract.name in names]


def _earlier_schedules(dos: date) -> tuple[date, ...]:
    """Days of schedules that a payer may have left in place: the start of the year, and the year before."""
    return date(dos.year, 1, 1), date(dos.year - 1, 12, 31)


def _plain(flagged: Sequence[Unit]) -> Iterator[Hypothesis]:
    nothing = {line.billed.key: ZERO for unit in flagged if not unit.allowed for line in unit.lines}
    if nothing:
        yield Hypothesis(PriceCause.NOTHING_ALLOWED, "nothing was allowed, and no denial explains it", nothing)
    charges = {
        line.billed.key: line.billed.charge
        for unit in flagged
        for line in unit.lines
        if line.billed.charge is not None and line.billed.charge < (line.expected_price or ZERO)
    }
    if charges:
        yield Hypothesis(
            PriceCause.CHARGE_BELOW, "the charge is below the contract rate, and the payer allowed the charge", charges
        )


def _unreduced(lines: Sequence[OpenLine]) -> dict[str, Decimal | None]:
    """The price of each line had no unit been reduced."""
    amounts: dict[str, Decimal | None] = {}
    for line in lines:
        parts = line.priced.parts if line.priced else None
        if parts is not None:
            charge = line.adjudicated.charge
            amounts[line.billed.key] = parts.full_price if charge is None else min(charge, parts.full_price)
    return amounts


def _scaled(lines: Sequence[OpenLine], factor: Decimal) -> dict[str, Decimal | None]:
    return {
        line.billed.key: round_cents(price * factor) for line in lines if (price := line.expected_price) is not None
    }


def _cut_like(line: OpenLine, fee: UnitFee, whole: Decimal) -> Decimal | None:
    """The line's price with its unit rate cut as Medicare cuts the fee, `whole` units excepted."""
    units, price = line.adjudicated.units, line.expected_price
    if price is None or not units:
        return None
    rate = price / units
    whole = min(whole, units)
    return round_cents(rate * whole) + round_cents(round_cents(rate * fee.reduced / fee.full) * (units - whole))


def _marked(line: OpenLine, terms: MedicareTerms, remarks: frozenset[str]) -> bool:
    said = line.answer is not None and not remarks.isdisjoint(line.answer.remarks)
    return said or terms.assists(line.billed.modifiers)


def _fewer(line: PriceLine, units: Decimal) -> PriceLine:
    return replace(line, units=units)
