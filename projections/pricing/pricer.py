"""The one entry point to a price: picks what governs each line and prices a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import is_
from typing import NamedTuple

from events.contract import ContractPublished
from events.values import ZERO
from projections.pricing.contract import Contract, RateBasis
from projections.pricing.contract_choice import Chosen, ContractBook, NotChosen
from projections.pricing.contract_pricer import ContractPricer
from projections.pricing.drafts import ComparisonDraft
from projections.pricing.fees import FeeBook, FeeSchedule, UnitFee
from projections.pricing.lines import PricedLine, PriceLine, unpriced
from projections.pricing.medicare import Medicare, full_unit_line
from projections.pricing.medicare_payment import medicare_terms
from projections.pricing.shares import in_order
from projections.rules.rulebook import Rulebook, Unknown
from projections.tables.vocabulary import PriceVerdict

MEDICARE_PAYERS = frozenset({"MEDICARE"})


class Assumption(NamedTuple):
    """Something a payer may have done otherwise; pricing under it shows whether it explains what was allowed.

    `full_on`: the line whose unit keeps its whole practice expense, "" for none. `basis` replaces what a contract's
    percentage is taken of. `contract` prices every line by that contract. `locality`, `edition` and the date whose
    conversion factor counts are those of Medicare's own fee schedule.
    """

    full_on: str | None = None
    basis: RateBasis | None = None
    contract: Contract | None = None
    locality: str | None = None
    edition: str | None = None
    factor_on: date | None = None


NOTHING_ASSUMED = Assumption()


@dataclass(frozen=True)
class PricingSettings:
    """What is asked for besides the packs: a Medicare locality and conversion factor edition, who pays like Medicare.

    None: as the packs say.
    """

    locality: str | None = None
    edition: str | None = None
    assistant_applies_to: str | None = None


class Pricer:
    """Prices lines of one patient and day. Pure: the same packs, contracts and lines give the same answer."""

    def __init__(
        self, rules: Rulebook, contracts: Iterable[ContractPublished] = (), settings: PricingSettings | None = None
    ) -> None:
        self.rules = rules
        self.settings = settings or PricingSettings()
        self.fees = FeeBook(rules)
        self.contracts = ContractBook(contracts, evaluation_codes(rules))
        self._by_contract = ContractPricer(self.fees, self.settings.locality, self.settings.edition)
        self._medicare: dict[tuple[object, ...], Medicare | Unknown] = {}
        self._last: tuple[tuple[str, date], tuple[PriceLine, ...], tuple[PricedLine, ...]] | None = None

    def as_billed(self, lines: Sequence[PriceLine], dos: date, payer_id: str) -> tuple[PricedLine, ...]:
        """The price with nothing assumed. That of the last lines is known still.

        A day is priced as it was billed, and again as it was answered: mostly the very same lines.
        """
        asked, last = (payer_id, dos), self._last
        if last is None or last[0] != asked or len(last[1]) != len(lines) or not all(map(is_, last[1], lines)):
            last = self._last = asked, tuple(lines), self(lines, dos, payer_id)
        return last[2]

    def __call__(
        self,
        lines: Sequence[PriceLine],
        dos: date,
        payer_id: str,
        *,
        deductible_left: Decimal = ZERO,
        patient_share: Decimal | None = None,
        assume: Assumption = NOTHING_ASSUMED,
    ) -> tuple[PricedLine, ...]:
        """Price one payer's lines of one patient and day, all claims together; answers are in the order of the lines.

        `deductible_left` counts for Medicare lines, `patient_share` (copay and coinsurance together) for lines under
        a contract; both are used up in line order. Every line needs a `key` of its own.
        """
        if assume.contract is None and not self.contracts.contracts:
            return self._without_contract(lines, dos, payer_id, deductible_left, assume)
        governed: list[tuple[PriceLine, Chosen]] = []
        rest: list[PriceLine] = []
        done: dict[str, PricedLine] = {}
        for line in lines:
            choice = self._choose(line, payer_id, dos, assume)
            if isinstance(choice, Chosen):
                governed.append((line, choice))
            elif choice.problem == PriceVerdict.NO_CONTRACT and payer_id in MEDICARE_PAYERS:
                rest.append(line)
            else:
                done[line.key] = unpriced(line, choice.problem, choice.reason)
        for priced in self._governed(governed, dos, patient_share, assume) if governed else ():
            done[priced.key] = priced
        for priced in self._without_contract(rest, dos, payer_id, deductible_left, assume) if rest else ():
            done[priced.key] = priced
        if len(done) < len(lines):
            raise ValueError("every line needs a key of its own")
        return tuple(done[line.key] for line in lines)

    def _choose(self, line: PriceLine, payer_id: str, dos: date, assume: Assumption) -> Chosen | NotChosen:
        if assume.contract is not None:
            return Chosen(assume.contract, ())
        return self.contracts.choose(line, payer_id, dos)

    def _without_contract(
        self, lines: Sequence[PriceLine], dos: date, payer_id: str, deductible_left: Decimal, assume: Assumption
    ) -> tuple[PricedLine, ...]:
        if payer_id not in MEDICARE_PAYERS:
            return tuple(unpriced(line, PriceVerdict.NO_CONTRACT, "no contract with this payer") for line in lines)
        medicare = self.medicare(dos, assume.locality, assume.edition, assume.factor_on)
        if isinstance(medicare, Unknown):
            return tuple(unpriced(line, PriceVerdict.UNKNOWN, medicare.reason) for line in lines)
        groups = _by_billing_group(lines)
        if len(groups) == 1:
            return tuple(medicare.price(lines, deductible_left, assume.full_on))
        done: dict[str, PricedLine] = {}
        for group in groups:
            for priced in medicare.price(group, deductible_left, assume.full_on):
                done[priced.key] = priced
                deductible_left -= priced.parts.deductible if priced.parts else ZERO
        return tuple(done[line.key] for line in lines)

    def medicare(
        self, dos: date, locality: str | None = None, edition: str | None = None, factor_on: date | None = None
    ) -> Medicare | Unknown:
        """Medicare's prices of a date, in the practice's locality and edition unless another is named."""
        where, which = locality or self.settings.locality, edition or self.settings.edition
        key = dos, where, which, factor_on
        found = self._medicare.get(key)
        if found is None:
            found = self._medicare[key] = self._make_medicare(dos, where, which, factor_on)
        return found

    def _make_medicare(
        self, dos: date, locality: str | None, edition: str | None, factor_on: date | None
    ) -> Medicare | Unknown:
        schedule = self.fees.schedule(dos, locality, edition, factor_on)
        if not isinstance(schedule, FeeSchedule):
            return schedule
        terms = medicare_terms(self.rules, dos, self.settings.assistant_applies_to)
        if isinstance(terms, Unknown):
            return terms
        key = (id(schedule), terms)
        return self._medicare.setdefault(key, Medicare(schedule, terms))

    def _governed(
        self, governed: list[tuple[PriceLine, Chosen]], dos: date, patient_share: Decimal | None, assume: Assumption
    ) -> list[PricedLine]:
        if len(governed) > 1:
            governed = sorted(governed, key=lambda pair: pair[0].order)
        full_on = self._full_units(governed, dos, assume)
        by_contract: dict[str, list[PriceLine]] = {}
        choices: dict[str, Chosen] = {}
        for line, choice in governed:
            by_contract.setdefault(choice.contract.name, []).append(line)
            choices[line.key] = choice
        drafts: dict[str, ComparisonDraft] = {}
        for lines in by_contract.values():
            contract = choices[lines[0].key].contract
            for draft in self._by_contract.draft(contract, lines, dos, full_on, assume.basis):
                drafts[draft.line.key] = draft
        ordered = [drafts[line.key] for line, _ in governed]
        shares: Sequence[Decimal | None] = [None] * len(ordered)
        if patient_share is not None:
            shares = in_order(patient_share, [draft.amount or ZERO for draft in ordered])
        return [d.close(choices[d.line.key].matched, share) for d, share in zip(ordered, shares, strict=True)]

    def _full_units(self, governed: list[tuple[PriceLine, Chosen]], dos: date, assume: Assumption) -> Collection[str]:
        """The line of each billing group that has the day's full unit, whichever of its contracts prices it."""
        competing: dict[str | None, list[tuple[PriceLine, UnitFee]]] = {}
        for line, choice in governed:
            fee = self._by_contract.competing_fee(choice.contract, line, dos, assume.basis)
            if fee is not None:
                competing.setdefault(line.billing_npi, []).append((line, fee))
        if assume.full_on is not None:
            return (assume.full_on,)
        return [key for group in competing.values() if (key := full_unit_line(group)) is not None]


def _by_billing_group(lines: Sequence[PriceLine]) -> list[list[PriceLine]]:
    groups: dict[str | None, list[PriceLine]] = {}
    for line in lines:
        groups.setdefault(line.billing_npi, []).append(line)
    return list(groups.values())


def evaluation_codes(rules: Rulebook) -> frozenset[str]:
    """The codes that contracts mean by an evaluation; of the newest period of the pack, for it only ever grows."""
    for pack in rules.packs.values():
        if pack.kind == "evaluation_codes":
            return frozenset(pack.periods[-1].values.get("procedures", ()))
    return frozenset()
