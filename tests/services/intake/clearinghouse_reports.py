"""An 835 and a 277CA as the JSON reports of API clearinghouses."""

from __future__ import annotations

from intake_helpers import DENIED, PAID, clp, era

PLB = "PLB*1234567893*20261231*WO:ICN1*10.00*L6:X*-1.50~"

X12 = era(
    PAID, DENIED, clp("19", "200", "0", "MOA***N89*MA18~NM1*TT*2*NEXT*****PI*99999~", "A4"), amount="71.5", tail=PLB
)


def claim_json(number, status, charge, paid, **more):
    names = ("patientControlNumber", "claimStatusCode", "totalClaimChargeAmount", "claimPaymentAmount")
    told = dict(zip(names, (number, status, charge, paid), strict=True))
    return told | {"claimFilingIndicatorCode": "MB", "facilityTypeCode": "11", "claimFrequencyCode": "1"} | more


REPORT_835 = {
    "meta": {"applicationMode": "production", "transactionId": "7647d644-9348-4596-a3b4-6830b8b48cc8"},
    "transactions": [
        {
            "controlNumber": "0001",
            "detailInfo": [
                {
                    "assignedNumber": "1",
                    "paymentInfo": [
                        {
                            "claimPaymentInfo": claim_json(
                                "A1",
                                "1",
                                "100.00",
                                "80.00",
                                patientResponsibilityAmount="20",
                                payerClaimControlNumber="ICN1",
                            ),
                            "patientName": {"firstName": "JANE", "lastName": "DOE", "memberId": "MEMBER1"},
                            "serviceLines": [
                                {
                                    "lineItemControlNumber": "1",
                                    "serviceDate": "20260115",
                                    "serviceAdjustments": [
                                        {
                                            "claimAdjustmentGroupCode": "PR",
                                            "adjustmentReasonCode1": "2",
                                            "adjustmentAmount1": "20",
                                        }
                                    ],
                                    "servicePaymentInformation": {
                                        "adjudicatedProcedureCode": "97110",
                                        "adjudicatedProcedureModifierCodes": ["GP"],
                                        "lineItemChargeAmount": "100",
                                        "lineItemProviderPaymentAmount": "80",
                                        "productOrServiceIDQualifier": "HC",
                                        "unitsOfServicePaidCount": "2",
                                    },
                                    "serviceSupplementalAmounts": {"allowedActual": "100"},
                                }
                            ],
                        },
                        {
                            "claimPaymentInfo": claim_json("A2", "1", "60", "0", payerClaimControlNumber="ICN2"),
                            "serviceLines": [
                                {
                                    "serviceDate": "20260116",
                                    "serviceAdjustments": [
                                        {
                                            "claimAdjustmentGroupCode": "CO",
                                            "adjustmentReasonCode1": "50",
                                            "adjustmentAmount1": 60.0,
                                        }
                                    ],
                                    "servicePaymentInformation": {
                                        "adjudicatedProcedureCode": "97530",
                                        "adjudicatedProcedureModifierCodes": ["GP", "59"],
                                        "lineItemChargeAmount": "60",
                                        "lineItemProviderPaymentAmount": "0",
                                        "unitsOfServicePaidCount": "1",
                                    },
                                    "healthCareCheckRemarkCodes": [
                                        {"codeListQualifierCode": "HE", "remarkCode": "N115"}
                                    ],
                                }
                            ],
                        },
                        {
                            "claimPaymentInfo": claim_json("A4", "19", "200", "0", payerClaimControlNumber="ICN"),
                            "outpatientAdjudication": {
                                "claimPaymentRemarkCode1": "N89",
                                "claimPaymentRemarkCode2": "MA18",
                            },
                            "crossoverCarrier": {"organizationName": "NEXT", "payorId": "99999"},
                        },
                    ],
                }
            ],
            "financialInformation": {
                "transactionHandlingCode": "I",
                "totalActualProviderPaymentAmount": "71.50",
                "creditOrDebitFlagCode": "C",
                "paymentMethodCode": "ACH",
                "checkIssueOrEFTEffectiveDate": "20260302",
            },
            "payee": {"name": "CLINIC", "npi": "1234567893", "taxId": "123456789"},
            "payer": {"name": "EXAMPLE HEALTH", "payerIdentificationNumber": "2UNUMBER"},
            "paymentAndRemitReassociationDetails": {
                "checkOrEFTTraceNumber": "TRACE1",
                "originatingCompanyIdentifier": "1512345678",
                "traceTypeCode": "1",
            },
            "providerAdjustments": [
                {
                    "providerIdentifier": "1234567893",
                    "fiscalPeriodDate": "20261231",
                    "adjustments": [
                        {
                            "adjustmentReasonCode": "WO",
                            "providerAdjustmentIdentifier": "ICN1",
                            "providerAdjustmentAmount": "10",
                        },
                        {
                            "adjustmentReasonCode": "L6",
                            "providerAdjustmentIdentifier": "X",
                            "providerAdjustmentAmount": "-1.5",
                        },
                    ],
                }
            ],
        }
    ],
}

TYPED_835 = {
    "summary": {
        "provider_adjustment_PLB": [
            {
                "provider_identifier_01": "1234567893",
                "fiscal_period_date_02": "2026-12-31",
                "adjustment_identifier_03": {
                    "adjustment_reason_code_01": "WO",
                    "provider_adjustment_identifier_02": "ICN1",
                },
                "provider_adjustment_amount_04": 10,
                "adjustment_identifier_05": {
                    "adjustment_reason_code_01": "L6",
                    "provider_adjustment_identifier_02": "X",
                },
                "provider_adjustment_amount_06": -1.5,
            }
        ],
        "transaction_set_trailer_SE": {"transaction_segment_count_01": 99, "transaction_set_control_number_02": 1},
    },
    "detail": {
        "header_number_LX_loop": [
            {
                "claim_payment_information_CLP_loop": [
                    {
                        "service_payment_information_SVC_loop": [
                            {
                                "service_adjustment_CAS": [
                                    {
                                        "claim_adjustment_group_code_01": "PR",
                                        "adjustment_reason_code_02": "2",
                                        "adjustment_amount_03": 20,
                                    }
                                ],
                                "line_item_control_number_REF": {
                                    "reference_identification_qualifier_01": "6R",
                                    "line_item_control_number_02": "1",
                                },
                                "service_date_DTM": [
                                    {"date_time_qualifier_01": "472", "service_date_02": "2026-01-15"}
                                ],
                                "service_payment_information_SVC": {
                                    "composite_medical_procedure_identifier_01": {
                                        "product_or_service_id_qualifier_01": "HC",
                                        "adjudicated_procedure_code_02": "97110",
                                        "procedure_modifier_03": "GP",
                                    },
                                    "line_item_charge_amount_02": 100.0,
                                    "line_item_provider_payment_amount_03": 80,
                                    "units_of_service_paid_count_05": 2,
                                },
                                "service_supplemental_amount_AMT": [
                                    {"amount_qualifier_code_01": "B6", "service_supplemental_amount_02": 100}
                                ],
                            }
                        ],
                        "patient_name_NM1": {
                            "entity_identifier_code_01": "QC",
                            "entity_type_qualifier_02": "1",
                            "patient_last_name_03": "DOE",
                            "patient_first_name_04": "JANE",
                            "identification_code_qualifier_08": "MI",
                            "patient_identifier_09": "MEMBER1",
                        },
                        "claim_payment_information_CLP": {
                            "patient_control_number_01": "A1",
                            "claim_status_code_02": "1",
                            "total_claim_charge_amount_03": 100,
                            "claim_payment_amount_04": 80,
                            "patient_responsibility_amount_05": 20,
                            "claim_filing_indicator_code_06": "MB",
                            "payer_claim_control_number_07": "ICN1",
                            "facility_type_code_08": "11",
                            "claim_frequency_code_09": "1",
                        },
                    }
                ],
                "header_number_LX": {"assigned_number_01": 1},
            }
        ]
    },
    "heading": {
        "transaction_set_header_ST": {
            "transaction_set_identifier_code_01": "835",
            "transaction_set_control_number_02": "0001",
        },
        "financial_information_BPR": {
            "transaction_handling_code_01": "I",
            "total_actual_provider_payment_amount_02": 71.5,
            "credit_or_debit_flag_code_03": "C",
            "payment_method_code_04": "ACH",
            "check_issue_or_eft_effective_date_16": "2026-03-02",
        },
        "reassociation_trace_number_TRN": {
            "trace_type_code_01": "1",
            "check_or_eft_trace_number_02": "TRACE1",
            "payer_identifier_03": "1512345678",
        },
        "payer_identification_N1_loop": {
            "additional_payer_identification_REF": [
                {"reference_identification_qualifier_01": "2U", "additional_payer_identifier_02": "2UNUMBER"}
            ],
            "payer_identification_N1": {
                "entity_identifier_code_01": "PR",
                "payer_name_02": "EXAMPLE HEALTH",
                "identification_code_qualifier_03": "XV",
                "payer_identifier_04": "87726",
            },
        },
        "payee_identification_N1_loop": {
            "payee_identification_N1": {
                "entity_identifier_code_01": "PE",
                "payee_name_02": "CLINIC",
                "identification_code_qualifier_03": "XX",
                "payee_identification_code_04": "1234567893",
            }
        },
    },
}


def told(events):
    """What makes an event itself, without where it came from."""
    return [(e["id"], e["type"], e["subject"], e["contenthash"]) for e in events]


def amounts(events):
    names = ("claim_id", "charge", "paid", "patient_responsibility", "adjustments", "remark_codes", "forwarded_to")
    return [{name: e["data"].get(name) for name in names} for e in events]
