"""One claim of an 835: the CLP loop with its service lines, as typed values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from events.values import ZERO
from services.intake.elements import (
    LONGEST_ID,
    Segment,
    UnreadableError,
    cents,
    day,
    element,
    money,
    optional_money,
    through,
    whole,
)
from services.intake.remittance_service import ServiceReader, read_service
from services.intake.shared_segments import SOCIAL_SECURITY, Adjusted, read_adjustments

# DTM01 at a line, best first: service date, service period, statement period.
_SERVICE_DATES = {"472": 0, "150": 1, "232": 2}
_LENGTH_OF_DAY = len("CCYYMMDD")
_LARGEST_LINE = 10**9  # above it a REF*6R is somebody's tracking number and no line number


@dataclass(slots=True, kw_only=True)
class ParsedLine:
    """One SVC loop."""

    service: ServiceReader
    allowed: Decimal | None = None
    dos: str | None = None
    dos_through: str | None = None
    dos_rank: int = len(_SERVICE_DATES)
    control: str | None = None
    number: int | None = None
    adjustments: list[Adjusted] = field(default_factory=list)
    taken_off: Decimal = ZERO  # by its adjustments
    patient_part: Decimal = ZERO  # of that
    remarks: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class RemittanceClaim:
    """One CLP loop. `faults` names what was unreadable but stopped nothing."""

    claim_id: str
    status: str
    charge: Decimal
    paid: Decimal
    component: str
    patient_responsibility: Decimal | None = None
    filing_indicator: str | None = None
    payer_claim_number: str | None = None
    facility: str | None = None
    frequency: str | None = None
    allowed: Decimal | None = None
    patient_id: str | None = None
    patient_name: str | None = None
    insured_id: str | None = None
    corrected_member_id: str | None = None
    forwarded_to: str | None = None
    dates: dict[str, str] = field(default_factory=dict)
    adjustments: list[Adjusted] = field(default_factory=list)
    taken_off: Decimal = ZERO  # by its adjustments
    patient_part: Decimal = ZERO  # of that
    remarks: list[str] = field(default_factory=list)
    lines: list[ParsedLine] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def level(self) -> RemittanceClaim | ParsedLine:
        """Where a CAS or LQ belongs: the line that is open, else the claim."""
        return self.lines[-1] if self.lines else self


def read_claim(segments: list[Segment], component: str) -> RemittanceClaim:
    """A claim from its segments, CLP first. Raises UnreadableError where an amount is no number."""
    clp = segments[0]
    claim = RemittanceClaim(
        claim_id=clp[1].rstrip(" ") if len(clp) > 1 else "",
        status=element(clp, 2),
        charge=money(clp, 3),
        paid=money(clp, 4),
        component=component,
        patient_responsibility=optional_money(clp, 5),
        filing_indicator=element(clp, 6) or None,
        payer_claim_number=element(clp, 7) or None,
        facility=element(clp, 8) or None,
        frequency=element(clp, 9) or None,
    )
    if len(claim.claim_id) > LONGEST_ID:
        raise UnreadableError(f"CLP01 is longer than {LONGEST_ID} characters")
    for segment in segments:
        handler = _HANDLERS.get(segment[0])
        if handler is not None:
            handler(claim, segment)
    return claim


def _on_cas(claim: RemittanceClaim, segment: Segment) -> None:
    level, adjustments = claim.level, read_adjustments(segment)
    level.adjustments += adjustments.each
    level.taken_off += adjustments.taken_off
    if adjustments.patient_part:
        level.patient_part += adjustments.patient_part
    if adjustments.faults:
        claim.faults += adjustments.faults


def _on_svc(claim: RemittanceClaim, segment: Segment) -> None:
    service = read_service(segment, claim.component)
    if service.faults:
        claim.faults += service.faults
    claim.lines.append(ParsedLine(service=service))


def _on_dtm(claim: RemittanceClaim, segment: Segment) -> None:
    qualifier, text = element(segment, 1), element(segment, 2)
    found = day(text)
    end = through(text) if len(text) > _LENGTH_OF_DAY else None
    if found is None or (end is None and "-" in text):
        claim.faults.append(f"DTM02 after qualifier {qualifier[:3]} is not a date")
    if found is None:
        return
    if not claim.lines:
        claim.dates.setdefault(qualifier, found)
    elif qualifier in _SERVICE_DATES:
        line, rank = claim.lines[-1], _SERVICE_DATES[qualifier]
        if rank < line.dos_rank:
            line.dos, line.dos_rank, line.dos_through = found, rank, end
    elif qualifier == "151":
        claim.lines[-1].dos_through = found


def _on_ref(claim: RemittanceClaim, segment: Segment) -> None:
    if claim.lines and element(segment, 1) == "6R":
        line, control = claim.lines[-1], element(segment, 2)
        line.control = control or None
        line.number = whole(control, _LARGEST_LINE)


def _on_amt(claim: RemittanceClaim, segment: Segment) -> None:
    """AMT*B6 is a line's allowed amount, AMT*AU the claim's covered amount."""
    qualifier, text = element(segment, 1), element(segment, 2)
    if qualifier not in ("AU", "B6") or (qualifier == "AU" and claim.lines):
        return
    amount = cents(text)
    if amount is None and text:  # it only informs: the claim and its money are taken without it
        claim.faults.append(f"AMT02 after qualifier {qualifier} is not an amount in whole cents")
    if claim.lines:
        claim.lines[-1].allowed = amount
    else:
        claim.allowed = amount


def _on_lq(claim: RemittanceClaim, segment: Segment) -> None:
    code = element(segment, 2)
    if element(segment, 1) == "HE" and code and code not in claim.level.remarks:
        claim.level.remarks.append(code)


def _on_moa(claim: RemittanceClaim, segment: Segment) -> None:
    _remark(claim, segment, (3, 4, 5, 6, 7))


def _on_mia(claim: RemittanceClaim, segment: Segment) -> None:
    _remark(claim, segment, (5, 20, 21, 22, 23))


def _remark(claim: RemittanceClaim, segment: Segment, places: tuple[int, ...]) -> None:
    for at in places:
        code = element(segment, at)
        if code and code not in claim.remarks:
            claim.remarks.append(code)


def _on_nm1(claim: RemittanceClaim, segment: Segment) -> None:
    """The patient's name and the member ids; other names stay in the raw file."""
    who = element(segment, 1)
    if who not in _READ_NAMES:
        return
    if who == "QC" and element(segment, 3):
        claim.patient_name = ", ".join(filter(None, (element(segment, 3), element(segment, 4))))
    identifier = element(segment, 9)
    if who == "TT":
        claim.forwarded_to = identifier or element(segment, 3) or None
    if identifier and element(segment, 8) != SOCIAL_SECURITY:
        if who == "QC":
            claim.patient_id = identifier
        elif who == "74":
            claim.corrected_member_id = identifier
        elif who == "IL":
            claim.insured_id = identifier


_READ_NAMES = ("QC", "TT", "74", "IL")
_HANDLERS: dict[str, Callable[[RemittanceClaim, Segment], None]] = {
    "CAS": _on_cas,
    "SVC": _on_svc,
    "DTM": _on_dtm,
    "REF": _on_ref,
    "AMT": _on_amt,
    "LQ": _on_lq,
    "NM1": _on_nm1,
    "MOA": _on_moa,
    "MIA": _on_mia,
}
