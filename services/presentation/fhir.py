"""Claims as FHIR R4 resources (4.0.1): Claim, ClaimResponse, ExplanationOfBenefit, Task.

Made from the very JSON that a claim's page and the lists give. What the standard demands and nobody told us is marked
with the extension data-absent-reason; nothing is filled in. https://hl7.org/fhir/R4/
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from projections.tables.vocabulary import ClaimStatus
from services.presentation import labels
from services.presentation.claim_summary import UNDECIDED

Page = Mapping[str, Any]
Resource = dict[str, Any]
VERSION = "4.0.1"
TYPES = ("Claim", "ClaimResponse", "ExplanationOfBenefit", "Task")
UNKNOWN: Resource = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"},
    ]
}
NPI = "http://hl7.org/fhir/sid/us-npi"
PROCEDURES = "urn:oid:2.16.840.1.113883.6.285"  # HCPCS, of which CPT is level I
DIAGNOSES = "http://hl7.org/fhir/sid/icd-10-cm"
REASONS = "https://x12.org/codes/claim-adjustment-reason-codes"
REMARKS = "https://x12.org/codes/remittance-advice-remark-codes"
_ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
_CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
_PREDETERMINATION = "predetermination"
_ANSWERED: Mapping[str, str] = {
    "payment": "Payment",
    "denial": "Denial",
    "reversal": "Reversal of an earlier payment",
    "rejection": "Returned as unprocessable",
    _PREDETERMINATION: "Predetermination",
}
_OPEN_TASK, _HELD, _TAKEN, _DONE = "requested", "on-hold", "in-progress", "completed"


def claim(page: Page, updated: str) -> Resource:
    """The claim as we sent it, or as the system used before stated it."""
    return _known(
        {
            **_head("Claim", page["ref"], updated),
            **_parties(page),
            "status": "cancelled" if page["status"] == ClaimStatus.VOIDED else "active",
            "use": "claim",
            "created": _created(page),
            "priority": UNKNOWN,
            "billablePeriod": _period(page),
            "diagnosis": _diagnoses(page),
            "insurance": [_insurance(payer, place) for place, payer in enumerate(page["payers"] or [{}], 1)],
            "item": [_item(line) for line in page["lines"]],
            "total": _money(page["charge"]),
        }
    )


def responses(page: Page, updated: str) -> list[Resource]:
    """Each answer of a payer, in business order; what a payer took back is cancelled."""
    found: list[Resource] = []
    seen: dict[str, int] = {}
    for entry in page["entries"]:
        if entry["kind"] not in _ANSWERED:
            continue
        name = _digest(entry["event"]["source"], entry["event"]["id"])
        seen[name] = seen.get(name, 0) + 1
        again = f"-{seen[name]}" if seen[name] > 1 else ""
        found.append(_response(page, entry, f"{page['ref']}-{name}{again}", updated))
    return found


def _response(page: Page, entry: Page, name: str, updated: str) -> Resource:
    shares = [("submitted", entry["charge"]), ("benefit", entry["paid"])]
    told = _parties(page)
    told.pop("provider")
    number = entry["payer_claim_number"]
    return _known(
        {
            **_head("ClaimResponse", name, updated),
            **told,
            "identifier": [{"value": number}] if number else None,
            "status": "cancelled" if entry["undone"] else "active",
            "use": "predetermination" if entry["kind"] == _PREDETERMINATION else "claim",
            "created": entry["notice_date"],
            "insurer": _organization(entry["payer_id"]),
            "request": {"reference": f"Claim/{page['ref']}"},
            "outcome": "error" if entry["kind"] == "rejection" else "complete",
            "disposition": _ANSWERED[entry["kind"]],
            "adjudication": [_adjustment(a) for a in entry["adjustments"]],
            "total": [{"category": _category(code), "amount": _money(amount)} for code, amount in shares],
            "payment": _payment(entry),
        }
    )


def _payment(entry: Page) -> Resource | None:
    """The remittance it came in, by its check or EFT number."""
    if entry["kind"] not in ("payment", "reversal"):
        return None
    told = {"type": UNKNOWN, "amount": _money(entry["paid"]), "date": entry["notice_date"]}
    return told | ({"identifier": {"value": entry["trace_number"]}} if entry["trace_number"] else {})


def explanation(page: Page, updated: str) -> Resource:
    """The claim with all answers of all payers so far: what was charged, allowed, paid and left to the patient."""
    payers = page["payers"] or [{}]
    answered = bool(page["entries"])
    return _known(
        {
            **_head("ExplanationOfBenefit", page["ref"], updated),
            **_parties(page),
            "status": "cancelled" if page["status"] == ClaimStatus.VOIDED else "active",
            "use": "claim",
            "created": _created(page),
            "insurer": _organization(page["payer_id"]),
            "outcome": "complete" if answered else "queued",
            "claim": {"reference": f"Claim/{page['ref']}"},
            "claimResponse": _last_response(page, updated),
            "billablePeriod": _period(page),
            "diagnosis": _diagnoses(page),
            "insurance": [{"focal": place == 1, "coverage": _coverage(payer)} for place, payer in enumerate(payers, 1)],
            "item": [_item(line) | _line_adjudication(line) for line in page["lines"]],
            "total": _totals(page, answered=answered),
        }
    )


def _last_response(page: Page, updated: str) -> Resource | None:
    found = responses(page, updated)
    return {"reference": f"ClaimResponse/{found[-1]['id']}"} if found else None


def _totals(page: Page, *, answered: bool) -> list[Resource]:
    """Only what is known: before an answer, nothing is paid or left to the patient, and it is not said to be zero."""
    told = [("submitted", page["charge"])]
    if answered or page["carried_over"]:
        told.append(("benefit", page["paid"]))
    return [{"category": _category(code), "amount": _money(amount)} for code, amount in told]


def tasks(items: Sequence[Page], updated: str) -> list[Resource]:
    """The open items of a claim on the worklists, most urgent first."""
    return [_task(item, updated) for item in items]


def _task(item: Page, updated: str) -> Resource:
    status = _DONE if item["done"] else _HELD if item["snoozed_until"] else _TAKEN if item["assignee"] else _OPEN_TASK
    end = item["due"]
    return _known(
        {
            **_head("Task", f"{item['ref']}-{_digest(item['kind'], item['item'])}", updated),
            "status": status,
            "intent": "order",
            "priority": "urgent" if item["overdue"] else "routine",
            "code": {"text": labels.WORKLISTS[item["kind"]][0]},
            "description": item["reason"],
            "focus": {"reference": f"Claim/{item['ref']}"},
            "for": _identified(item["patient_id"]) if item["patient_id"] else None,
            "owner": {"display": item["assignee"]} if item["assignee"] else None,
            "restriction": {"period": {"end": end}} if end else None,
            "note": [{"text": item["next_action"]}],
        }
    )


def capability(version: str, base: str) -> Resource:
    """What this server does of FHIR."""
    resources = [
        {
            "type": name,
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "versioning": "no-version",
            "searchParam": [
                {
                    "name": "_lastUpdated",
                    "type": "date",
                    "documentation": "ge, gt, le, lt or eq before a date or instant",
                }
            ],
        }
        for name in TYPES
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-30",
        "kind": "instance",
        "software": {"name": "Claimclock", "version": version},
        "implementation": {"description": "Claims, payers' answers and open work, read only", "url": base},
        "fhirVersion": VERSION,
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "Authorization: Bearer with an API key that has claims:read"},
                "resource": resources,
            }
        ],
    }


def bundle(found: Sequence[Resource], base: str, links: Mapping[str, str]) -> Resource:
    """A page of a search."""
    return _known(
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "link": [{"relation": name, "url": url} for name, url in links.items()],
            "entry": [
                {
                    "fullUrl": f"{base}/{each['resourceType']}/{each['id']}",
                    "resource": each,
                    "search": {"mode": "match"},
                }
                for each in found
            ],
        }
    )


def outcome(code: str, text: str) -> Resource:
    """Why a request failed."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "diagnostics": text}],
    }


def _head(kind: str, name: str, updated: str) -> Resource:
    return {"resourceType": kind, "id": name, "meta": {"lastUpdated": updated}}


def _parties(page: Page) -> Resource:
    patient = page["patient"]
    who = _identified(page["patient_id"]) if page["patient_id"] else dict(UNKNOWN)
    if patient["name"]:
        who["display"] = patient["name"]
    npi = page["billing_npi"]
    return {
        "identifier": [{"value": page["claim_id"]}],
        "type": {"coding": [{"system": _CLAIM_TYPE, "code": "professional"}]},
        "patient": who,
        "provider": {"identifier": {"system": NPI, "value": npi}} if npi else UNKNOWN,
    }


def _created(page: Page) -> str:
    """When it was sent first, as far as known; else when the first word of it came."""
    return str(page["sent_at"] or page["timeline"][0]["time"])


def _period(page: Page) -> Resource | None:
    days = sorted(line["dos"] for line in page["lines"] if line["dos"]) or ([page["dos"]] if page["dos"] else [])
    return {"start": days[0], "end": days[-1]} if days else None


def _diagnoses(page: Page) -> list[Resource]:
    return [
        {"sequence": place, "diagnosisCodeableConcept": {"coding": [{"system": DIAGNOSES, "code": _dotted(code)}]}}
        for place, code in enumerate(page["diagnoses"], 1)
    ]


def _dotted(code: str) -> str:
    bare = code.replace(".", "")
    return f"{bare[:3]}.{bare[3:]}" if len(bare) > 3 else bare


def _insurance(payer: Page, place: int) -> Resource:
    return {"sequence": place, "focal": place == 1, "coverage": _coverage(payer)}


def _coverage(payer: Page) -> Resource:
    return _organization(payer.get("payer_id"))


def _organization(payer_id: str | None) -> Resource:
    return _identified(payer_id) if payer_id else UNKNOWN


def _identified(value: str) -> Resource:
    return {"identifier": {"value": value}}


def _item(line: Page) -> Resource:
    return _known(
        {
            "sequence": line["number"],
            "productOrService": {"coding": [{"system": PROCEDURES, "code": line["procedure"]}]}
            if line["procedure"]
            else UNKNOWN,
            "modifier": [{"coding": [{"system": PROCEDURES, "code": code}]} for code in line["modifiers"]],
            "servicedDate": line["dos"],
            "quantity": {"value": float(line["units"])},
            "net": _money(line["charge"]),
        }
    )


def _line_adjudication(line: Page) -> Resource:
    """What payers said of a line; nothing where none answered it."""
    if line["status"] in UNDECIDED:
        return {}
    told = [("submitted", line["charge"]), ("eligible", line["allowed"]), ("benefit", line["paid"])]
    found = [{"category": _category(code), "amount": _money(amount)} for code, amount in told]
    found += [_adjustment(a) for a in line["adjustments"]]
    remarks = [
        {"category": {"text": "remark"}, "reason": {"coding": [{"system": REMARKS, "code": code}]}}
        for code in line["remark_codes"]
    ]
    return {"adjudication": [*found, *remarks]}


def _adjustment(adjustment: Page) -> Resource:
    return {
        "category": {"text": labels.GROUPS.get(adjustment["group"], adjustment["group"])},
        "reason": {"coding": [{"system": REASONS, "code": adjustment["reason"]}]},
        "amount": _money(adjustment["amount"]),
    }


def _category(code: str) -> Resource:
    return {"coding": [{"system": _ADJUDICATION, "code": code}]}


def _money(amount: str) -> Resource:
    return {"value": float(amount), "currency": "USD"}


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]


def _known(told: Resource) -> Resource:
    """Without what is empty: the standard knows no null and no empty list."""
    return {name: value for name, value in told.items() if value not in (None, [], {})}
