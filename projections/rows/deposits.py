"""Deposits next to remittances: which money belongs to which advice, many to many. Posting stays by remittance.

By trace number first (TRN02, repeated in the CCD+ addendum of the transfer: CORE 370), then by amount and date, then by
the sum of all that one payer sent on one day. What fits in more than one way is left for a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from events.normal_forms import number_form, originator_form
from events.values import ZERO
from projections.tables.vocabulary import DepositState
from projections.tables.work_acts import WorkDone

WINDOW = timedelta(days=7)  # between a payment's own date and the day its money reaches the bank


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
    typed: bool = False  # a person entered it by hand
    work: tuple[WorkDone, ...] = ()  # what people did about its item

    @property
    def as_bank_says(self) -> tuple[str, Decimal, date | None]:
        """What a bank's own line of the same money has in common with one typed by hand."""
        return (self.trace_form, self.amount, self.on)

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
    copies: tuple[Transfer, ...] = ()  # typed by hand, and counted as the bank's own line
    papers: tuple[Transfer, ...] = ()  # typed from paper, and counted as their 835

    @property
    def everything(self) -> tuple[Transfer, ...]:
        """All that belongs here, what does not count included."""
        return (*self.deposits, *self.remittances, *self.copies, *self.papers)

    @property
    def name(self) -> str:
        """The key of its first deposit, else of its remittance."""
        return (self.deposits or self.remittances)[0].key

    @property
    def on(self) -> date | None:
        """The date of its first deposit, else of its remittance."""
        return (self.deposits or self.remittances)[0].on

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


def match_traced(deposits: Iterable[Transfer], remittances: Iterable[Transfer]) -> list[DepositMatch]:
    """What trace numbers join."""
    return _by_trace(sorted(deposits, key=_order), _promising(remittances))


def match_left_over(deposits: Iterable[Transfer], remittances: Iterable[Transfer]) -> list[DepositMatch]:
    """What no trace number joins: by amount and date, then by the sum of a day; the rest stands alone."""
    left, copies = _apart(sorted(deposits, key=_order))
    right = _promising(remittances)
    found = []
    for step in (_by_amount, _by_day_sum):
        joined = step(left, right)
        found += joined
        taken = {one.key for match in joined for one in (*match.deposits, *match.remittances)}
        left = [one for one in left if one.key not in taken]
        right = [one for one in right if one.key not in taken]
    found += [DepositMatch(deposits=(one,), remittances=()) for one in left]
    found += [DepositMatch(deposits=(), remittances=(one,)) for one in right]
    return sorted(_with_copies(found, copies), key=_first)


def _promising(remittances: Iterable[Transfer]) -> list[Transfer]:
    return sorted((one for one in remittances if one.amount > ZERO), key=_order)


def _apart(deposits: Sequence[Transfer]) -> tuple[list[Transfer], list[Transfer]]:
    """What counts; and what was typed by hand and came as the bank's own line too: same trace number, amount, day."""
    stated = Counter(one.as_bank_says for one in deposits if not one.typed)
    kept, copies = [], []
    for one in deposits:
        if one.typed and stated[one.as_bank_says] > 0:
            stated[one.as_bank_says] -= 1
            copies.append(one)
        else:
            kept.append(one)
    return kept, copies


def _with_copies(found: Sequence[DepositMatch], copies: Sequence[Transfer]) -> list[DepositMatch]:
    """Each copy next to the first match that has the bank's line of it."""
    home: dict[tuple[str, Decimal, date | None], int] = {}
    for place, match in enumerate(found):
        for one in match.deposits:
            home.setdefault(one.as_bank_says, place)
    put: dict[int, list[Transfer]] = {}
    for copy in copies:
        put.setdefault(home[copy.as_bank_says], []).append(copy)
    return [replace(match, copies=tuple(put.get(place, ()))) for place, match in enumerate(found)]


def _first(match: DepositMatch) -> tuple[date, Decimal, str]:
    return _order((match.deposits or match.remittances)[0])


def _order(one: Transfer) -> tuple[date, Decimal, str]:
    return (one.on or date.max, one.amount, one.key)


def _by_trace(left: Sequence[Transfer], right: Sequence[Transfer]) -> list[DepositMatch]:
    """All that has one trace number, unless two senders use the same one."""
    money, advice = _grouped(left), _grouped(right)
    found = []
    for trace in sorted(money.keys() & advice.keys()):
        checks = [one for one in advice[trace] if not _typed_in_vain(one, advice[trace])]
        papers = [one for one in advice[trace] if _typed_in_vain(one, advice[trace])]
        senders = sorted({one.sender_form for one in checks})
        for sender in senders:
            of_sender = [one for one in checks if one.sender_form == sender]
            sent, copies = _apart([one for one in money[trace] if len(senders) == 1 or one.sender_form == sender])
            if sent:
                match = DepositMatch(
                    deposits=tuple(sent), remittances=tuple(of_sender), matched_by="trace", papers=tuple(papers)
                )
                found += _with_copies([match], copies)
                papers = []
    return found


def _typed_in_vain(paper: Transfer, checks: Sequence[Transfer]) -> bool:
    """Whether a remittance typed from paper has come as an 835 too: the same trace number and date."""
    return paper.typed and any(not one.typed and one.on == paper.on for one in checks)


def _grouped(transfers: Sequence[Transfer]) -> dict[str, list[Transfer]]:
    groups: dict[str, list[Transfer]] = {}
    for one in transfers:
        if one.trace_form.strip("0"):
            groups.setdefault(one.trace_form, []).append(one)
    return groups


def _by_amount(left: Sequence[Transfer], right: Sequence[Transfer]) -> list[DepositMatch]:
    """One deposit and one remittance of the same amount within a week; where several fit, none is chosen."""
    money, checks = _by_value(left), _by_value(right)
    found = []
    for one in left:
        fitting = [check for check in checks.get(one.amount, ()) if _near(one, check)]
        rivals = [other for other in money[one.amount] if fitting and _near(other, fitting[0])]
        if len(fitting) == len(rivals) == 1:
            found.append(DepositMatch(deposits=(one,), remittances=(fitting[0],), matched_by="amount and date"))
    return found


def _by_value(transfers: Sequence[Transfer]) -> dict[Decimal, list[Transfer]]:
    groups: dict[Decimal, list[Transfer]] = {}
    for one in transfers:
        groups.setdefault(one.amount, []).append(one)
    return groups


def _by_day_sum(left: Sequence[Transfer], right: Sequence[Transfer]) -> list[DepositMatch]:
    """One deposit of all checks of a day, or one remittance paid in several transfers of a day."""
    found = []
    sums = _day_sums(right)
    for money in left:
        groups = [group for group in sums.get(money.amount, ()) if _near(money, group[0])]
        if len(groups) == 1:
            found.append(DepositMatch(deposits=(money,), remittances=groups[0], matched_by="sum of a day"))
    sums = _day_sums(left)
    for check in right:
        groups = [group for group in sums.get(check.amount, ()) if _near(group[0], check)]
        if len(groups) == 1:
            found.append(DepositMatch(deposits=groups[0], remittances=(check,), matched_by="sum of a day"))
    return _disjoint(found)


def _day_sums(transfers: Sequence[Transfer]) -> dict[Decimal, list[tuple[Transfer, ...]]]:
    """The days of several transfers, by what they add up to."""
    sums: dict[Decimal, list[tuple[Transfer, ...]]] = {}
    for group in _days(transfers):
        if len(group) > 1:
            sums.setdefault(_total(group), []).append(group)
    return sums


def _days(all_of_them: Sequence[Transfer]) -> list[tuple[Transfer, ...]]:
    """What one sender sent on one day, and what all of them did."""
    groups: dict[tuple[date | None, str], list[Transfer]] = {}
    for one in all_of_them:
        groups.setdefault((one.on, one.sender_form), []).append(one)
        groups.setdefault((one.on, "all"), []).append(one)
    return list(dict.fromkeys(tuple(group) for group in groups.values()))


def _disjoint(found: Sequence[DepositMatch]) -> list[DepositMatch]:
    """Without matches that claim what another one claims too."""
    seen = Counter(one.key for match in found for one in (*match.deposits, *match.remittances))
    return [m for m in found if all(seen[one.key] == 1 for one in (*m.deposits, *m.remittances))]


def _total(group: Iterable[Transfer]) -> Decimal:
    return sum((one.amount for one in group), ZERO)


def _near(deposit: Transfer, check: Transfer) -> bool:
    return deposit.on is not None and check.on is not None and abs(deposit.on - check.on) <= WINDOW
