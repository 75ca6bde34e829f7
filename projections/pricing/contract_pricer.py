"""What a contract allows for the lines of a day: rates, percentages and flat amounts, then lesser-of and caps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date
from decimal import Decimal

from events.values import round_cents
from projections.pricing.contract import (
    ANY,
    CHARGE,
    FLAT,
    PERCENT_OF_MEDICARE,
    Contract,
    ContractMethod,
    Rate,
    RateBasis,
)
from projections.pricing.drafts import ComparisonDraft, cap_units
from projections.pricing.fees import FeeBook, FeeSchedule, UnitFee
from projections.pricing.flat_rates_and_caps import cap_sum, lesser_of, share_flat
from projections.pricing.lines import ONE, PriceLine, PriceStep, as_percent, plain
from projections.pricing.medicare import units_at_full
from projections.rules.bounded_cache import BoundedCache
from projections.rules.rulebook import Unknown


class ContractPricer:
    """Prices lines by contracts. Order: unit caps, rates with their multipliers, flat amounts, lesser-of, caps."""

    def __init__(self, fees: FeeBook, locality: str | None = None, edition: str | None = None) -> None:
        self._fees = fees
        self._locality = locality
        self._edition = edition
        self._memory: BoundedCache[tuple[object, ...], tuple[object, Decimal | None, tuple[PriceStep, ...]]] = (
            BoundedCache()
        )

    def competing_fee(
        self, contract: Contract, line: PriceLine, dos: date, basis: RateBasis | None = None
    ) -> UnitFee | None:
        """The Medicare fee by which a line competes for the day's full unit; None where it takes no part."""
        method, _ = contract.method_for(line.procedure)
        if (
            method is None
            or method.kind != PERCENT_OF_MEDICARE
            or isinstance(method.rate(line.procedure, line.modifiers), Rate)
        ):
            return None
        used = basis or method.basis
        fee = self._fee(used, line, dos) if used.mppr else None
        return fee if isinstance(fee, UnitFee) and fee.competes else None

    def draft(
        self,
        contract: Contract,
        lines: Sequence[PriceLine],
        dos: date,
        full_on: Collection[str] = (),
        basis: RateBasis | None = None,
    ) -> list[ComparisonDraft]:
        """Drafts with the amount each line is allowed, for the lines of one contract and day in their stable order.

        `full_on` holds the keys of lines with a unit at whole practice expense; `basis`, where given, is used
        instead of what the contract's methods name.
        """
        drafts = [ComparisonDraft(line=line, contract=contract, units=line.units) for line in lines]
        if contract.unit_caps:
            cap_units(drafts, contract.unit_caps)
        for draft in drafts:
            self._price(draft, dos, full_on, basis)
        share_flat(drafts)
        lesser_of(contract, drafts)
        for cap in contract.caps:
            cap_sum(cap, drafts)
        return drafts

    def _price(self, draft: ComparisonDraft, dos: date, full_on: Collection[str], basis: RateBasis | None) -> None:
        line, contract = draft.line, draft.contract
        method, carved = contract.method_for(line.procedure)
        draft.capped = not carved
        for note in contract.notes:
            draft.add(note, None)
        if line.units < 0:
            draft.fail(f"{line.units} units cannot be priced")
            return
        if carved:
            draft.add("{} is carved out", None, line.procedure)
        if method is not None and self._by(method, draft, dos, full_on, basis):
            return
        if not (contract.default and self._by(contract.default, draft, dos, full_on, basis)):
            draft.fail(f"{line.procedure} has no rate in {contract.name}")

    def _by(
        self,
        method: ContractMethod,
        draft: ComparisonDraft,
        dos: date,
        full_on: Collection[str],
        basis: RateBasis | None,
    ) -> bool:
        """Whether the method prices the line, or knows why it cannot be priced."""
        if method.kind == FLAT:
            draft.flat = method
            return True
        rate = method.rate(draft.line.procedure, draft.line.modifiers)
        if rate is None and method.kind not in (PERCENT_OF_MEDICARE, CHARGE):
            rate = method.rate(ANY, draft.line.modifiers)
        if isinstance(rate, str):
            draft.fail(rate)
        elif rate is not None:
            self._by_rate(draft, rate)
        elif method.kind == PERCENT_OF_MEDICARE:
            self._by_medicare(method, draft, dos, full_on, basis or method.basis)
        elif method.kind == CHARGE:
            _by_charge(method, draft)
        else:
            return False
        return True

    def _by_rate(self, draft: ComparisonDraft, rate: Rate) -> None:
        line, contract = draft.line, draft.contract
        key = (id(contract), line.procedure, line.modifiers, draft.units, rate)
        self._remembered(key, contract, draft, lambda: _by_rate(draft, rate))

    def _by_medicare(
        self, method: ContractMethod, draft: ComparisonDraft, dos: date, full_on: Collection[str], basis: RateBasis
    ) -> None:
        line = draft.line
        schedule = self._schedule(basis, dos)
        fee = schedule.reason if isinstance(schedule, Unknown) else schedule.fee(line.procedure, line.place_of_service)
        if isinstance(schedule, Unknown) or isinstance(fee, str):
            draft.fail(str(fee))
            return
        draft.rule_names.extend(schedule.rule_names)
        if basis.mppr and fee.competes:
            whole = units_at_full(line, fee, line.key if line.key in full_on else "")
            draft.full_units = min(whole, draft.units)
        factor = method.factor or ONE
        key = (
            id(draft.contract),
            id(schedule),
            line.procedure,
            schedule.in_facility(line.procedure, line.place_of_service),
            line.modifiers,
            draft.units,
            draft.full_units,
            factor,
            basis.mppr,
        )
        self._remembered(key, (draft.contract, schedule), draft, lambda: _by_fee(draft, fee, factor, mppr=basis.mppr))

    def _remembered(
        self, key: tuple[object, ...], alive: object, draft: ComparisonDraft, work: Callable[[], None]
    ) -> None:
        """Price a draft, or price it as one just like it was: the same few codes come again and again.

        `alive` holds on to the objects whose ids are in the key.
        """
        found = self._memory.get(key)
        if found is None:
            steps = len(draft.steps)
            work()
            self._memory.keep(key, (alive, draft.amount, tuple(draft.steps[steps:])))
        else:
            draft.amount = found[1]
            draft.steps.extend(found[2])

    def _fee(self, basis: RateBasis, line: PriceLine, dos: date) -> UnitFee | str | None:
        schedule = self._schedule(basis, dos)
        return None if isinstance(schedule, Unknown) else schedule.fee(line.procedure, line.place_of_service)

    def _schedule(self, basis: RateBasis, dos: date) -> FeeSchedule | Unknown:
        """The schedule a basis names; the practice's own locality and edition where it names none."""
        return self._fees.schedule(
            basis.date_for(dos), basis.locality or self._locality, basis.edition or self._edition
        )


def _multiplier(draft: ComparisonDraft, named: Collection[str] = ()) -> Decimal:
    """What the line's modifiers leave of a rate; those the rate itself names do not count again."""
    factor = ONE
    for modifier, part in draft.contract.multipliers.items():
        if modifier in draft.line.modifiers and modifier not in named:
            factor *= part
            draft.add("modifier {}: {} of the rate", None, modifier, as_percent(part))
    return factor


def _by_rate(draft: ComparisonDraft, rate: Rate) -> None:
    unit = rate.amount
    named = " ".join(sorted(rate.modifiers))
    draft.add("rate of {}" + (" with {}" if named else ""), unit, draft.line.procedure, *([named] if named else []))
    factor = _multiplier(draft, rate.modifiers)
    if factor != ONE:
        unit = round_cents(unit * factor)
        draft.add("{} of {}", unit, as_percent(factor), rate.amount)
    draft.set(round_cents(unit * draft.units), "{} × {}", plain(draft.units), unit)


def _by_fee(draft: ComparisonDraft, fee: UnitFee, factor: Decimal, *, mppr: bool) -> None:
    draft.steps.extend(fee.steps)
    factor *= _multiplier(draft)
    percent = as_percent(factor)
    full = round_cents(fee.full * factor)
    whole = draft.full_units
    if whole is None:
        why = "" if mppr else ", without multiple-procedure reduction"
        draft.add("{} of {}" + why, full, percent, fee.full)
        draft.set(round_cents(full * draft.units), "{} × {}", plain(draft.units), full)
        return
    reduced, rest = round_cents(fee.reduced * factor), draft.units - whole
    draft.add("{} of {} for the day's full unit, of {} for every other", full, percent, fee.full, fee.reduced)
    amount = round_cents(full * whole + reduced * rest)
    draft.set(amount, "{} × {} + {} × {}", plain(whole), full, plain(rest), reduced)


def _by_charge(method: ContractMethod, draft: ComparisonDraft) -> None:
    charge = draft.line.charge
    if charge is None:
        draft.fail(f"{draft.contract.name} pays a percentage of the charge, and the charge is not known")
        return
    if draft.units < draft.line.units:
        charge = round_cents(charge * draft.units / draft.line.units)
        draft.add("charge of the units paid", charge)
    factor = (method.factor or ONE) * _multiplier(draft)
    draft.set(round_cents(charge * factor), "{} of the charge {}", as_percent(factor), charge)
