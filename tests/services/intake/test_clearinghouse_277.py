"""A 277CA in the JSON of API clearinghouses says what its X12 says, under the same identities."""

from __future__ import annotations

import json

from intake_helpers import events_of
from test_intake_acks import PATIENT, PROVIDER, ca, claim

from tests.services.intake.clearinghouse_reports import told


def status_json(category, status, entity=None, **more):
    code = {"healthCareClaimStatusCategoryCode": category, "statusCode": status}
    return {"informationStatuses": [code | ({"entityIdentifierCode": entity} if entity else {})]} | more


def report_277(*claims, batch=None, who="PR"):
    detail = {
        "serviceProvider": {"npi": "1234567893", "organizationName": "CLINIC"},
        "patientClaimStatusDetails": [
            {"subscriber": {"firstName": "JANE", "lastName": "DOE", "memberId": "MEMBER1"}, "claims": list(claims)}
        ],
    }
    transaction = {
        "claimTransactionBatchNumber": "BATCH7",
        "provider": {"organizationName": "CLINIC", "etin": "SUB1"},
        "claimStatusDetails": [detail],
    }
    payer = {"entityIdentifierCode": who, "organizationName": "EXAMPLE", "payerIdentification": "87726"}
    return {
        "meta": {"transactionId": "71716ec5-0e96-462f-bb77-869941bb27ab"},
        "transactions": [
            {
                "controlNumber": "1001",
                "referenceIdentification": "ACK77",
                "transactionSetCreationDate": "20260303",
                "transactionSetCreationTime": 915,
                "payers": [payer | {"claimStatusTransactions": [transaction | (batch or {})]}],
            }
        ],
    }


def claim_status(number, *statuses, **more):
    return {
        "claimStatus": {"referencedTransactionTraceNumber": number, "informationClaimStatuses": list(statuses)} | more
    }


def test_the_report_of_a_277ca_has_the_identities_of_its_x12():
    accepted = claim("STC*A2:20:PR*20260302*WQ*215", rest="REF*1K*ICN9~REF*D9*CH1~DTP*472*RD8*20260226-20260227~")
    line = "SVC*HC:97110:GP*120*****2~STC*A7:562:85~REF*FJ*L1~"
    refused = claim("STC*A3:21*20260302*U*95.00", trace="PT-2", rest=line)
    plain = events_of(ca(PROVIDER, PATIENT, accepted, refused))
    status = {"statusInformationEffectiveDate": "20260302", "totalClaimChargeAmount": "215.00"}
    report = report_277(
        claim_status(
            "PT-1/A",
            status_json("A2", "20", "PR", statusInformationActionCode="WQ", **status),
            tradingPartnerClaimNumber="ICN9",
            clearinghouseTraceNumber="CH1",
            claimServiceBeginDate="20260226",
            claimServiceEndDate="20260227",
        ),
        claim_status(
            "PT-2",
            status_json(
                "A3",
                "21",
                statusInformationActionCode="U",
                statusInformationEffectiveDate="20260302",
                totalClaimChargeAmount="95",
            ),
        )
        | {
            "serviceLines": [
                {
                    "lineItemControlNumber": "L1",
                    "service": {
                        "chargeAmount": "120.00",
                        "procedureCode": "97110",
                        "procedureModifiers": ["GP"],
                        "serviceIdQualifierCode": "HC",
                        "submittedUnits": "2",
                    },
                    "serviceClaimStatuses": [
                        {
                            "serviceStatuses": [
                                {
                                    "healthCareClaimStatusCategoryCode": "A7",
                                    "statusCode": "562",
                                    "entityIdentifierCode": "85",
                                }
                            ]
                        }
                    ],
                }
            ]
        },
    )
    found = events_of(json.dumps(report))
    assert told(found) == told(plain)
    assert [e["data"] for e in found] == [e["data"] for e in plain]
    assert [e["type"] for e in found] == ["claim.acknowledged.v1", "claim.rejected.v1"]


def test_a_batch_rejected_as_a_whole():
    status = {"providerStatuses": [{"healthCareClaimStatusCategoryCode": "A8", "statusCode": "746"}]}
    report = report_277(
        batch={
            "providerClaimStatuses": [status | {"statusInformationEffectiveDate": "20260302"}],
            "claimStatusDetails": [],
        }
    )
    (event,) = events_of(json.dumps(report))
    assert (event["type"], event["data"]["submission"]) == ("submission.rejected.v1", {"reference": "BATCH7"})
