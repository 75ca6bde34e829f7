"""The 835 report in JSON of Change Healthcare, Optum and Stedi as the segments it was made of (005010X221A1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.intake.elements import Segment
from services.intake.json_fields import composite, day, part, parts, qualified, segment, text, texts

_ADJUSTMENTS = range(1, 7)  # of one CAS, and of one PLB
_REMARKS = range(1, 6)
_MONEY_FIELDS = (("coverageAmount", "AU"), ("interest", "I"), ("discountAmount", "D8"), ("patientAmountPaid", "F5"))


def remittance_segments(report: Mapping[str, Any]) -> list[Segment]:
    """One transaction of the report, from its ST to what stands before its SE."""
    found = [["ST", "835", text(report, "controlNumber"), "005010X221A1"]]
    found += _payment(part(report, "financialInformation"))
    trace = part(report, "paymentAndRemitReassociationDetails")
    found += segment(
        "TRN",
        text(trace, "traceTypeCode") or "1",
        text(trace, "checkOrEFTTraceNumber"),
        text(trace, "originatingCompanyIdentifier"),
        text(trace, "originatingCompanySupplementalCode"),
    )
    found += qualified("REF", "EV", text(report, "receiverIdentifier"))
    found += qualified("DTM", "405", day(report, "productionDate"))
    found += [*_payer(part(report, "payer")), *_payee(part(report, "payee"))]
    for header in parts(report, "detailInfo"):
        found += segment("LX", text(header, "assignedNumber") or "1")
        for claim in parts(header, "paymentInfo"):
            found += _claim(claim)
    for provider in parts(report, "providerAdjustments"):
        found += _provider_adjustments(provider)
    return found


def _payment(money: Mapping[str, Any]) -> list[Segment]:
    bank = [""] * 5  # the accounts of payer and payee are not needed and not carried on
    return segment(
        "BPR",
        text(money, "transactionHandlingCode"),
        text(money, "totalActualProviderPaymentAmount"),
        text(money, "creditOrDebitFlagCode"),
        text(money, "paymentMethodCode"),
        text(money, "paymentFormatCode"),
        *bank[:4],
        text(money, "payerIdentifier"),
        text(money, "originatingCompanySupplementalCode"),
        *bank[:4],
        day(money, "checkIssueOrEFTEffectiveDate"),
    )


def _payer(payer: Mapping[str, Any]) -> list[Segment]:
    plan = text(payer, "centersForMedicareAndMedicaidServicesPlanId")
    found = segment("N1", "PR", text(payer, "name"), "XV" if plan else "", plan)
    for name, qualifier in (
        ("payerIdentificationNumber", "2U"),
        ("submitterIdentificationNumber", "EO"),
        ("healthIndustryNumber", "HI"),
        ("nationalAssociationOfInsuranceCommissioners", "NF"),
    ):
        found += qualified("REF", qualifier, text(payer, name))
    return found


def _payee(payee: Mapping[str, Any]) -> list[Segment]:
    npi = text(payee, "npi")
    tax_number = text(payee, "federalTaxPayersIdentificationNumber", "taxId")
    plan = text(payee, "centersForMedicareAndMedicaidServicesPlanId")
    number, kind = (npi, "XX") if npi else (tax_number, "FI") if tax_number else (plan, "XV")
    found = segment("N1", "PE", text(payee, "name"), kind if number else "", number)
    found += qualified("REF", "PQ", text(payee, "payeeIdentification"))
    return found + qualified("REF", "TJ", tax_number if npi else "")


def _claim(claim: Mapping[str, Any]) -> list[Segment]:
    """One CLP loop."""
    paid = part(claim, "claimPaymentInfo")
    names = (
        "patientControlNumber",
        "claimStatusCode",
        "totalClaimChargeAmount",
        "claimPaymentAmount",
        "patientResponsibilityAmount",
        "claimFilingIndicatorCode",
        "payerClaimControlNumber",
        "facilityTypeCode",
        "claimFrequencyCode",
    )
    found = [["CLP", *(text(paid, name) for name in names)]]
    for adjustments in parts(claim, "claimAdjustments"):
        found += _adjustments(adjustments)
    found += [*_people(claim), *_remarks(claim)]
    found += qualified("DTM", "050", day(claim, "claimReceivedDate"))
    found += qualified("DTM", "232", day(claim, "claimStatementPeriodStart"))
    found += qualified("DTM", "233", day(claim, "claimStatementPeriodEnd"))
    amounts = part(claim, "claimSupplementalInformation")
    for name, qualifier in _MONEY_FIELDS:
        found += qualified("AMT", qualifier, text(amounts, name))
    for line in parts(claim, "serviceLines"):
        found += _line(line)
    return found


def _adjustments(adjustments: Mapping[str, Any]) -> list[Segment]:
    triples = [
        text(adjustments, f"{name}{place}")
        for place in _ADJUSTMENTS
        for name in ("adjustmentReasonCode", "adjustmentAmount", "adjustmentQuantity")
    ]
    group = text(adjustments, "claimAdjustmentGroupCode", "adjustmentGroupCode")
    return segment("CAS", group, *triples)


def _people(claim: Mapping[str, Any]) -> list[Segment]:
    patient, insured = part(claim, "patientName"), part(claim, "subscriber")
    corrected, next_payer = part(claim, "correctedPatientOrInsuredName"), part(claim, "crossoverCarrier")
    found = []
    if patient:
        number = text(patient, "memberId", "healthInsuranceClaimNumber", "medicaidRecipientIdentificationNumber")
        found += [_name("QC", "1", patient, "MI", number)]
    if insured:
        found += [_name("IL", "1", insured, "MI", text(insured, "memberId"))]
    if corrected:
        found += [_name("74", "1", corrected, "C", text(corrected, "insuredsChangedUniqueIdentificationNumber"))]
    if next_payer:
        ids = ("payorId", "blueCrossBlueShieldAssociationPlanCode", "taxId", "pharmacyProcessorNumber")
        others = (
            "nationalAssociationOfInsuranceCommissionersIdentification",
            "centersForMedicareAndMedicaidServicesPlanId",
        )
        found += [_name("TT", "2", next_payer, "PI", text(next_payer, *ids, *others))]
    return found


def _name(who: str, kind: str, person: Mapping[str, Any], qualifier: str, number: str) -> Segment:
    last = text(person, "lastName", "organizationName")
    names = [last, text(person, "firstName"), text(person, "middleName"), "", text(person, "suffix")]
    return ["NM1", who, kind, *names, qualifier if number else "", number]


def _remarks(claim: Mapping[str, Any]) -> list[Segment]:
    outside, inside = part(claim, "outpatientAdjudication"), part(claim, "inpatientAdjudication")
    codes = [text(outside, f"claimPaymentRemarkCode{place}") for place in _REMARKS]
    found = segment("MOA", "", "", *codes) if any(codes) else []
    first, *further = [text(inside, f"claimPaymentRemarkCode{place}") for place in _REMARKS]
    return found + (segment("MIA", *[""] * 4, first, *[""] * 14, *further) if first or any(further) else [])


def _line(line: Mapping[str, Any]) -> list[Segment]:
    """One SVC loop."""
    paid = part(line, "servicePaymentInformation") or line
    found = segment(
        "SVC",
        _procedure(paid, "productOrServiceIDQualifier", "adjudicatedProcedure"),
        text(paid, "lineItemChargeAmount"),
        text(paid, "lineItemProviderPaymentAmount"),
        text(paid, "nationalUniformBillingCommitteeRevenueCode"),
        text(paid, "unitsOfServicePaidCount"),
        _procedure(paid, "submittedProductOrServiceIDQualifier", "submittedAdjudicatedProcedure"),
        text(paid, "originalUnitsOfServiceCount"),
    )
    found += qualified("DTM", "472", day(line, "serviceDate"))
    found += qualified("DTM", "150", day(line, "serviceStartDate"))
    found += qualified("DTM", "151", day(line, "serviceEndDate"))
    for adjustments in parts(line, "serviceAdjustments"):
        found += _adjustments(adjustments)
    found += qualified("REF", "6R", text(line, "lineItemControlNumber"))
    found += qualified("AMT", "B6", text(part(line, "serviceSupplementalAmounts"), "allowedActual"))
    for remark in parts(line, "healthCareCheckRemarkCodes"):
        found += qualified("LQ", text(remark, "codeListQualifierCode") or "HE", text(remark, "remarkCode"))
    return found


def _procedure(paid: Mapping[str, Any], qualifier: str, name: str) -> str:
    code, modifiers = text(paid, f"{name}Code"), texts(paid, f"{name}ModifierCodes")
    return composite(text(paid, qualifier) or "HC", code, *modifiers) if code else ""


def _provider_adjustments(provider: Mapping[str, Any]) -> list[Segment]:
    """PLB segments of up to six pairs."""
    pairs = [
        (
            composite(text(each, "adjustmentReasonCode"), text(each, "providerAdjustmentIdentifier")),
            text(each, "providerAdjustmentAmount"),
        )
        for each in parts(provider, "adjustments")
    ]
    head = ["PLB", text(provider, "providerIdentifier"), day(provider, "fiscalPeriodDate")]
    size = len(_ADJUSTMENTS)
    return [
        [*head, *(element for pair in pairs[start : start + size] for element in pair)]
        for start in range(0, len(pairs), size)
    ]
