"""Reads the 837P (005010X222A1, 004010X098A1): one claim.submitted event for each CLM."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from events.values import ZERO
from services.intake.balance import BalanceDifference
from services.intake.claim_loop_837 import Claim837, OtherPayer, PriorLine, ServiceLine837, read_claim
from services.intake.claim_parties import Parties
from services.intake.context import Body, Issuer, SetContext, digest
from services.intake.elements import (
    Json,
    Segment,
    UnreadableError,
    element,
    instant,
    is_blank_id,
    stamp,
    stated_day,
    undated,
)
from services.intake.results import FileNote, FoundEvent, ReadResult

_NEXT_PARTY = frozenset({"85", "IL", "QC"})  # NM101 that no service line holds: an HL is missing before it
_SERVICE_LINE = frozenset({"LX", "SV1", "SV2", "SV3"})
_CUT_CLAIM = "the file ends inside this claim; send the whole file"
_STRAY_LINES = "service lines without a claim (CLM) before them"
_NO_TIME = "the time of sending is unknown: BHT04, GS04 and ISA09 have no date, and none was given"
_CHARGEABLE = "CH"


def read_837p(context: SetContext, body: Body) -> Iterator[ReadResult]:
    """Everything one set holds, in its order."""
    return _ClaimSet(context, body).items()


class _ClaimSet:
    """One set while it is being read."""

    def __init__(self, context: SetContext, body: Body) -> None:
        self._context = context
        self._body = body
        self._parties = Parties()
        self._bht: Segment = []
        self._open: list[Segment] = []
        self._stray: list[Segment] = []
        self._first = 0
        self._count = 0
        self._has_lines = False  # of the claim that is open

    def items(self) -> Iterator[ReadResult]:
        for segment in self._body:
            tag = segment[0]
            if tag in ("CLM", "HL") or (self._has_lines and _begins_another(segment)):
                yield from self._close()
            if tag == "CLM":
                self._open, self._first = [segment], self._body.number
            elif self._open:
                self._open.append(segment)
                self._has_lines = self._has_lines or tag in _SERVICE_LINE
            elif tag in _SERVICE_LINE or self._stray:
                self._first = self._first if self._stray else self._body.number
                self._stray.append(segment)
            elif tag == "BHT":
                self._bht = segment
            else:
                self._parties.take(segment)
            yield from self._undated(segment)
        yield from self._close(last=True)

    def _undated(self, segment: Segment) -> Iterator[FileNote]:
        """What the date of a message, or a birth date, says that is no date: it is left out."""
        faults: list[str] = undated(segment, 4) if segment[0] == "BHT" else []
        if segment[0] == "DMG" and not self._open:
            stated_day(segment, 2, faults)
        yield from (FileNote(fault, self._body.number) for fault in faults)

    def _close(self, *, last: bool = False) -> Iterator[ReadResult]:
        """Ends the claim that is open, if one is."""
        if self._stray:
            cut = last and self._body.unfinished
            yield self._context.refused(_STRAY_LINES, self._first, self._stray, cut=cut)
            self._stray = []
        if not self._open:
            return
        segments, self._open, self._has_lines = self._open, [], False
        self._count += 1
        self._parties.served()
        if last and self._body.unfinished:
            yield self._context.refused(_CUT_CLAIM, self._first, segments, cut=True)
            return
        try:
            claim = read_claim(segments, self._context.component)
        except UnreadableError as error:
            yield self._context.refused(str(error), self._first, segments)
            return
        yield from self._publish(claim, segments)

    def _publish(self, claim: Claim837, segments: list[Segment]) -> Iterator[ReadResult]:
        sent_at = self._sent_at()
        if sent_at is None:
            yield self._context.refused(_NO_TIME, self._first, segments)
            return
        for fault in claim.faults:
            yield FileNote(fault, self._first)
        if not claim.lines:
            yield FileNote("a claim without service lines", self._first)
        contenthash = digest(self._context.normalised([*self._parties.segments(), *segments]))
        event_id = self._event_id(contenthash)
        data = self._data(claim, event_id, sent_at)
        span = (self._first, self._first + len(segments) - 1)
        issuer = Issuer.of(self._context, sent_at)
        yield FoundEvent(
            issuer.event("claim.submitted.v1", event_id, data["claim_id"], data, contenthash=contenthash, span=span)
        )

    def _event_id(self, contenthash: str) -> str:
        """Where it stood in which set of which file: the same claim sent again is another event."""
        interchange, group = self._context.interchange, self._context.group
        envelope = (interchange.sender, interchange.receiver, interchange.control, group.control, self._context.control)
        beginning = tuple(element(self._bht, at) for at in (3, 4, 5))
        return f"837p-{digest(*envelope, *beginning, str(self._count), contenthash, length=32)}"

    def _sent_at(self) -> datetime | None:
        """BHT04/05, else GS04/05, else ISA09/10."""
        context = self._context
        said = instant(element(self._bht, 4), element(self._bht, 5), context.source.zone)
        return said or context.group.at or context.interchange.at or context.source.received_at

    def _data(self, claim: Claim837, event_id: str, sent_at: datetime) -> Json:
        parties = self._parties
        synthetic = is_blank_id(claim.claim_id)
        patient_id, unknown_patient = parties.patient_id()
        stand_in = f"unidentified-{digest(event_id, length=12)}"
        data: Json = {
            "claim_id": stand_in if synthetic else claim.claim_id,
            "frequency": claim.frequency,
            "patient_id": patient_id or stand_in,
            "payer_id": parties.payer_id,
            "total_charge": str(claim.charge),
            "diagnoses": claim.diagnoses,
            "lines": [_line(line) for line in claim.lines],
            "submission": self._submission(sent_at),
        }
        optional = {
            "original_reference": claim.original_reference,
            "payer_name": parties.payer_name,
            "payer_sequence": parties.sequence,
            "claim_filing_indicator": parties.filing_indicator,
            "plan": parties.plan,
            "state": claim.service_state or parties.state,  # given at the billing address, unless 2310C says otherwise
            "billing_npi": parties.billing_npi,
            "rendering_npi": claim.rendering_npi
            or next((i.rendering_npi for i in claim.lines if i.rendering_npi), None),
            "place_of_service": claim.place_of_service,
            "purpose": element(self._bht, 6).replace(_CHARGEABLE, ""),  # RP: reported only, not for payment
            "synthetic_id": synthetic,
            "synthetic_patient": unknown_patient,
            "patient_name": parties.person.listed,
            "patient_birth_date": parties.person.born_on,
            "member_id": parties.member_id,
            "other_payers": _other_payers(claim),
            "prior_payers": _prior_payers(claim),
            "differences": _differences(claim),
        }
        return data | {name: value for name, value in optional.items() if value}

    def _submission(self, sent_at: datetime) -> Json:
        interchange, group = self._context.interchange, self._context.group
        fields = {
            "sender": interchange.sender or group.sender,
            "receiver": interchange.receiver or group.receiver,
            "interchange": interchange.control,
            "group": group.control,
            "set": self._context.control,
            "reference": element(self._bht, 3),
            "sent_at": stamp(sent_at),
        }
        return {name: value for name, value in fields.items() if value}


def _begins_another(segment: Segment) -> bool:
    """Whether a segment behind service lines belongs to the next subscriber or provider, whose HL is missing."""
    return segment[0] == "SBR" or (segment[0] == "NM1" and element(segment, 1) in _NEXT_PARTY)


def _line(line: ServiceLine837) -> Json:
    data: Json = {
        "number": line.number,
        "procedure": line.procedure,
        "modifiers": list(line.modifiers),
        "units": line.units,
        "charge": str(line.charge),
        "dos": line.dos,
    }
    optional = {
        "dos_through": line.dos_through if line.dos_through != line.dos else None,
        "dos_assumed": line.dos_assumed,
        "line_control": line.control,
        "unit_basis": line.unit_basis if line.unit_basis not in ("", "UN") else None,
        "place_of_service": line.place_of_service,
        "rendering_npi": line.rendering_npi,
    }
    return data | {name: value for name, value in optional.items() if value}


def _differences(claim: Claim837) -> list[Json]:
    if not claim.lines or claim.lines_total == claim.charge:
        return []
    return [BalanceDifference("claim", claim.charge, claim.lines_total).data()]


def _other_payers(claim: Claim837) -> list[Json]:
    """The claim's other payers, whether or not they decided anything yet."""
    return [_other_payer(other) for other in claim.others if other.payer_id or other.name]


def _other_payer(other: OtherPayer) -> Json:
    optional = {"name": other.name, "sequence": other.sequence, "member_id": other.member_id}
    return {"payer_id": other.payer_id} | {name: value for name, value in optional.items() if value}


def _prior_payers(claim: Claim837) -> list[Json]:
    """What earlier payers decided: those of the claim's other payers that stated a payment or adjustments."""
    known = {other.payer_id for other in claim.others}
    loops = claim.others + [
        OtherPayer(sequence="", filing_indicator="", payer_id=payer)
        for payer in {p.payer_id: 0 for p in claim.prior_lines}
        if payer not in known
    ]
    found = [(other, [p for p in claim.prior_lines if p.payer_id == other.payer_id]) for other in loops]
    return [
        _prior_payer(other, lines) for other, lines in found if lines or other.adjustments or other.paid is not None
    ]


def _prior_payer(other: OtherPayer, lines: list[PriorLine]) -> Json:
    paid = other.paid if other.paid is not None else sum((line.paid or ZERO for line in lines), ZERO)
    data: Json = {
        "payer_id": other.payer_id,
        "paid": str(paid),
        "adjustments": [dict(a.data) for a in other.adjustments],
    }
    optional = {"payer_name": other.name, "payer_sequence": other.sequence, "lines": [_prior_line(p) for p in lines]}
    return data | {name: value for name, value in optional.items() if value}


def _prior_line(line: PriorLine) -> Json:
    return {
        "number": line.line,
        "paid": str(line.paid or ZERO),
        "adjustments": [dict(a.data) for a in line.adjustments],
    }
