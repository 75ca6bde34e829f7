"""Which contract governs a line: by payer, date of service and scope; the more dimensions match, the better."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from events.contract import ContractPublished
from projections.pricing.contract import SCOPE, Contract
from projections.pricing.contract_reader import read_contract
from projections.pricing.lines import PriceLine
from projections.rules.bounded_cache import BoundedCache
from projections.tables.vocabulary import PriceVerdict


@dataclass(frozen=True, slots=True)
class Chosen:
    """The governing contract and the dimensions by which it was chosen, the payer always among them."""

    contract: Contract
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotChosen:
    """No contract, or no single one. `problem` is NO_CONTRACT or UNKNOWN."""

    problem: PriceVerdict
    reason: str


class ContractBook:
    """All published contracts of a practice, one line of versions for each contract id."""

    def __init__(self, facts: Iterable[ContractPublished], evaluations: Collection[str] = ()) -> None:
        contracts: list[Contract] = []
        for fact in facts:
            contract = read_contract(fact, evaluations)
            if contract not in contracts:
                contracts.append(contract)
        self.contracts = tuple(contracts)
        self._lines = _lines_of_versions(contracts)
        self._governing: dict[date, dict[str, tuple[Contract, ...]]] = {}
        self._choices: BoundedCache[tuple[object, ...], Chosen | NotChosen] = BoundedCache()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with contracts that cannot be used."""
        return tuple(contract.error for contract in self.contracts if contract.error)

    def governing(self, payer_id: str, on: date) -> tuple[Contract, ...]:
        """The contracts of a payer that cover a date, the version in force of each."""
        return self.in_force(on).get(payer_id, ())

    def in_force(self, on: date) -> Mapping[str, tuple[Contract, ...]]:
        """The same of all payers."""
        by_payer = self._governing.get(on)
        if by_payer is None:
            by_payer = self._governing[on] = self._govern(on)
        return by_payer

    def versions(self, contract: Contract) -> tuple[Contract, ...]:
        """All versions of the line a contract belongs to, the newest first."""
        return next((line for line in self._lines if contract in line), ())

    def choose(self, line: PriceLine, payer_id: str, on: date) -> Chosen | NotChosen:
        """The contract a line is priced by. A tie is no choice: its reason names the rivals."""
        key = (
            payer_id,
            on,
            line.plan,
            line.billing_npi,
            line.discipline,
            line.modifiers,
            line.place_of_service,
            line.provider_kind,
        )
        choice = self._choices.get(key)
        if choice is None:
            facts = dict(zip(SCOPE, _facts(line), strict=True))
            choice = self._choices.keep(key, self._choose(facts, payer_id, on))
        return choice

    def _choose(self, facts: dict[str, str | None], payer_id: str, on: date) -> Chosen | NotChosen:
        candidates = self.governing(payer_id, on)
        anyones = [contract.error for contract in candidates if contract.may_bind_anyone and contract.error]
        if anyones:
            return NotChosen(PriceVerdict.UNKNOWN, min(anyones))
        fitting = [c for c in candidates if all(facts[name] == value for name, value in c.scope)]
        if not fitting:
            return NotChosen(PriceVerdict.NO_CONTRACT, self._why_none(facts, payer_id, on, candidates))
        most = max(len(contract.scope) for contract in fitting)
        best = [contract for contract in fitting if len(contract.scope) == most]
        if len(best) > 1:
            names = " and ".join(sorted(contract.name for contract in best))
            return NotChosen(PriceVerdict.UNKNOWN, f"contracts {names} fit equally well: narrow the scope of one")
        if best[0].error:
            return NotChosen(PriceVerdict.UNKNOWN, best[0].error)
        return Chosen(best[0], ("payer_id", *(name for name, _ in best[0].scope)))

    def _why_none(self, facts: dict[str, str | None], payer_id: str, on: date, candidates: tuple[Contract, ...]) -> str:
        if candidates:
            nearest = min(candidates, key=lambda c: (len(_misses(c, facts)), c.name))
            return f"no contract with this payer fits: {nearest.name} is for {', '.join(_misses(nearest, facts))}"
        if any(contract.payer_id == payer_id for contract in self.contracts):
            return f"no contract with this payer covers {on.isoformat()}"
        return "no contract with this payer"

    def _govern(self, on: date) -> dict[str, tuple[Contract, ...]]:
        by_payer: dict[str, list[Contract]] = {}
        for versions in self._lines:
            for contract in _in_force(versions, on):
                by_payer.setdefault(contract.payer_id, []).append(contract)
        return {payer_id: tuple(contracts) for payer_id, contracts in by_payer.items()}


def _in_force(versions: tuple[Contract, ...], on: date) -> list[Contract]:
    """The newest version that covers a date; more than one only where a version was published twice.

    A newer version cuts an older one off from its own `effective_from` on, and the older one does not come back when
    the newer one ends. It comes back where it begins only after the newer one's end: that one corrected an earlier
    time.
    """
    for index, contract in enumerate(versions):
        newer = [other for other in versions[:index] if other.effective_from <= on]
        if contract.covers(on) and not any(_cuts(other, contract) for other in newer):
            return [c for c in versions[index:] if c.covers(on) and _same_version(c, contract)]
    return []


def _cuts(newer: Contract, older: Contract) -> bool:
    return newer.effective_to is None or older.effective_from < newer.effective_to


def _same_version(one: Contract, other: Contract) -> bool:
    return one.contract_id == other.contract_id and _rank(one) == _rank(other)


def _facts(line: PriceLine) -> tuple[str | None, ...]:
    """What a line says of each scope dimension, in the order of `SCOPE`."""
    discipline, provider = line.served_as, line.served_by
    return (
        line.plan.strip().casefold() if line.plan else None,
        line.billing_npi,
        discipline,
        line.place_of_service.strip().zfill(2) if line.place_of_service else None,
        provider.upper() if provider else None,
    )


def _misses(contract: Contract, facts: dict[str, str | None]) -> list[str]:
    return [
        f"{name} {value} (the line has {facts[name] or 'none'})"
        for name, value in contract.scope
        if facts[name] != value
    ]


def _lines_of_versions(contracts: list[Contract]) -> list[tuple[Contract, ...]]:
    """Contracts that follow one another: by id, or because one names the id it supersedes. The newest first."""
    ids = {contract.contract_id for contract in contracts}
    parent = {
        c.contract_id: c.supersedes
        for c in contracts
        if c.supersedes is not None and c.supersedes in ids and c.supersedes != c.contract_id
    }
    lines: dict[str, list[tuple[_Place, Contract]]] = {}
    for contract in contracts:
        root, depth = _root(contract.contract_id, parent)
        line = lines.setdefault(root, [])
        before = max((place for place, _ in line), default=(depth, ()))
        place = (before[0], (*before[1], _AFTER)) if contract.has_no_version else (depth, _rank(contract))
        line.append((place, contract))
    return [
        tuple(contract for _, contract in sorted(line, key=lambda item: item[0], reverse=True))
        for _, line in sorted(lines.items())
    ]


_Rank = tuple[tuple[int, int, str], ...]
_Place = tuple[int, _Rank]  # how many contracts it supersedes, and its version
_AFTER = (2, 0, "")  # after every part of a version


def _root(contract_id: str, parent: dict[str, str]) -> tuple[str, int]:
    seen = {contract_id}
    here = contract_id
    while (above := parent.get(here)) is not None and above not in seen:
        seen.add(above)
        here = above
    return here, len(seen)


def _rank(contract: Contract) -> _Rank:
    """Versions in their natural order: 10 after 9, 2026.10 after 2026.9."""
    parts = re.findall(r"\d+|\D+", contract.version)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
