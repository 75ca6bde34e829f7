"""Each billed line with everything the payers said of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from events.adjustment import Adjustment
from events.values import ZERO
from projections.claims.entries import effective_entries
from projections.claims.state import Account, Entry, EntryLine, Line, LineState
from projections.history import EventId
from projections.rules.adjustments import patient_owed
from projections.tables.vocabulary import LineStatus


@dataclass(kw_only=True)
class UnansweredLine:
    """`paid` as the payer states it for the line; `net`: after what it adjusted on the claim as a whole."""

    number: int
    procedure: str
    modifiers: tuple[str, ...]
    units: Decimal
    charge: Decimal
    dos: date | None
    allowed: Decimal = ZERO
    paid: Decimal = ZERO
    net: Decimal = ZERO
    patient: Decimal = ZERO
    adjustments: list[Adjustment] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    answered_by: set[tuple[str, EventId]] = field(default_factory=set)
    denied: bool = False
    answered: bool = False

    def close(self, fallback: LineStatus) -> LineState:
        return LineState(
            number=self.number,
            procedure=self.procedure,
            modifiers=self.modifiers,
            units=self.units,
            charge=self.charge,
            dos=self.dos,
            allowed=self.allowed,
            paid=self.paid,
            patient_responsibility=self.patient,
            adjustments=tuple(self.adjustments),
            remark_codes=tuple(dict.fromkeys(self.remarks)),
            status=self._status(fallback),
        )

    def _status(self, fallback: LineStatus) -> LineStatus:
        if not self.answered:
            return fallback
        if self.denied and self.net <= ZERO:  # a refusal next to a payment that counts takes nothing back
            return LineStatus.DENIED
        return LineStatus.PATIENT_DUE if self.net == ZERO and self.patient > ZERO else LineStatus.PAID


def line_states(accounts: Sequence[Account], fallback: LineStatus) -> tuple[LineState, ...]:
    """Billed lines in their order, then answered lines nobody billed. `fallback`: status of an unanswered line."""
    lines = [_open(line) for line in billed_lines(accounts)]
    effective = [(account, effective_entries(account.entries)) for account in accounts]
    first = next((account for account, entries in effective if entries), None)
    for account, entries in effective:
        # What is in effect makes the lines; what was undone or is a lone reversal then finds its place among them.
        # A reversal of what was never seen here is in none of them.
        told = [e for e in entries if e.undone or e.counts]
        for entry in sorted(told, key=lambda e: e.undone or e.is_reversal):
            for answered in entry.lines:
                line = _place(lines, answered, entry, account)
                line.allowed += (
                    answered.allowed if account is first else ZERO
                )  # the others state the same dollars again
                _answer(line, answered, entry, account)
    return tuple(line.close(fallback) for line in sorted(lines, key=lambda line: line.number))


def billed_lines(accounts: Iterable[Account]) -> tuple[Line, ...]:
    """The lines as last billed, to the first payer that was billed any."""
    return next((account.billed_lines for account in accounts if account.billed), ())


def _open(line: Line) -> UnansweredLine:
    return UnansweredLine(
        number=line.number,
        procedure=line.procedure,
        modifiers=line.modifiers,
        units=line.units,
        charge=line.charge,
        dos=line.dos,
    )


def _place(lines: list[UnansweredLine], answered: EntryLine, entry: Entry, account: Account) -> UnansweredLine:
    """The line this answer belongs to; a new one where none fits."""
    mark = (account.payer_id, entry.event)
    free = [line for line in lines if mark not in line.answered_by]
    for line in free:
        if answered.line is not None and line.number == answered.line and _same_service(line, answered):
            return line
    if answered.line is None or not any(line.number == answered.line for line in lines):
        for line in free:
            if _same_service(line, answered) and (line.charge, line.dos) == (abs(answered.charge), answered.dos):
                return line
    number = answered.line
    if number is None or any(line.number == number for line in lines):
        number = max((line.number for line in lines), default=0) + 1
    sign = -1 if entry.is_reversal else 1
    units = next((told for told in (answered.units_billed, answered.units) if told is not None), Decimal(1))
    new = UnansweredLine(
        number=number,
        procedure=answered.procedure,
        modifiers=answered.modifiers,
        units=units,
        charge=sign * answered.charge,
        dos=answered.dos,
    )
    lines.append(new)
    return new


def _same_service(line: UnansweredLine, answered: EntryLine) -> bool:
    return line.procedure in (answered.procedure, answered.submitted_procedure) or answered.line == line.number


def _answer(line: UnansweredLine, answered: EntryLine, entry: Entry, account: Account) -> None:
    line.paid += answered.paid
    line.net += answered.paid if answered.net is None else answered.net
    if entry.undone:
        return
    line.answered_by.add((account.payer_id, entry.event))
    line.answered = True
    share = patient_owed((*answered.adjustments, *answered.laid))
    line.patient = line.patient + share if account.sequence == "P" else share
    line.denied = answered.denied if not entry.is_reversal else line.denied
    line.adjustments.extend(answered.adjustments)
    line.remarks.extend(answered.remark_codes)
