"""Deposits next to remittances: which money belongs to which advice, many to many. Posting stays by remittance.

By trace number first (TRN02, repeated in the CCD+ addendum of the transfer: CORE 370), then by amount and date, then by
the sum of all that one payer sent on one day. What fits in more than one way is left for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from events.normal_forms import number_form, originator_form
from events.values import ZERO

WINDOW = timedelta(days=7)  # between a payment's own date and the day its money reaches the bank


class DepositState(StrEnum):
    """How a deposit and a remittance relate."""

    MATCHED = "matched"
    DIFFERING = "differing"
    NO_MONEY = "era_without_money"
    NO_ADVICE = "money_without_era"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One deposit, or one remittance that promises money. `sender`: company or payer identifier, as stated."""

    key: str
    on: date | None
    amount: Decimal
    trace: str | None
    sender: str | None
    name: str | None = None
    method: str | None = None

    @property
    def trace_form(self) -> str:
        return number_form(self.trace)

    @property
    def sender_form(self) -> str:
        return originator_form(self.sender)


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositMatch:
    """What belongs together. `matched_by`: trace, amount and date, or sum of a day; empty where nothing was found."""

    deposits: tuple[Transfer, ...]
    remittances: tuple[Transfer, ...]
    matched_by: str = ""

    @property
    def deposited(self) -> Decimal:
        return sum((one.amount for one in self.deposits), ZERO)

    @property
    def remitted(self) -> Decimal:
        return sum((one.amount for one in self.remittances), ZERO)

    @property
    def state(self) -> DepositState:
        if not self.deposits:
            return DepositState.NO_MONEY
        if not self.remittances:
            return DepositState.NO_ADVICE
        return DepositState.MATCHED if self.deposited == self.remitted else DepositState.DIFFERING


def match_deposits(deposits: Iterable[Transfer], remittances: Iterable[Transfer]) -> list[DepositMatch]:
    """All money and all advice, each in exactly one match; the order of the inputs does not matter."""
    left = sorted(deposits, key=_order)
    right = sorted((one for one in remittances if one.amount > ZERO), key=_order)
    found = []
    for step in (_by_trace, _by_amount, _by_day_sum):
        for match in step(left, right):
            found.append(match)
            left = [one for one in left if one not in match.deposits]
            right = [one for one in right if one not in match.remittances]
    found += [DepositMatch(deposits=(one,), remittances=()) for one in left]
    found += [DepositMatch(deposits=(), remittances=(one,)) for one in right]
    return sorted(found, key=lambda match: _order((match.deposits or match.remittances)[0]))


def _order(one: Transfer) -> tuple[date, Decimal, str]:
    return (one.on or date.max, one.amount, one.key)


def _by_trace(left: Sequence[Transfer], right: Sequence[Transfer]) -> list[DepositMatch]:
    """All that has one trace number, unless two senders use the same one."""
    found = []
    for trace in sorted({one.trace_form for one in left if one.trace_form.strip("0")}):
        checks = [one for one in right if one.trace_form == trace]
        money = [one for one in left if one.trace_form == trace]
        for sender in sorted({one.sender_form for one in checks}):
            of_sender = [one for one in checks if one.sender_form == sender]
            alone = len({one.sender_form for one in checks}) == 1
            sent = [one for one in money if alone or one.sender_form == sender]
            if sent:
                found.append(DepositMatch(deposits=tuple(sent), remittances=tuple(of_sender), matched_by="trace"))
    return found


def _by_amount(left: Sequence[Transfer], right: Sequence[Transfer]) -> list[DepositMatch]:
    """One deposit and one remittance of the same amount within a week; where several fit, none is chosen."""
    found = []
    for money in left:
        checks = [one for one in right if one.amount == money.amount and _near(money, one)]
        rivals = [one for one in left if one.amount == money.amount and checks and _near(one, checks[0])]
        if len(checks) == len(rivals) == 1:
            found.append(DepositMatch(deposits=(money,), remittances=(checks[0],), matched_by="amount and date"))
    return found


def _by_day_sum(left: Sequence[Transfer], right: Sequence[Transfer]) -> list[DepositMatch]:
    """One deposit of all checks of a day, or one remittance paid in several transfers of a day."""
    found = []
    for money in left:
        groups = [group for group in _days(right) if len(group) > 1 and _total(group) == money.amount]
        groups = [group for group in groups if _near(money, group[0])]
        if len(groups) == 1:
            found.append(DepositMatch(deposits=(money,), remittances=groups[0], matched_by="sum of a day"))
    for check in right:
        groups = [group for group in _days(left) if len(group) > 1 and _total(group) == check.amount]
        groups = [group for group in groups if _near(group[0], check)]
        if len(groups) == 1:
            found.append(DepositMatch(deposits=groups[0], remittances=(check,), matched_by="sum of a day"))
    return _disjoint(found)


def _days(all_of_them: Sequence[Transfer]) -> list[tuple[Transfer, ...]]:
    """What one sender sent on one day, and what all of them did."""
    groups: dict[tuple[date | None, str], list[Transfer]] = {}
    for one in all_of_them:
        groups.setdefault((one.on, one.sender_form), []).append(one)
        groups.setdefault((one.on, "all"), []).append(one)
    return list(dict.fromkeys(tuple(group) for group in groups.values()))


def _disjoint(found: Sequence[DepositMatch]) -> list[DepositMatch]:
    """Without matches that claim what another one claims too."""
    seen = [one.key for match in found for one in (*match.deposits, *match.remittances)]
    return [m for m in found if all(seen.count(one.key) == 1 for one in (*m.deposits, *m.remittances))]


def _total(group: Iterable[Transfer]) -> Decimal:
    return sum((one.amount for one in group), ZERO)


def _near(deposit: Transfer, check: Transfer) -> bool:
    return deposit.on is not None and check.on is not None and abs(deposit.on - check.on) <= WINDOW
