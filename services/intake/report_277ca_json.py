"""The 277CA report in JSON of Change Healthcare, Optum and Stedi as the segments it was made of (005010X214)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.intake.elements import Segment
from services.intake.json_fields import composite, day, part, parts, qualified, segment, text, texts

_SHORTEST_TIME = 4  # HHMM; a clearinghouse that writes it as a number drops the zero in front
_SOURCE_NUMBERS = (
    ("payerIdentification", "PI"),
    ("etin", "46"),
    ("federalTaxpayerIdentificationNumber", "FI"),
    ("centersForMedicareAndMedicaidServicePlanId", "XV"),
)


def acknowledgment_segments(report: Mapping[str, Any]) -> list[Segment]:
    """One transaction of the report, from its ST to what stands before its SE."""
    clock = text(report, "transactionSetCreationTime")
    return [
        ["ST", "277", text(report, "controlNumber"), "005010X214"],
        [
            "BHT",
            "0085",
            "08",
            text(report, "referenceIdentification"),
            day(report, "transactionSetCreationDate"),
            clock.zfill(_SHORTEST_TIME) if clock.isdecimal() else clock,
            "TH",
        ],
        *(each for payer in parts(report, "payers") for each in _source(payer)),
    ]


def _source(payer: Mapping[str, Any]) -> list[Segment]:
    """Who speaks, and all it says."""
    found: list[Segment] = [["HL", "", "", "20", "1"]]
    field, qualifier = next(((f, q) for f, q in _SOURCE_NUMBERS if text(payer, f)), ("", ""))
    who = text(payer, "entityIdentifierCode") or "PR"
    name = text(payer, "organizationName")
    found.append(["NM1", who, "2", name, "", "", "", "", qualifier, text(payer, field) if field else ""])
    for batch in parts(payer, "claimStatusTransactions"):
        found += _receiver(batch)
    return found


def _receiver(batch: Mapping[str, Any]) -> list[Segment]:
    provider = part(batch, "provider")
    found: list[Segment] = [["HL", "", "", "21", "1"]]
    found.append(["NM1", "41", "2", text(provider, "organizationName", "lastName")])
    found += qualified("TRN", "2", text(batch, "claimTransactionBatchNumber"))
    for status in parts(batch, "providerClaimStatuses"):
        found += _status(status, "providerStatuses")
    found += _counts(batch)
    for detail in parts(batch, "claimStatusDetails"):
        found += _provider(detail)
    return found


def _counts(batch: Mapping[str, Any]) -> list[Segment]:
    """The totals of a batch, where the report has them."""
    found = qualified("QTY", "90", text(batch, "totalAcceptedQuantity"))
    found += qualified("QTY", "AA", text(batch, "totalRejectedQuantity"))
    found += qualified("AMT", "YU", text(batch, "totalAcceptedAmount"))
    return found + qualified("AMT", "YY", text(batch, "totalRejectedAmount"))


def _provider(detail: Mapping[str, Any]) -> list[Segment]:
    who = part(detail, "serviceProvider")
    npi, other = text(who, "npi"), text(who, "tin", "spn")
    found: list[Segment] = [["HL", "", "", "19", "1"]]
    name = text(who, "organizationName", "lastName")
    found.append(["NM1", "85", "2", name, "", "", "", "", "XX" if npi else "FI" if other else "", npi or other])
    for status in parts(detail, "serviceProviderClaimStatuses"):
        found += _status(status, "serviceProviderStatuses")
    for patient in parts(detail, "patientClaimStatusDetails"):
        found += _patient(patient)
    return found


def _patient(patient: Mapping[str, Any]) -> list[Segment]:
    who = part(patient, "subscriber") or part(patient, "dependent")
    member = text(who, "memberId")
    found: list[Segment] = [["HL", "", "", "PT"]]
    found.append(
        ["NM1", "QC", "1", text(who, "lastName", "organizationName"), text(who, "firstName"), "", "", ""]
        + (["MI", member] if member else [])
    )
    for claim in parts(patient, "claims"):
        found += _claim(claim)
    return found


def _claim(claim: Mapping[str, Any]) -> list[Segment]:
    said = part(claim, "claimStatus")
    number = text(said, "referencedTransactionTraceNumber", "patientAccountNumber")
    found: list[Segment] = [["TRN", "2", number or text(claim, "patientAccountNumber")]]
    for status in parts(said, "informationClaimStatuses"):
        found += _status(status, "informationStatuses")
    found += qualified("REF", "1K", text(said, "tradingPartnerClaimNumber"))
    found += qualified("REF", "D9", text(said, "clearinghouseTraceNumber"))
    start = day(said, "claimServiceBeginDate", "claimServiceDate")
    end = day(said, "claimServiceEndDate")
    if start:
        ranged = bool(end)
        found.append(["DTP", "472", "RD8" if ranged else "D8", f"{start}-{end}" if ranged else start])
    for line in parts(claim, "serviceLines"):
        found += _line(line)
    return found


def _line(line: Mapping[str, Any]) -> list[Segment]:
    service = part(line, "service")
    code = composite(
        text(service, "serviceIdQualifierCode") or "HC",
        text(service, "procedureCode"),
        *texts(service, "procedureModifiers"),
    )
    units = text(service, "submittedUnits")
    found = segment("SVC", code, text(service, "chargeAmount"), "", text(service, "revenueCode"), "", "", units)
    for status in parts(line, "serviceClaimStatuses"):
        found += _status(status, "serviceStatuses")
    return found + qualified("REF", "FJ", text(line, "lineItemControlNumber"))


def _status(status: Mapping[str, Any], name: str) -> list[Segment]:
    """One STC: up to three codes, their date, action, amount and message."""
    codes = [
        composite(
            text(code, "healthCareClaimStatusCategoryCode"),
            text(code, "statusCode"),
            text(code, "entityIdentifierCode"),
        )
        for code in parts(status, name)
    ]
    first, second, third = [*codes, "", "", ""][:3]
    return segment(
        "STC",
        first,
        day(status, "statusInformationEffectiveDate", "effectiveDate"),
        text(status, "statusInformationActionCode"),
        text(status, "totalClaimChargeAmount"),
        *[""] * 5,
        second,
        third,
        text(status, "statusMessage", "message"),
    )
