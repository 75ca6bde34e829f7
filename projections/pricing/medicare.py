"""Medicare Part B therapy: one day of one patient, its multiple-procedure reduction across claims and disciplines.

Sources: CMS Claims Processing Manual (Pub 100-04) ch. 5 sec. 10.7; 42 CFR 414.65; SSA 1848(b)(7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from events.values import ZERO, round_cents
from projections.pricing.fees import FeeSchedule, UnitFee
from projections.pricing.lines import NO_UNITS, ONE, PricedLine, PriceLine, PriceStep, plain, unpriced
from projections.pricing.medicare_payment import MedicareShares, MedicareTerms, settle_line
from projections.rules.bounded_cache import BoundedCache
from projections.tables.vocabulary import PriceVerdict


def full_unit_line(priced: Iterable[tuple[PriceLine, UnitFee]]) -> str | None:
    """The key of the line one unit of which keeps its whole practice expense; None where no line competes.

    The highest practice expense wins, then the higher fee, then the earlier line (CPM ch. 5 sec. 10.7).
    """
    best: tuple[PriceLine, UnitFee] | None = None
    for line, fee in priced:
        if fee.competes and line.units > 0 and (best is None or _before(line, fee, *best)):
            best = line, fee
    return best[0].key if best else None


def _before(line: PriceLine, fee: UnitFee, other: PriceLine, other_fee: UnitFee) -> bool:
    if fee.rank != other_fee.rank:
        return fee.rank > other_fee.rank
    return line.order < other.order


def units_at_full(line: PriceLine, fee: UnitFee, full_on: str | None) -> Decimal:
    """How many of the line's units keep their whole practice expense."""
    if not fee.competes:
        return line.units
    return min(ONE, line.units) if line.key == full_on else NO_UNITS


class Medicare:
    """Medicare's prices under one fee schedule and one set of terms."""

    def __init__(self, schedule: FeeSchedule, terms: MedicareTerms) -> None:
        self.schedule = schedule
        self.terms = terms
        self.rule_names = schedule.rule_names + terms.rule_names
        self._outcomes: BoundedCache[tuple[object, ...], MedicareShares] = BoundedCache()

    def price(
        self, lines: Sequence[PriceLine], deductible_left: Decimal = ZERO, full_on: str | None = None
    ) -> list[PricedLine]:
        """Price the lines of one patient, day and billing group; answers are in the order of the lines.

        `deductible_left` is used up in line order. `full_on` puts the full unit on a line of one's choice ("" on
        none): what a payer would have done that ranked otherwise.
        """
        fees = {line.key: self.schedule.fee(line.procedure, line.place_of_service) for line in lines}
        if full_on is None:
            full_on = full_unit_line((line, fee) for line in lines if isinstance(fee := fees[line.key], UnitFee))
        done: dict[str, PricedLine] = {}
        for line in sorted(lines, key=lambda line: line.order) if len(lines) > 1 else lines:
            fee = fees[line.key]
            if isinstance(fee, str) or line.units < 0:
                reason = fee if isinstance(fee, str) else f"{line.units} units cannot be priced"
                done[line.key] = unpriced(line, PriceVerdict.UNKNOWN, reason, self.rule_names)
                continue
            priced = done[line.key] = self._line(line, fee, units_at_full(line, fee, full_on), deductible_left)
            if deductible_left and priced.parts:
                deductible_left -= priced.parts.deductible
        if len(done) < len(lines):
            raise ValueError("every line needs a key of its own")
        return [done[line.key] for line in lines]

    def _line(self, line: PriceLine, fee: UnitFee, full_units: Decimal, deductible_left: Decimal) -> PricedLine:
        assisted = self.terms.assists(line.modifiers)
        place = self.schedule.in_facility(line.procedure, line.place_of_service)
        key = (line.procedure, place, line.units, full_units, line.charge, assisted, deductible_left)
        outcome = self._outcomes.get(key)
        if outcome is None:
            found = self._outcome(fee, line, full_units, deductible_left, assisted=assisted)
            outcome = self._outcomes.keep(key, found)
        return PricedLine(
            line=line,
            expected_allowed=outcome.allowed,
            expected_patient=outcome.patient,
            expected_paid=outcome.paid,
            steps=outcome.steps,
            rule_names=self.rule_names,
            problem=None,
            reason=None,
            parts=outcome.parts,
            contract=None,
            matched=(),
            dispute_days=None,
            full_units=full_units if fee.competes else None,
        )

    def _outcome(
        self, fee: UnitFee, line: PriceLine, full_units: Decimal, deductible_left: Decimal, *, assisted: bool
    ) -> MedicareShares:
        reduced_units = line.units - full_units
        charge = None if line.charge is None else round_cents(line.charge)
        whole = round_cents(fee.full * line.units)
        computed = round_cents(fee.full * full_units + fee.reduced * reduced_units) if reduced_units else whole
        steps = (*fee.steps, _units_step(fee, full_units, reduced_units, computed))
        return settle_line(
            self.terms,
            whole,
            computed,
            charge=charge,
            deductible_left=round_cents(deductible_left),
            steps=steps,
            assisted=assisted,
        )


def _units_step(fee: UnitFee, full_units: Decimal, reduced_units: Decimal, computed: Decimal) -> PriceStep:
    whole, rest = plain(full_units), plain(reduced_units)
    if not fee.payable:
        return PriceStep("price of the line", computed)
    if not fee.competes:
        template = "{} × {}; this code is not subject to the multiple-procedure reduction"
        return PriceStep(template, computed, "", (whole, fee.full))
    if not full_units:
        template = "{} × {}; another unit of the day keeps the full practice expense"
        return PriceStep(template, computed, "", (rest, fee.reduced))
    if not reduced_units:
        return PriceStep("{} × {}, the day's full unit", computed, "", (whole, fee.full))
    return PriceStep("{} × {}, the day's full unit, + {} × {}", computed, "", (whole, fee.full, rest, fee.reduced))
