"""What reversals took back, by their effect.

A reversal (CLP02 22, 005010X221A1 §1.10.2.8) should be the mirror of one payment. Where it is not, its effect decides:
it may take back some lines of a payment, state other cents than were paid, or state neither adjustments nor lines.
What it took back is cut out of the payment, as its own piece; the rest of the payment counts. Whatever takes back
a payment that was never seen here is kept apart: it lowers no balance and no threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from events.adjustment import Adjustment
from events.values import ZERO
from projections.claims.state import Entry, EntryLine
from projections.rules.adjustments import patient_owed


@dataclass
class _Ledger:
    """Entries in business order, each with the pieces it was cut into so far."""

    pieces: list[list[Entry]]
    reversed_once: list[Entry] = field(default_factory=list)  # payments as they were when they were taken back

    def standing(self) -> list[tuple[int, int, Entry]]:
        """What can still be taken back: place of the entry, place of the piece, the piece."""
        return [
            (place, number, piece)
            for place, pieces in enumerate(self.pieces)
            for number, piece in enumerate(pieces)
            if piece.stands
        ]


def apply_reversals(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with all that was taken back marked `undone`, whichever of the two came first."""
    ledger = _Ledger([[entry] for entry in entries])
    later: list[int] = []
    for place, entry in enumerate(entries):
        if entry.is_reversal and not _mirrored(ledger, place):
            later.append(place)
    for place in later:
        _take_back(ledger, place)
    return [piece for pieces in ledger.pieces for piece in pieces]


def _mirrored(ledger: _Ledger, place: int) -> bool:
    """Takes back the payment that this reversal mirrors to the cent, if one is there."""
    reversal = ledger.pieces[place][0]
    found = [one for one in ledger.standing() if _amounts(one[2]) == _amounts(reversal)]
    if not found:
        return False
    _undo(ledger, place, _choose(reversal, found))
    return True


def _take_back(ledger: _Ledger, place: int) -> None:
    reversal = ledger.pieces[place][0]
    standing = ledger.standing()
    if any(_amounts(old) == _amounts(reversal) for old in ledger.reversed_once):
        standing = []  # the very same reversal a second time takes nothing back
    same = [one for one in standing if abs(one[2].charge) == abs(reversal.charge) and _same_lines(one[2], reversal)]
    if same:
        closest = min(abs(one[2].paid + reversal.paid) for one in same)
        _undo(ledger, place, _choose(reversal, [one for one in same if abs(one[2].paid + reversal.paid) == closest]))
        return
    rest = _cut_lines(ledger, reversal, standing)
    if rest is None:
        return
    lowers = _lowers(rest, [one[2] for one in ledger.standing()]) if standing else False
    rest = replace(rest, applied=True) if lowers else replace(rest, unpaired=min(rest.paid, ZERO))
    ledger.pieces[place] = [*(piece for piece in ledger.pieces[place] if piece.undone), rest]


def _lowers(reversal: Entry, standing: Sequence[Entry]) -> bool:
    """Whether what is in effect holds all that is taken back, though no line or payment is taken back as a whole."""
    if not reversal.lines:
        paid, charge = _sum(entry.paid for entry in standing), _sum(entry.charge for entry in standing)
        return paid >= -reversal.paid and charge >= abs(reversal.charge)
    lines = [line for entry in standing for line in entry.lines]
    return all(any(_holds(line, back) for line in lines) for back in reversal.lines)


def _holds(line: EntryLine, back: EntryLine) -> bool:
    if line.line is None or line.line != back.line:
        return False
    return line.charge > abs(back.charge) and line.paid >= -back.paid and line.allowed >= -back.allowed


def _amounts(entry: Entry) -> tuple[Decimal, Decimal]:
    return (abs(entry.charge), abs(entry.paid))


def _same_lines(entry: Entry, reversal: Entry) -> bool:
    """Whether the reversal refers to the whole entry: of all its lines, or of none."""
    if not entry.lines or not reversal.lines:
        return True
    return len(reversal.lines) == len(entry.lines)


def _choose(reversal: Entry, found: Sequence[tuple[int, int, Entry]]) -> tuple[int, int, Entry]:
    """The one with the payer's same claim number, the earliest notice that is not later than the reversal."""
    same = [one for one in found if one[2].payer_claim_number == reversal.payer_claim_number] or found
    earlier = [one for one in same if one[2].notice_date <= reversal.notice_date]
    return min(earlier, key=lambda one: (one[2].notice_date, one[0], one[1])) if earlier else same[0]


def _undo(ledger: _Ledger, place: int, target: tuple[int, int, Entry]) -> None:
    """Takes a whole piece back. More taken than was paid is kept apart."""
    at, number, entry = target
    reversal = ledger.pieces[place][0]
    ledger.reversed_once.append(entry)
    ledger.pieces[at][number] = replace(entry, undone=True)
    ledger.pieces[place] = [_mirror(entry, reversal)]


def _mirror(entry: Entry, reversal: Entry) -> Entry:
    """The reversal as the mirror of what it took back; what it paid back stays as stated."""
    stated = _line_payments(entry, reversal)
    lines = tuple(_mirror_line(line, paid) for line, paid in zip(entry.lines, stated, strict=True))
    return replace(
        reversal,
        undone=True,
        charge=-entry.charge,
        allowed=-entry.allowed,
        lines=lines or reversal.lines,
        patient_responsibility=-entry.patient_responsibility,
        patient_share=-entry.patient_share,
        adjustments=_negated(entry.adjustments),
        unpaired=min(entry.paid + reversal.paid, ZERO),
    )


def _line_payments(entry: Entry, reversal: Entry) -> list[Decimal]:
    """What the reversal took from each line of the entry; of one without lines, all that was paid for it."""
    if len(reversal.lines) != len(entry.lines):
        return [-line.paid for line in entry.lines]
    left = list(reversal.lines)
    found = []
    for line in entry.lines:
        match = next((one for one in left if _same_service(line, one)), left[0])
        left.remove(match)
        found.append(match.paid)
    return found


def _mirror_line(line: EntryLine, paid: Decimal) -> EntryLine:
    net = None if line.net is None else -line.net
    return replace(
        line,
        charge=-line.charge,
        paid=paid,
        allowed=-line.allowed,
        adjustments=_negated(line.adjustments),
        laid=_negated(line.laid),
        net=net,
        denied=False,
        cut=ZERO,
        allowed_stated=None if line.allowed_stated is None else -line.allowed_stated,
    )


def _negated(adjustments: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    return tuple(a.model_copy(update={"amount": -a.amount}) for a in adjustments)


def _same_service(line: EntryLine, reversed_line: EntryLine) -> bool:
    if abs(line.charge) != abs(reversed_line.charge):
        return False
    if line.line is not None and reversed_line.line is not None:
        return line.line == reversed_line.line
    codes = {line.procedure, line.submitted_procedure} - {None}
    return reversed_line.procedure in codes and reversed_line.dos in (None, line.dos)


def _cut_lines(ledger: _Ledger, reversal: Entry, standing: Sequence[tuple[int, int, Entry]]) -> Entry | None:
    """Cuts the lines that the reversal names out of what is in effect.

    Returns what of it found no line, None for nothing.
    """
    place = next(place for place, pieces in enumerate(ledger.pieces) if pieces[0] is reversal)
    done: list[Entry] = []
    rest = reversal
    for at, number, _ in sorted(standing, key=lambda one: _preference(reversal, one)):
        pairs = _pairs(ledger.pieces[at][number], rest)
        if not pairs:
            continue
        whole = ledger.pieces[at][number]
        taken, kept = _split(whole, [line for line, _ in pairs])
        back, rest_or_none = _split_reversal(rest, [back for _, back in pairs])
        ledger.pieces[at][number] = replace(taken, undone=True)
        if kept is not None:
            ledger.pieces[at].append(kept)
        done.append(_mirror(taken, back))
        if rest_or_none is None:
            ledger.pieces[place] = done
            return None
        rest = rest_or_none
    if done:
        ledger.pieces[place] = [*done, rest]
    return rest


def _preference(reversal: Entry, one: tuple[int, int, Entry]) -> tuple[bool, bool, int, int]:
    at, number, entry = one
    return (
        entry.payer_claim_number != reversal.payer_claim_number,
        entry.notice_date > reversal.notice_date,
        at,
        number,
    )


def _pairs(entry: Entry, reversal: Entry) -> list[tuple[EntryLine, EntryLine]]:
    """Lines of the entry with what takes each back. A reversal without lines names the one line of its amounts."""
    if not reversal.lines:
        return _by_amounts(entry, reversal)
    free = list(entry.lines)
    found = []
    for back in reversal.lines:
        fits = [line for line in free if _same_service(line, back)]
        exact = [line for line in fits if line.paid == -back.paid] or fits
        if exact:
            free.remove(exact[0])
            found.append((exact[0], back))
    return found


def _by_amounts(entry: Entry, reversal: Entry) -> list[tuple[EntryLine, EntryLine]]:
    same = [line for line in entry.lines if (line.charge, line.paid) == _amounts(reversal)]
    if len(same) != 1 or len(entry.lines) == 1:
        return []
    return [(same[0], _mirror_line(same[0], -same[0].paid))]


def _split(entry: Entry, lines: Sequence[EntryLine]) -> tuple[Entry, Entry | None]:
    """The piece of these lines, and the rest of the entry; what is adjusted on the whole claim stays with the rest."""
    if len(lines) == len(entry.lines):
        return entry, None
    taken = replace(
        entry,
        lines=tuple(lines),
        charge=_sum(line.charge for line in lines),
        paid=_sum(line.paid for line in lines),
        allowed=_sum(line.allowed for line in lines),
        adjustments=(),
        patient_responsibility=_sum(patient_owed(line.adjustments) for line in lines),
        patient_share=_sum(patient_owed(line.adjustments) for line in lines),
    )
    gone = {id(line) for line in lines}
    kept = replace(
        entry,
        lines=tuple(line for line in entry.lines if id(line) not in gone),
        charge=entry.charge - taken.charge,
        paid=entry.paid - taken.paid,
        allowed=entry.allowed - taken.allowed,
        patient_responsibility=entry.patient_responsibility - taken.patient_responsibility,
        patient_share=entry.patient_share - taken.patient_share,
    )
    return taken, kept


def _split_reversal(reversal: Entry, lines: Sequence[EntryLine]) -> tuple[Entry, Entry | None]:
    """The piece that takes these lines back, and the rest of the reversal."""
    if len(lines) >= len(reversal.lines):
        return reversal, None
    taken, kept = _split(reversal, lines)
    return taken, kept


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
