"""Compares what a payer allowed over a patient's day with what its terms say, and classes every line.

Never an underpayment: sequestration, a reduction taken rightly, the patient's share, a denied line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from events.terms import Tolerances
from projections.pricing.case import PricingCase
from projections.pricing.causes import name_causes
from projections.pricing.mppr_full_unit import full_unit_elsewhere
from projections.pricing.open_lines import OpenLine, Unit, claim_total
from projections.pricing.pricer import Pricer
from projections.pricing.remit import PayerAnswer, Roles, read_answer, roles_on
from projections.pricing.rolled_up import DIFFERS, roll_together
from projections.pricing.secondary import judge_later_payer
from projections.pricing.verdicts import EXACT, Comparison, DayLine, Tolerance, tolerance_on
from projections.rules.policy_choice import PayerTerms, Undecided
from projections.tables.vocabulary import PriceVerdict

FIRST = "P"
# What the policy in force says of differences; Undecided where it cannot be read.
TolerancePolicy = Callable[[PayerTerms, date], Tolerances | Undecided | None]


def _no_policy(_payer: PayerTerms, _dos: date) -> Tolerances | Undecided | None:
    return None


class Comparer:
    """Compares days under one set of terms. Pure: equal days give equal comparisons."""

    def __init__(self, pricer: Pricer, policy: TolerancePolicy = _no_policy) -> None:
        self.pricer = pricer
        self._policy = policy
        self._roles: dict[date, Roles] = {}
        self._tolerances: dict[tuple[PayerTerms, date], Tolerance | Undecided] = {}

    def compare_day(
        self, lines: Sequence[DayLine], dos: date, claims: Mapping[str, PayerAnswer] | None = None
    ) -> tuple[Comparison, ...]:
        """Compare all lines of one patient and day, of all claims and payers, that were answered.

        `claims` holds the answer of first payers that answered a claim without its lines, by claim. Lines not
        answered give no comparison. Comparisons are in the order of the lines, those of whole claims last.
        """
        groups: dict[tuple[str, str], list[OpenLine]] = {}
        roles = self.roles(dos)
        opened: list[OpenLine] = []
        payers: dict[tuple[str, str], set[PayerTerms]] = {}
        for day_line in lines:
            open_line = _open(day_line, roles)
            opened.append(open_line)
            place = (day_line.sequence, day_line.payer_id)
            groups.setdefault(place, []).append(open_line)
            payers.setdefault(place, set()).add(day_line.payer)
        cases = {place: self._case(_agreed(asked), dos, roles) for place, asked in payers.items()}
        whole: list[Comparison] = []
        for place, group in groups.items():
            if place[0] == FIRST:
                whole += self._first_payer(cases[place], group, claims or {})
        for place, group in groups.items():
            if place[0] != FIRST:
                judge_later_payer(cases[place], group, opened)
        return (*(line.close() for line in opened if line.stated is not None), *whole)

    def _case(self, payer: PayerTerms, dos: date, roles: Roles) -> PricingCase:
        payer_id, tolerance = payer.payer_id, self.tolerance(payer, dos)
        if isinstance(tolerance, Undecided):
            return PricingCase(
                pricer=self.pricer,
                payer_id=payer_id,
                dos=dos,
                tolerance=EXACT,
                roles=roles,
                why_unknown=tolerance.reason,
            )
        return PricingCase(pricer=self.pricer, payer_id=payer_id, dos=dos, tolerance=tolerance, roles=roles)

    def roles(self, dos: date) -> Roles:
        found = self._roles.get(dos)
        if found is None:
            found = self._roles[dos] = roles_on(self.pricer.rules, dos)
        return found

    def tolerance(self, payer: PayerTerms, dos: date) -> Tolerance | Undecided:
        """The payer's tolerance on a date of service; Undecided where its policy cannot be read."""
        key = (payer, dos)
        found = self._tolerances.get(key)
        if found is None:
            policy = self._policy(payer, dos)
            found = policy if isinstance(policy, Undecided) else tolerance_on(self.pricer.rules, dos, policy)
            self._tolerances[key] = found
        return found

    def _first_payer(
        self, case: PricingCase, group: list[OpenLine], claims: Mapping[str, PayerAnswer]
    ) -> list[Comparison]:
        priced = [line for line in group if line.payable or (claims and line.billed.claim in claims)]
        if priced:
            for line, price in zip(priced, case.price([line.adjudicated for line in priced]), strict=True):
                line.priced = price
        rolled = roll_together(case, group)
        _price_beside(case, [line for line in group if line in priced or line in rolled], rolled)
        _judge_odd_lines(case, group, rolled)
        totals = _claim_totals(group, claims, case.roles)
        left = [line for line in priced if line.verdict is None and line.payable and line not in rolled]
        units = _units(left) + totals
        flagged = [unit for unit in units if not unit.settle(case.tolerance)]
        for unit in map(Unit, [[line] for line in rolled]):
            if not unit.settle(case.tolerance):
                unit.finish(PriceVerdict.UNKNOWN if case.why_unknown else None, evidence=(case.why_unknown or DIFFERS,))
        if case.why_unknown:
            for unit in flagged:
                unit.finish(PriceVerdict.UNKNOWN, evidence=(case.why_unknown,))
        elif flagged:
            _look_closer(case, flagged, units, group)
        return [unit.total.close() for unit in totals if unit.total is not None]


def _price_beside(case: PricingCase, day: Sequence[OpenLine], rolled: Sequence[OpenLine]) -> None:
    """Prices the other lines of a day again, next to those that were rolled up: these count for reductions too."""
    if not rolled:
        return
    asked = [line.billed if line in rolled else line.adjudicated for line in day]
    for line, price in zip(day, case.price(asked), strict=True):
        if line not in rolled:
            line.priced = price


def _agreed(asked: set[PayerTerms]) -> PayerTerms:
    """What is known of all claims of a day with one payer; what they differ in is not known of the day."""
    first = next(iter(asked))
    if len(asked) == 1:
        return first
    told = (value if len({one[place] for one in asked}) == 1 else None for place, value in enumerate(first[1:], 1))
    return PayerTerms(first.payer_id, *told)


def _judge_odd_lines(case: PricingCase, group: list[OpenLine], rolled: Sequence[OpenLine]) -> None:
    """Judge refused and recoded lines, which need the price of the day as it was billed; not those rolled up."""
    left = [line for line in group if line not in rolled]
    odd = [line for line in left if line.refused or (line.payable and line.recoded)]
    if not odd:
        return
    prices = {price.key: price for price in case.price([line.billed for line in group])}
    for line in odd:
        price = prices[line.billed.key]
        if line.refused:
            line.priced = price
            line.judge_refusal()
        else:
            line.judge_recode(price)


def _look_closer(case: PricingCase, flagged: list[Unit], units: list[Unit], group: list[OpenLine]) -> None:
    """What may explain a difference before anybody is accused: assistants, refusals, and where the full unit went."""
    rightful = case.rightful
    for unit in flagged:
        line = unit.single
        reading = None if line is None else rightful.reading(line, unit.expected, unit.limit(case.tolerance))
        if reading is not None:
            unit.finish(PriceVerdict.AS_EXPECTED, note=f"allowed {unit.allowed} is {reading.label}, which is correct")
        else:
            unit.excuse(case.tolerance)
    left = [unit for unit in flagged if not unit.settled]
    if left:
        full_unit_elsewhere(case, left, units, group)
    left = [unit for unit in left if not unit.settled]
    if left:
        name_causes(case, left, units)


def _claim_totals(group: Sequence[OpenLine], claims: Mapping[str, PayerAnswer], roles: Roles) -> list[Unit]:
    """Claims answered as a whole; one of which a line was answered by itself is compared line by line."""
    answered = {line.billed.claim for line in group if line.answer is not None}
    mine = dict.fromkeys(line.billed.claim for line in group if line.billed.claim in claims)
    return [
        claim_total(claim, claims[claim], read_answer(claims[claim], roles), list(group))
        for claim in mine
        if claim not in answered
    ]


def _open(day_line: DayLine, roles: Roles) -> OpenLine:
    answer = day_line.answer
    stated = None if answer is None else read_answer(answer, roles)
    return OpenLine(day_line.line, day_line.payer_id, day_line.sequence, answer, stated)


def _units(lines: Iterable[OpenLine]) -> list[Unit]:
    """Lines by themselves, and together where their terms give one amount for several: its split is the payer's."""
    pools: dict[str, list[OpenLine]] = {}
    units: list[Unit] = []
    for line in lines:
        if line.pool is None:
            units.append(Unit([line]))
        else:
            pools.setdefault(line.pool, []).append(line)
    return units + [Unit(pool) for pool in pools.values()]
