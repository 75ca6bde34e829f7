"""The head of an 835: what was paid, by whom, to whom, and what makes this remittance itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from events.remittance import RemittanceRef, made_key
from services.intake.elements import Segment, cents, element, is_blank_id, name_of, stated_day

_PAYER, _PAYEE = "PR", "PE"
PRENOTIFICATION = "P"  # BPR01


@dataclass(slots=True)
class Party:
    name: str = ""
    number: str = ""
    other: dict[str, str] = field(default_factory=dict)  # REF qualifier -> value


@dataclass(slots=True, kw_only=True)
class RemittanceHeader:
    """BPR, TRN, DTM*405, N1*PR and N1*PE with their REF. What comes first counts; repetitions change nothing."""

    amount: Decimal | None = None
    handling: str = ""  # BPR01
    method: str = ""
    dates: dict[str, str] = field(default_factory=dict)
    trace: str = ""
    originator: str = ""  # TRN03, else BPR10
    parties: dict[str, Party] = field(default_factory=dict)
    entity: str = ""  # whose N1 loop is open
    faults: list[str] = field(default_factory=list)

    def take(self, segment: Segment) -> None:
        handler = _HANDLERS.get(segment[0])
        if handler is not None:
            handler(self, segment)

    @property
    def payer(self) -> Party:
        return self.parties.get(_PAYER) or Party()

    @property
    def payee(self) -> str:
        """The NPI in N104; else whatever number or name the payee has."""
        party = self.parties.get(_PAYEE) or Party()
        return party.number or party.other.get("PQ") or party.other.get("TJ") or party.name

    @property
    def payer_id(self) -> str:
        return self.payer.number or self.payer.other.get("2U") or self.originator or self.payer.name

    @property
    def payment_date(self) -> str | None:
        """BPR16, else the production date DTM*405."""
        return self.dates.get("BPR") or self.dates.get("405")

    @property
    def has_own_identity(self) -> bool:
        """Payer, trace, date and amount distinguish remittances, unless nothing was paid or the trace is missing."""
        return bool(self.amount and not is_blank_id(self.trace) and self.payment_date)

    @property
    def is_prenotification(self) -> bool:
        """BPR01 P announces a transfer to come: no money moves."""
        return self.handling == PRENOTIFICATION

    def key(self, content: str = "") -> str:
        """The remittance's identity; never its file, ISA13 or ST02, which change when it is sent again."""
        remit = RemittanceRef(
            payer_identifier=self.originator or self.payer_id,
            trace_number=self.trace,
            total_paid=self.amount,
            payment_date=self.payment_date,
            payee=self.payee,
        )
        return made_key(remit, f"prenotification {content}" if self.is_prenotification else content)

    def reference(self, key: str) -> dict[str, Any]:
        """The `remit` of every event of this remittance."""
        fields = {
            "key": key,
            "trace_number": self.trace or None,
            "payer_identifier": self.originator or None,
            "payment_date": self.payment_date,
            "total_paid": None if self.amount is None else str(self.amount),
            "payee": self.payee or None,
        }
        return {name: value for name, value in fields.items() if value is not None}


def _on_bpr(header: RemittanceHeader, segment: Segment) -> None:
    if header.method or header.amount is not None:
        return
    header.handling = element(segment, 1).upper()
    header.amount, header.method = cents(element(segment, 2)), element(segment, 4)
    if header.amount is None:
        header.faults.append("BPR02 is not an amount; the remittance cannot be balanced")
    header.originator = header.originator or name_of(segment, 10, header.faults)
    if found := stated_day(segment, 16, header.faults):
        header.dates["BPR"] = found


def _on_trn(header: RemittanceHeader, segment: Segment) -> None:
    if not header.trace:
        header.trace = name_of(segment, 2, header.faults)
        header.originator = name_of(segment, 3, header.faults) or header.originator


def _on_dtm(header: RemittanceHeader, segment: Segment) -> None:
    if found := stated_day(segment, 2, header.faults, f" after qualifier {element(segment, 1)[:3]}"):
        header.dates.setdefault(element(segment, 1), found)


def _on_n1(header: RemittanceHeader, segment: Segment) -> None:
    header.entity = element(segment, 1)
    header.parties.setdefault(header.entity, _party(header, segment, 2, 4))


def _party(header: RemittanceHeader, segment: Segment, name: int, number: int) -> Party:
    return Party(name_of(segment, name, header.faults), name_of(segment, number, header.faults))


def _on_nm1(header: RemittanceHeader, segment: Segment) -> None:
    """Not in the guide at this place, but some senders write the payer and payee so."""
    header.entity = element(segment, 1)
    if header.entity in (_PAYER, _PAYEE):
        header.parties.setdefault(header.entity, _party(header, segment, 3, 9))


def _on_ref(header: RemittanceHeader, segment: Segment) -> None:
    if header.entity in header.parties:
        header.parties[header.entity].other.setdefault(element(segment, 1), name_of(segment, 2, header.faults))


_HANDLERS: dict[str, Callable[[RemittanceHeader, Segment], None]] = {
    "BPR": _on_bpr,
    "TRN": _on_trn,
    "DTM": _on_dtm,
    "N1": _on_n1,
    "NM1": _on_nm1,
    "REF": _on_ref,
}
