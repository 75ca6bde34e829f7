"""Examples for the OpenAPI document. Synthetic, like everything here."""

from __future__ import annotations

from typing import Any

from services.api import event_documents
from services.api.event_documents import COMPONENTS

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "paid-1",
    "source": "urn:example:desk",
    "type": "patient.paid.v1",
    "subject": "CLM-1001",
    "time": "2026-10-05T15:00:00Z",
    "data": {"claim_id": "CLM-1001", "amount": "25.00"},
}
EVENT_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/cloudevents+json": {"schema": {"$ref": COMPONENTS + event_documents.EVENT}, "example": EVENT},
    },
}
BATCH_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/cloudevents-batch+json": {
            "schema": {"$ref": COMPONENTS + event_documents.BATCH},
            "example": [EVENT],
        },
    },
}
EVENT_LIST: dict[str, Any] = {
    "content": {
        "application/json": {"schema": {"type": "array", "items": {"$ref": COMPONENTS + event_documents.EVENT}}}
    }
}
_X12 = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261005*1500*^*00501*000000001*0*T*:~"
    "GS*FA*SENDER*RECEIVER*20261005*1500*1*X*005010X231A1~ST*999*0001*005010X231A1~AK1*HC*1*005010X222A1~AK9*A*1*1*1~"
    "SE*4*0001~GE*1*1~IEA*1*000000001~"
)
_BINARY_FILE = {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of the archive"}
_REPORT: dict[str, Any] = {
    "transactions": [
        {
            "financialInformation": {
                "transactionHandlingCode": "I",
                "totalActualProviderPaymentAmount": "80.00",
                "paymentMethodCode": "ACH",
                "checkIssueOrEFTEffectiveDate": "20261005",
            },
            "paymentAndRemitReassociationDetails": {"checkOrEFTTraceNumber": "T-1"},
            "detailInfo": [],
        }
    ]
}
_TEXT = {"schema": {"type": "string", "format": "binary"}, "example": _X12}
EDI_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        **dict.fromkeys(("application/edi-x12", "application/octet-stream", "text/plain"), _TEXT),
        **dict.fromkeys(("application/zip", "application/gzip"), _BINARY_FILE),
        "application/json": {"schema": {"type": "object"}, "example": _REPORT},
    },
}
EDI_KINDS = frozenset(EDI_BODY["content"])  # the body is the file
FORM = "multipart/form-data"  # the file is a part of the body
EDI_BODY["content"][FORM] = {
    "schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY_FILE["schema"]}},
    "example": {"file": _TEXT["example"]},
}
CONTRACT_FORM: dict[str, Any] = {
    "file": "CPT,Fee\n97110,40.00\n",
    "contract_id": "acme-2027",
    "payer_id": "ACME",
    "version": "1",
    "effective_from": "2027-01-01",
    "code_column": "CPT",
    "amount_column": "Fee",
}
BINARY = "application/octet-stream"
RULE_FILE_BODY: dict[str, Any] = {
    "required": True,
    "content": {BINARY: {"schema": {"type": "string", "format": "binary"}, "example": "year = 2027"}},
}
ACT: dict[str, Any] = {"action": "note", "worklist": "rejection", "note": "called the clearinghouse"}
ACTS: dict[str, Any] = {"acts": [{"ref": "0123456789abcdef01234567", "act": ACT}]}
SEARCH: dict[str, Any] = {"claim_id": "CLM-1001"}
ESTIMATE: dict[str, Any] = {
    "payer": "MEDICARE",
    "dos": "2026-03-02",
    "discipline": "PT",
    "timed": [{"procedure": "97110", "minutes": 23}, {"procedure": "97530", "minutes": 15}],
    "untimed": [{"procedure": "97161"}],
    "running": "2455.00",
}
WHAT_IF: dict[str, Any] = {
    "contracts": [
        {
            "contract_id": "acme-2027",
            "version": "1",
            "scope": {"payer_id": "ACME"},
            "effective_from": "2026-01-01",
            "method": "per_unit",
            "rates": [{"procedure": "97110", "amount": "33.00"}],
        }
    ],
    "dos_from": "2026-01-01",
}
PACK: dict[str, Any] = {
    "pack_id": "own.kx_2027",
    "kind": "kx",
    "version": "1",
    "source": "our reading of the final rule",
    "verified_on": "2026-11-20",
    "confidence": "medium",
    "periods": [{"effective_from": "2027-01-01", "effective_to": "2028-01-01", "values": {"PT_SLP": "2480.00"}}],
}
LEARNED: dict[str, Any] = {"rule": "learned.co-11.97530.m5450", "do": "adopt"}
