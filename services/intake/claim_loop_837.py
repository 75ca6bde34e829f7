"""One claim of an 837P: the CLM loop with its service lines and other payers, as typed values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from events.values import ZERO
from services.intake.elements import (
    LONGEST_ID,
    Segment,
    UnreadableError,
    composite,
    day,
    element,
    money,
    optional_money,
    quantity,
    through,
    whole,
)
from services.intake.shared_segments import Adjusted, procedure, read_adjustments

_DIAGNOSES = frozenset({"ABK", "ABF", "BK", "BF"})
_LARGEST_LINE = 10**6
_SERVICE_FACILITY = "77"  # NM101
_SOCIAL_SECURITY = "34"  # NM108; such a number is no member id and is not carried on
# Claim dates that may serve for a line without its own: service, statement, and as a last resort onset of illness.
_CLAIM_DATES = ("472", "434", "431")
_OTHER_KINDS = {"SV2": "an institutional", "SV3": "a dental"}


@dataclass(slots=True, kw_only=True)
class PriorLine:
    """One SVD: what an earlier payer paid on a line."""

    payer_id: str
    line: int
    paid: Decimal | None
    adjustments: list[Adjusted] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class OtherPayer:
    """One 2320 loop: another payer of the same claim."""

    sequence: str
    filing_indicator: str
    payer_id: str = ""
    name: str = ""
    member_id: str = ""
    paid: Decimal | None = None
    adjustments: list[Adjusted] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ServiceLine837:
    """One SV1."""

    number: int
    procedure: str
    modifiers: tuple[str, ...]
    charge: Decimal
    units: str
    unit_basis: str
    place_of_service: str
    dos: str | None = None
    dos_through: str | None = None
    dos_assumed: bool = False
    control: str | None = None
    rendering_npi: str | None = None


@dataclass(slots=True, kw_only=True)
class Claim837:
    """One CLM loop. `faults` names what was unreadable but stopped nothing."""

    claim_id: str
    charge: Decimal
    place_of_service: str
    frequency: str
    component: str
    original_reference: str | None = None
    rendering_npi: str | None = None
    service_state: str = ""  # of the service facility (2310C), where it is another place than the billing address
    entity: str = ""  # NM101 of the name read last
    dates: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    diagnoses: list[str] = field(default_factory=list)
    lines: list[ServiceLine837] = field(default_factory=list)
    others: list[OtherPayer] = field(default_factory=list)
    prior_lines: list[PriorLine] = field(default_factory=list)
    next_line: int | None = None  # LX01 of the line about to begin
    faults: list[str] = field(default_factory=list)

    @property
    def lines_total(self) -> Decimal:
        return sum((line.charge for line in self.lines), ZERO)


def read_claim(segments: list[Segment], component: str) -> Claim837:
    """A claim from its segments, CLM first. Raises UnreadableError."""
    clm = segments[0]
    place = [*composite(element(clm, 5), component), "", "", ""]
    claim = Claim837(
        claim_id=clm[1].rstrip(" ") if len(clm) > 1 else "",
        charge=money(clm, 2),
        place_of_service=place[0].strip(),
        frequency=place[2].strip() or "1",
        component=component,
    )
    if len(claim.claim_id) > LONGEST_ID:
        raise UnreadableError(f"CLM01 is longer than {LONGEST_ID} characters")
    for segment in segments:
        handler = _HANDLERS.get(segment[0])
        if handler is not None:
            handler(claim, segment)
    for line in claim.lines:
        _date_line(claim, line)
    return claim


def _date_line(claim: Claim837, line: ServiceLine837) -> None:
    """A line without a date of service takes the claim's."""
    if line.dos is not None:
        return
    for qualifier in _CLAIM_DATES:
        if qualifier in claim.dates:
            line.dos, line.dos_through = claim.dates[qualifier]
            line.dos_assumed = qualifier != _CLAIM_DATES[0]
            return
    raise UnreadableError(f"line {line.number} has no date of service (DTP*472)")


def _on_lx(claim: Claim837, segment: Segment) -> None:
    claim.next_line = whole(element(segment, 1), _LARGEST_LINE)
    if claim.next_line is None and element(segment, 1):
        claim.faults.append("LX01 is not a line number; lines are counted instead")


def _on_sv1(claim: Claim837, segment: Segment) -> None:
    """A service line; several may follow one LX, or none, and are counted on."""
    taken = {line.number for line in claim.lines}
    place = claim.next_line if claim.next_line is not None and claim.next_line not in taken else None
    code, modifiers = procedure(element(segment, 1), claim.component)
    units = quantity(element(segment, 4))
    if units is None:
        claim.faults.append("SV104 is not a number of units; 1 is assumed")
    claim.lines.append(
        ServiceLine837(
            number=place if place is not None else max(taken, default=0) + 1,
            procedure=code,
            modifiers=modifiers,
            charge=money(segment, 2),
            units="1" if units is None else str(units),
            unit_basis=element(segment, 3),
            place_of_service=element(segment, 5),
        )
    )
    claim.next_line = None


def _not_professional(_: Claim837, segment: Segment) -> None:
    kind = _OTHER_KINDS[segment[0]]
    raise UnreadableError(f"{kind} service line ({segment[0]}): Claimclock reads professional claims only")


def _on_dtp(claim: Claim837, segment: Segment) -> None:
    qualifier, text = element(segment, 1), element(segment, 3)
    if qualifier not in _CLAIM_DATES:
        return
    found, end = day(text), through(text)
    if found is None or (end is None and "-" in text):
        claim.faults.append(f"DTP03 after qualifier {qualifier} is not a date")
    if found is None:
        return
    if not claim.lines:
        claim.dates.setdefault(qualifier, (found, end))
    elif qualifier == _CLAIM_DATES[0] and claim.lines[-1].dos is None:
        claim.lines[-1].dos, claim.lines[-1].dos_through = found, end


def _on_hi(claim: Claim837, segment: Segment) -> None:
    for at in range(1, len(segment)):
        parts = composite(element(segment, at), claim.component)
        if len(parts) == 1 and parts[0]:
            claim.faults.append(f"HI{at:02d} is not a code: its qualifier is missing")
        if len(parts) > 1 and parts[0].strip().upper() in _DIAGNOSES and parts[1].strip():
            claim.diagnoses.append(parts[1].strip())


def _on_ref(claim: Claim837, segment: Segment) -> None:
    qualifier, value = element(segment, 1), element(segment, 2)
    if claim.lines:
        if qualifier == "6R" and value:
            claim.lines[-1].control = value
    elif qualifier == "F8" and not claim.others and value:  # inside another payer's loop it is that payer's number
        claim.original_reference = value


def _on_sbr(claim: Claim837, segment: Segment) -> None:
    claim.others.append(OtherPayer(sequence=element(segment, 1), filing_indicator=element(segment, 9)))


def _on_nm1(claim: Claim837, segment: Segment) -> None:
    who = claim.entity = element(segment, 1)
    if who == "82":
        npi = npi_of(segment)
        if claim.lines:
            claim.lines[-1].rendering_npi = npi
        elif not claim.others:
            claim.rendering_npi = npi
    elif who == "IL" and claim.others and not claim.lines and element(segment, 8) != _SOCIAL_SECURITY:
        claim.others[-1].member_id = element(segment, 9)
    elif who == "PR" and claim.others and not claim.lines:
        claim.others[-1].payer_id, claim.others[-1].name = element(segment, 9), element(segment, 3)


def _on_n4(claim: Claim837, segment: Segment) -> None:
    if claim.entity == _SERVICE_FACILITY and not claim.lines and not claim.others:
        claim.service_state = element(segment, 2)


def npi_of(segment: Segment) -> str | None:
    """NM109 where it is an NPI (qualifier XX); older files have tax numbers there."""
    identifier, qualifier = element(segment, 9), element(segment, 8)
    looks_like = len(identifier) == 10 and identifier.isdecimal()
    return identifier if identifier and (qualifier == "XX" or (not qualifier and looks_like)) else None


def _on_amt(claim: Claim837, segment: Segment) -> None:
    if element(segment, 1) == "D" and claim.others and not claim.lines:
        claim.others[-1].paid = optional_money(segment, 2)


def _on_svd(claim: Claim837, segment: Segment) -> None:
    if claim.lines:
        line = claim.lines[-1].number
        claim.prior_lines.append(PriorLine(payer_id=element(segment, 1), line=line, paid=optional_money(segment, 2)))


def _on_cas(claim: Claim837, segment: Segment) -> None:
    if claim.lines and claim.prior_lines:
        claim.prior_lines[-1].adjustments += _adjusted(claim, segment)
    elif claim.others and not claim.lines:
        claim.others[-1].adjustments += _adjusted(claim, segment)


def _adjusted(claim: Claim837, segment: Segment) -> tuple[Adjusted, ...]:
    each = read_adjustments(segment).each
    claim.faults += [adjusted.fault for adjusted in each if adjusted.fault]
    return each


_HANDLERS: dict[str, Callable[[Claim837, Segment], None]] = {
    "LX": _on_lx,
    "SV1": _on_sv1,
    "SV2": _not_professional,
    "SV3": _not_professional,
    "DTP": _on_dtp,
    "HI": _on_hi,
    "REF": _on_ref,
    "SBR": _on_sbr,
    "NM1": _on_nm1,
    "N4": _on_n4,
    "AMT": _on_amt,
    "SVD": _on_svd,
    "CAS": _on_cas,
}
