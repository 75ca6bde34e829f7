"""What of a payer's answers still takes something off where several of them speak of the same line.

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
from projections.claims.state import Account, Entry, Line, LineKey
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
    """Every answer in its order. Reversals, and what they undid, count as stated: they cancel each other."""
    spoken = _spoken([(n, e) for n, e in enumerate(entries) if e.stands])
    if len({s.key for s in spoken}) == len(spoken):  # no line was answered twice
        return [Counted(entry, all_adjustments(entry), entry.patient_responsibility) for entry in entries]
    room = {(line.number,): line.charge for line in billed} | {WHOLE: charge}
    past = _outdated(spoken, room)
    return [_counted(entry, {line for e, line in past if e == place}) for place, entry in enumerate(entries)]


def denies_still(account: Account) -> bool:
    """Whether a denial stands that no later answer overtook."""
    standing = account.standing_entries
    return any(
        entry.kind == "denial" and not is_overtaken(entry, standing[place + 1 :])
        for place, entry in enumerate(standing)
    )


def is_overtaken(entry: Entry, later: Sequence[Entry]) -> bool:
    """Whether later answers speak of all that this one spoke of."""
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
    return [_Spoken(WHOLE, abs(entry.charge), entry.kind == "denial", (place, 0)) for place, entry in standing]


def _outdated(spoken: Iterable[_Spoken], room: dict[LineKey, Decimal]) -> set[LinePlace]:
    """The newest answer counts, an older one where it leaves room; a refusal beside a payment changes nothing."""
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
    if not past:
        return Counted(entry, all_adjustments(entry), entry.patient_responsibility)
    if len(past) >= len(entry.lines):
        return Counted(entry, (), ZERO)
    gone = sum((patient_owed(line.adjustments) for n, line in enumerate(entry.lines) if n in past), ZERO)
    kept = [a for n, line in enumerate(entry.lines) if n not in past for a in line.adjustments]
    return Counted(entry, (*entry.adjustments, *kept), max(entry.patient_responsibility - gone, ZERO))


def all_adjustments(entry: Entry) -> tuple[Adjustment, ...]:
    return (*entry.adjustments, *(a for line in entry.lines for a in line.adjustments))
