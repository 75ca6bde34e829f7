"""The data of 835 events, as JSON values."""

from __future__ import annotations

from decimal import Decimal

from events.remittance import SEQUENCES
from services.intake.elements import Json
from services.intake.remittance_claim import ParsedLine, RemittanceClaim
from services.intake.remittance_header import RemittanceHeader
from services.intake.remittance_verdict import rejection_codes

_DATES = {"232": "service_from", "233": "service_to", "050": "received_on"}


def payer_fields(header: RemittanceHeader) -> Json:
    """Who paid, as every claim of the remittance repeats it."""
    fields = {"payer_id": header.payer_id, "payer_name": header.payer.name or None}
    return {name: value for name, value in fields.items() if value is not None}


def claim_data(claim: RemittanceClaim, claim_id: str, ordinal: int, remit: Json, payer: Json) -> Json:
    """What payment.posted, payment.reversed, claim.denied and claim.rejected share."""
    data: Json = {"claim_id": claim_id, **payer}
    if claim.status in SEQUENCES:
        data["payer_sequence"] = SEQUENCES[claim.status]
    data |= {
        "remit": remit,
        "ordinal": ordinal,
        "status_code": claim.status,
        "charge": str(claim.charge),
        "paid": str(claim.paid),
        "adjustments": [dict(a.data) for a in claim.adjustments],
        "remark_codes": list(claim.remarks),
        "lines": [_line(line, claim) for line in claim.lines],
    }
    _add_optional(data, claim)
    return data


def notice_data(claim: RemittanceClaim, claim_id: str, remit: Json, payer: Json) -> Json:
    """What a prenotification says of a claim: what will be paid, when and under which trace number."""
    announced = {"remit": remit, "amount": str(claim.paid), "charge": str(claim.charge), "status_code": claim.status}
    data: Json = {"claim_id": claim_id, **payer, "kind": "other", "announced": announced}
    if "payment_date" in remit:
        data["dated"] = remit["payment_date"]
    return data


def _add_optional(data: Json, claim: RemittanceClaim) -> None:
    told = {
        "claim_filing_indicator": claim.filing_indicator,
        "patient_id": claim.patient_id or claim.insured_id,
        "patient_name": claim.patient_name,
        "payer_claim_number": claim.payer_claim_number,
        "patient_responsibility": _text(claim.patient_responsibility),
        "forwarded_to": claim.forwarded_to,
        "corrected_member_id": claim.corrected_member_id,
        "allowed": _text(claim.allowed),
        "place_of_service": claim.facility,
        "frequency": claim.frequency,
    }
    data |= {name: value for name, value in told.items() if value}
    for qualifier, name in _DATES.items():
        if qualifier in claim.dates:
            data[name] = claim.dates[qualifier]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def rejection_fields(claim: RemittanceClaim, header: RemittanceHeader) -> Json:
    """What makes an unprocessable claim a rejection by the payer."""
    fields: Json = {"stage": "payer", "codes": rejection_codes(claim)}
    if header.payment_date:
        fields["occurred_on"] = header.payment_date
    return fields


def _line(line: ParsedLine, claim: RemittanceClaim) -> Json:
    data: Json = {
        **line.service.data,
        "adjustments": [dict(a.data) for a in line.adjustments],
        "remark_codes": list(line.remarks),
    }
    if line.number is not None:
        data["number"] = line.number
    if line.control is not None:
        data["line_control"] = line.control
    if dos := line.dos or claim.dates.get("232"):
        data["dos"] = dos
    if line.dos_through is not None:
        data["dos_through"] = line.dos_through
    if line.allowed is not None:
        data["allowed"] = str(line.allowed)
    return data
