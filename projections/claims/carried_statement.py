"""An open claim as the system used before stated it, as of a day.

It is a statement, no movement: what payers and people did up to its day is contained in it and never added to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from events.claim import ClaimCarriedOver
from events.values import ZERO
from projections.history import EventId, LoggedEvent, stated_day
from projections.terms.terms_in_force import Reference

PATIENT = "patient"
_DENIED, _REJECTED = "den", "rej"  # how the words of a status begin: denied, denial; rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The statement in effect. Amounts in dollars; `as_of` is its day, `time` when it reached us.

    `anchors`: the balance counts from it, since the files up to its day do not give the same amounts. `differences`:
    where they say something else, in words with both figures; empty where they say nothing.
    """

    event: EventId
    time: datetime
    as_of: date
    payer_id: str
    stated_payer_id: str
    payer_sequence: str
    dos: date
    charge: Decimal
    paid: Decimal
    adjusted: Decimal | None
    patient_paid: Decimal
    balance: Decimal
    owned_by_patient: bool
    sent_on: date | None
    denied_on: date | None
    status: str | None
    note: str | None
    source_row: str
    anchors: bool = True
    differences: tuple[str, ...] = ()

    @property
    def payer_balance(self) -> Decimal:
        return ZERO if self.owned_by_patient else self.balance

    @property
    def patient_balance(self) -> Decimal:
        return self.balance if self.owned_by_patient else ZERO

    @property
    def patient_share(self) -> Decimal:
        """What was laid on the patient: what the patient paid, and still owes."""
        return self.patient_paid + self.patient_balance

    @property
    def taken_off(self) -> Decimal:
        """What came off the charge for good: as stated, never more than the other amounts leave room for."""
        room = max(self.charge - self.paid - self.patient_paid - self.balance, ZERO)
        return room if self.adjusted is None else min(self.adjusted, room)

    @property
    def unexplained(self) -> Decimal:
        """What the stated amounts leave of the charge; zero where the statement comes out, or names no adjustments."""
        if self.adjusted is None:
            return ZERO
        return self.charge - self.paid - self.adjusted - self.patient_paid - self.balance

    @property
    def was_decided(self) -> bool:
        """Whether the payer had decided: so it had the claim."""
        return self.paid > ZERO or self.denied_on is not None or self.called(_DENIED)

    @property
    def was_denied(self) -> bool:
        return self.denied_on is not None or self.called(_DENIED)

    @property
    def was_rejected(self) -> bool:
        return self.called(_REJECTED)

    def called(self, opening: str) -> bool:
        """Whether its status word begins so: every system has its own words."""
        return any(word.lower().startswith(opening) for word in (self.status or "").split())


def carried_statement(history: Iterable[LoggedEvent], reference: Reference) -> Carried | None:
    """The newest statement, by its day, then by when it came; None where the claim was never carried over."""
    stated = [event for event in history if isinstance(event.data, ClaimCarriedOver)]
    return _read(stated[-1], reference) if stated else None


def contained(history: Iterable[LoggedEvent], as_of: date, zone: ZoneInfo) -> list[LoggedEvent]:
    """What files and people say up to the day of a statement."""
    return [e for e in history if not isinstance(e.data, ClaimCarriedOver) and stated_day(e, zone) <= as_of]


def _read(event: LoggedEvent, reference: Reference) -> Carried:
    data: ClaimCarriedOver = event.data
    return Carried(
        event=event.name,
        time=event.time,
        as_of=data.as_of,
        payer_id=reference.payer(data.payer_id, data.payer_name or data.payer_id),
        stated_payer_id=data.payer_id,
        payer_sequence=data.payer_sequence,
        dos=data.dos,
        charge=data.charge,
        paid=data.paid,
        adjusted=data.adjusted,
        patient_paid=data.patient_paid or ZERO,
        balance=data.balance,
        owned_by_patient=data.owner == PATIENT,
        sent_on=data.sent_on,
        denied_on=data.denied_on,
        status=data.status,
        note=data.note,
        source_row=data.source_row,
    )
