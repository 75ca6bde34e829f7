"""What of a payer's answers still takes something off where several of them refer to the same line.

A corrected remittance may come before the reversal of the first one, or without it. What was paid has been paid twice
then; but what comes off by contract, and what the patient owes, is what the newest answer says, once. Answers that
share a charge between them, as those to a split claim do, all count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from events.adjustment import Adjustment
from events.values import ZERO
from projections.claims.entry_sums import as_moved
from projections.claims.state import Account, Entry, EntryLine, Line, LineKey
from projections.rules.adjustments import patient_owed

LinePlace = tuple[int, int]  # of an answered line: its entry, and its place in it
WHOLE: LineKey = ("whole claim",)


class Counted(NamedTuple):
    """An answer with what of it counts."""

    entry: Entry
    adjustments: tuple[Adjustment, ...]
    patient_responsibility: Decimal


class _Spoken(NamedTuple):
    key: LineKey
    charge: Decimal
    denied: bool
    place: LinePlace


def counted(entries: Sequence[Entry], billed: Sequence[Line], charge: Decimal) -> list[Counted]:
    """Every answer in its order. Of what was taken back, and of what took it back, only what was paid counts.

    A line that the payer added, for which the charge has no room, counts with what was paid for it alone.
    """
    spoken = _spoken([(n, e) for n, e in enumerate(entries) if e.stands])
    past: set[LinePlace] = set()
    if len({s.key for s in spoken}) < len(spoken):  # some line was answered twice
        room = {(line.number,): line.charge for line in billed} | {WHOLE: charge}
        past = _outdated(spoken, room)
    past |= _added(spoken, billed, charge)
    return [_counted(entry, {line for e, line in past if e == place}) for place, entry in enumerate(entries)]


def as_stated(entries: Iterable[Entry]) -> list[Counted]:
    """Every answer with all it says, where nothing is known of what was billed."""
    return [_counted(entry, set()) for entry in entries]


def _added(spoken: Sequence[_Spoken], billed: Sequence[Line], charge: Decimal) -> set[LinePlace]:
    """Answered lines that were never billed, beyond what of the charge the billed lines leave."""
    numbers = {(line.number,): line.charge for line in billed}
    extra = [one for one in spoken if one.key not in numbers and one.key != WHOLE]
    if not numbers or not extra:
        return set()
    answered = {one.key for one in spoken}
    left = charge - sum((amount for key, amount in numbers.items() if key in answered), ZERO)
    added: set[LinePlace] = set()
    for one in sorted(extra, key=lambda s: s.place):
        if one.charge <= left:
            left -= one.charge
        else:
            added.add(one.place)
    return added


def denies_still(account: Account) -> bool:
    """Whether a denial is in effect that no later answer replaced."""
    standing = account.standing_entries
    return any(
        entry.is_denial and not is_overtaken(entry, standing[place + 1 :]) for place, entry in enumerate(standing)
    )


def is_overtaken(entry: Entry, later: Sequence[Entry]) -> bool:
    """Whether later answers refer to all that this one referred to."""
    if any(answers_whole(other, entry) for other in later):
        return True
    return bool(entry.lines) and answered_lines([entry]) <= answered_lines(later)


def answers_whole(later: Entry, entry: Entry) -> bool:
    """Whether two answers are about the same charge, and one of them of the claim as a whole, without its lines."""
    return later.charge == entry.charge and not (later.lines and entry.lines)


def answered_lines(entries: Iterable[Entry]) -> frozenset[LineKey]:
    return frozenset(line.key for entry in entries for line in entry.lines)


def _spoken(standing: Sequence[tuple[int, Entry]]) -> list[_Spoken]:
    if all(entry.lines for _, entry in standing):
        return [
            _Spoken(line.key, abs(line.charge), line.denied, (place, number))
            for place, entry in standing
            for number, line in enumerate(entry.lines)
        ]
    return [_Spoken(WHOLE, abs(entry.charge), entry.is_denial, (place, 0)) for place, entry in standing]


def _outdated(spoken: Iterable[_Spoken], room: dict[LineKey, Decimal]) -> set[LinePlace]:
    """The newest answer counts, an older one where it leaves room; a refusal next to a payment changes nothing."""
    first: dict[LineKey, int] = {}
    outdated: set[LinePlace] = set()
    for one in sorted(spoken, key=lambda s: (s.denied, -s.place[0], s.place[1])):
        left = room.get(one.key, one.charge)
        if first.setdefault(one.key, one.place[0]) != one.place[0] and one.charge > left:
            outdated.add(one.place)
        else:
            room[one.key] = left - one.charge
    return outdated


def _counted(entry: Entry, past: set[int]) -> Counted:
    if not entry.counts:
        return Counted(entry, (), ZERO)
    if not past:
        return Counted(entry, all_adjustments(entry), entry.patient_share)
    if len(past) >= len(entry.lines):
        return Counted(entry, (), ZERO)
    gone = sum((patient_owed(line.adjustments) for n, line in enumerate(entry.lines) if n in past), ZERO)
    kept = [a for n, line in enumerate(entry.lines) if n not in past for a in _of_line(line)]
    return Counted(entry, (*entry.adjustments, *kept), max(entry.patient_share - gone, ZERO))


def all_adjustments(entry: Entry) -> tuple[Adjustment, ...]:
    return (*entry.adjustments, *(a for line in entry.lines for a in _of_line(line)))


def _of_line(line: EntryLine) -> tuple[Adjustment, ...]:
    return as_moved(line.adjustments) if line.rolled else line.adjustments
