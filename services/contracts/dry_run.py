"""What publishing contracts would do: problems, ties, gaps, unknown codes, changes against the version before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import ValidationError

from events.contract import ContractPublished
from events.registry import complaint
from projections.pricing.contract import ANY, PERCENT_OF_MEDICARE, Contract, Rate
from projections.pricing.contract_choice import ContractBook
from projections.pricing.fees import FeeBook
from projections.pricing.lines import as_percent
from projections.pricing.pricer import evaluation_codes
from projections.rules.rulebook import Rulebook, Unknown

PROBLEM, OVERLAP, GAP, UNKNOWN_CODE, CHANGE, NOTE = "problem", "overlap", "gap", "unknown_code", "change", "note"
_COMPARED = {
    "caps": "caps",
    "lesser_of": "lesser of rate and charge",
    "multipliers": "multipliers",
    "unit_caps": "caps of units",
    "carve_outs": "carve-outs",
    "default": "method for other codes",
    "scope": "scope",
    "effective_from": "first day of service",
    "effective_to": "last day of service",
    "dispute_days": "days to dispute",
}
_FAR = date(9999, 12, 31)


class Notice(NamedTuple):
    """One thing to know. `kind`: problem, overlap, gap, unknown_code, change, note."""

    kind: str
    contract: str
    text: str


@dataclass(frozen=True)
class DryRun:
    """`facts` are the contracts that can be published; `notices` everything to know before."""

    facts: tuple[ContractPublished, ...]
    notices: tuple[Notice, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing keeps the contracts from pricing: no problem, no tie."""
        return not any(notice.kind in (PROBLEM, OVERLAP) for notice in self.notices)

    def of(self, kind: str) -> list[str]:
        return [notice.text for notice in self.notices if notice.kind == kind]


def dry_run(items: Iterable[Mapping[str, Any]], in_force: Iterable[ContractPublished], rules: Rulebook) -> DryRun:
    """Check contract data against what is in force. Publishes nothing."""
    notices: list[Notice] = []
    facts = [fact for item in items if (fact := _validated(item, notices)) is not None]
    before = tuple(in_force)
    evaluations = evaluation_codes(rules)
    book = ContractBook((*before, *facts), evaluations)
    known = _known_codes(rules)
    for fact in facts:
        contract = next(c for c in ContractBook([fact], evaluations).contracts)
        if contract.error:
            notices.append(Notice(PROBLEM, contract.name, contract.error))
            continue
        notices += [Notice(NOTE, contract.name, note) for note in contract.notes]
        notices += _overlaps(contract, book)
        notices += _gaps(contract, book)
        notices += _unpriced(contract, rules)
        notices += _unknown_codes(contract, known)
        notices += _changes(contract, book)
    return DryRun(tuple(facts), tuple(dict.fromkeys(notices)))


def _validated(item: Mapping[str, Any], notices: list[Notice]) -> ContractPublished | None:
    try:
        return ContractPublished.model_validate(item)
    except ValidationError as error:
        name = str(item.get("contract_id", "a contract without an id"))
        notices.extend(Notice(PROBLEM, name, f"{c['pointer'][1:]}: {c['message']}") for c in complaint(error))
        return None


def _overlaps(contract: Contract, book: ContractBook) -> list[Notice]:
    """Contracts that fit the same lines equally well on the same days."""
    found = []
    for other in book.contracts:
        if other.payer_id != contract.payer_id or other.contract_id == contract.contract_id:
            continue
        start = max(contract.effective_from, other.effective_from)
        end = min(contract.effective_to or _FAR, other.effective_to or _FAR)
        if start < end and _may_tie(contract, other) and other in book.governing(other.payer_id, start):
            until = "" if end == _FAR else f" to {end.isoformat()}"
            text = f"fits the same lines as {other.name} from {start.isoformat()}{until}: narrow the scope of one"
            found.append(Notice(OVERLAP, contract.name, text))
    return found


def _may_tie(one: Contract, other: Contract) -> bool:
    scope = dict(other.scope)
    return len(one.scope) == len(other.scope) and all(scope.get(name, value) == value for name, value in one.scope)


def _gaps(contract: Contract, book: ContractBook) -> list[Notice]:
    """Days between the first and the last of a contract's versions that none of them covers."""
    versions = book.versions(contract)
    edges = sorted({c.effective_from for c in versions} | {c.effective_to for c in versions if c.effective_to})
    found = []
    for start, end in zip(edges, [*edges[1:], _FAR], strict=True):
        covered = any(c in versions for payer in {c.payer_id for c in versions} for c in book.governing(payer, start))
        if not covered:
            span = f"from {start.isoformat()}" + ("" if end == _FAR else f" to {end.isoformat()}")
            found.append(Notice(GAP, contract.name, f"no version covers dates of service {span}"))
    return found


def _unpriced(contract: Contract, rules: Rulebook) -> list[Notice]:
    """Percentages of a Medicare schedule whose year, locality or edition is not loaded: they price nothing."""
    methods = [contract.method, contract.default, *(carved.method for carved in contract.carve_outs)]
    reasons = []
    for basis in dict.fromkeys(method.basis for method in methods if method and method.kind == PERCENT_OF_MEDICARE):
        schedule = FeeBook(rules).schedule(basis.date_for(contract.effective_from), basis.locality, basis.edition)
        reasons.append(schedule.reason if isinstance(schedule, Unknown) else schedule.empty)
    return [Notice(GAP, contract.name, f"percent of Medicare prices nothing: {reason}") for reason in reasons if reason]


def _known_codes(rules: Rulebook) -> frozenset[str]:
    """Every code that any pack lists."""
    rows = (
        row
        for pack in rules.packs.values()
        if pack.kind in ("pfs", "modifiers")
        for period in pack.periods
        for row in period.values.get("rows", ())
    )
    return frozenset(code for row in rows if (code := row.get("procedure") or row.get("code")))


def _unknown_codes(contract: Contract, known: frozenset[str]) -> list[Notice]:
    codes = {code for code, _ in _amounts(contract)} | {c for carved in contract.carve_outs for c in carved.procedures}
    unknown = sorted(codes - known - {ANY})
    return [Notice(UNKNOWN_CODE, contract.name, f"{code} is not a known code") for code in unknown]


def _amounts(contract: Contract) -> dict[tuple[str, frozenset[str]], Decimal]:
    rates: Mapping[str, Sequence[Rate]] = contract.method.rates if contract.method else {}
    return {(code, rate.modifiers): rate.amount for code, held in rates.items() for rate in held}


def _changes(contract: Contract, book: ContractBook) -> list[Notice]:
    versions = book.versions(contract)
    index = next((i for i, other in enumerate(versions) if other.name == contract.name), len(versions))
    older = next((other for other in versions[index + 1 :] if not other.error), None)
    if older is None:
        return []
    was, now = _amounts(older), _amounts(contract)
    texts = [_rate_change(key, was.get(key), now.get(key)) for key in sorted({*was, *now}, key=_by_code)]
    texts += [
        f"{words} differs" for name, words in _COMPARED.items() if getattr(older, name) != getattr(contract, name)
    ]
    if older.method and contract.method and _bare(older) != _bare(contract):
        texts.append("method, percentage or basis differs")
    return [Notice(CHANGE, contract.name, f"against {older.name}: {text}") for text in texts if text]


def _by_code(key: tuple[str, frozenset[str]]) -> tuple[str, list[str]]:
    return key[0], sorted(key[1])


def _bare(contract: Contract) -> tuple[object, ...]:
    method = contract.method
    assert method is not None
    return method.kind, method.factor, method.basis, method.amount, method.per


def _rate_change(key: tuple[str, frozenset[str]], was: Decimal | None, now: Decimal | None) -> str:
    code = "+".join([key[0], *sorted(key[1])])
    if was == now:
        return ""
    if was is None:
        return f"{code} is new at {now}"
    if now is None:
        return f"{code} is gone (was {was})"
    share = f" ({as_percent((now / was - 1).quantize(Decimal('0.001')))})" if was else ""
    return f"{code} from {was} to {now}{share}"
