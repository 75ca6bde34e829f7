"""Steps of a history on the wire: sending, acknowledgments, rejections, remittances."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.demo.cloud_events import dollars
from tests.histories.history_teller import Case, Teller, charged

_REJECTIONS = ("A3", "A6", "A7", "A8")
_DENIALS = (("CO", "50"), ("CO", "197"), ("PR", "119"), ("CO", "97"), ("CO", "29"), ("OA", "18"))


def sent(teller: Teller, case: Case, frequency: str = "1") -> None:
    """claim.submitted, with its submission, its attempt, both or neither."""
    number = len(case.submissions) + 1
    reference = f"{case.claim_id}/{number}"
    data: dict[str, Any] = {
        "claim_id": case.claim_id,
        "frequency": frequency,
        "patient_id": case.patient_id,
        "payer_id": case.payer_id,
        "claim_filing_indicator": case.indicator,
        "billing_npi": "9999998013",
        "total_charge": dollars(case.charge),
        "place_of_service": "11",
        "diagnoses": ["M62.81"],
        "lines": charged(case.lines),
    }
    if frequency != "1":
        data["original_reference"] = f"ICN{case.claim_id}"
    if teller.chance(0.3):
        data["attempt"] = number
    if teller.chance(0.4):
        data["visit_ids"] = [case.visit_id]
    submission = {
        "sender": "CLINIC",
        "receiver": "EXCHANGE",
        "interchange": f"{number:09d}",
        "group": f"{case.claim_id}.{number}",
        "set": "0001",
        "reference": reference,
    }
    if teller.chance(0.9):
        data["submission"] = submission | {"sent_at": f"{teller.now:%Y-%m-%dT%H:%M:%SZ}"}
    case.submissions.append(submission)
    teller.tell("claim.submitted.v1", case.claim_id, data)


def sent_again(teller: Teller, case: Case) -> None:
    sent(teller, case, teller.random.choice(("1", "1", "7", "8")) if case.submissions else "1")


def syntax(teller: Teller, case: Case) -> None:
    """A 999 about the last submission, good or bad."""
    if not case.submissions:
        return
    submission = {key: case.submissions[-1][key] for key in ("sender", "group", "set")}
    bad = teller.chance(0.2)
    kind = "submission.rejected.v1" if bad else "submission.acknowledged.v1"
    subject = f"set:{submission['sender']}|{submission['group']}|{submission['set']}"
    teller.tell(kind, subject, {"submission": submission, "stage": "syntax", "code": "R" if bad else "A"})


def _about(teller: Teller, case: Case, data: dict[str, Any]) -> dict[str, Any]:
    """Bind a message to an attempt: by reference, by number, or not at all."""
    if case.submissions and teller.chance(0.7):
        return data | {"submission": {"reference": teller.random.choice(case.submissions)["reference"]}}
    if case.submissions and teller.chance(0.5):
        return data | {"attempt": teller.random.randint(1, len(case.submissions))}
    return data


def acknowledged(teller: Teller, case: Case) -> None:
    stage = teller.random.choice(("clearinghouse", "payer", "payer"))
    category = teller.random.choice(("A0", "A1", "A2", "A2", "A5") if stage == "payer" else ("A0", "A1"))
    data = {
        "claim_id": case.claim_id,
        "stage": stage,
        "category": category,
        "effective_on": teller.now.date().isoformat(),
    }
    teller.tell("claim.acknowledged.v1", case.claim_id, _about(teller, case, data))


def rejected(teller: Teller, case: Case) -> None:
    code = {"list": "277", "category": teller.random.choice(_REJECTIONS), "status": "562", "entity": "82"}
    data = {
        "claim_id": case.claim_id,
        "stage": teller.random.choice(("clearinghouse", "payer")),
        "codes": [code],
        "occurred_on": teller.now.date().isoformat(),
    }
    teller.tell("claim.rejected.v1", case.claim_id, _about(teller, case, data))


def _remit(teller: Teller, case: Case, total: int) -> dict[str, Any]:
    paid_on = (teller.now - timedelta(days=teller.random.randint(0, 3))).date()
    return {
        "trace_number": f"T{case.claim_id}-{len(teller.events)}",
        "payer_identifier": "1990000102",
        "payment_date": paid_on.isoformat(),
        "total_paid": dollars(total),
    }


def _post(teller: Teller, case: Case, kind: str, entry: dict[str, Any], paid: int) -> None:
    """An entry and the remittance around it, either first."""
    remit = _remit(teller, case, paid)
    data = {
        "claim_id": case.claim_id,
        "payer_id": case.payer_id,
        "claim_filing_indicator": case.indicator,
        "remit": remit,
        "ordinal": 1,
        "charge": dollars(case.charge),
        "paid": dollars(paid),
    } | entry
    around = {"remit": remit, "claim_count": 1, "balanced": True}
    if teller.chance(0.2):
        around |= {"provider_adjustments": [{"reason": "L6", "amount": "-1.00"}], "balanced": False}
    told = [(kind, case.claim_id, data), ("remittance.received.v1", remit["trace_number"], around)]
    if teller.chance(0.3):
        told.reverse()
    for each in told:
        teller.tell(*each)
    case.entries.append(data | {"cents": paid})


def _line(line: dict[str, Any], paid: int, adjustments: list[tuple[str, str, int]]) -> dict[str, Any]:
    shown = charged([line])[0] | {"paid": dollars(paid), "remark_codes": []}
    taken = [{"group": group, "reason": reason, "amount": dollars(cents)} for group, reason, cents in adjustments]
    return shown | {"adjustments": taken}


def paid(teller: Teller, case: Case) -> None:
    """Paid in some way: wholly, one line denied, all of it the patient's deductible, or only an estimate."""
    random = teller.random
    manner = random.choice(("whole", "whole", "line", "deductible", "estimate"))
    lines, total, patient = [], 0, 0
    for place, line in enumerate(case.lines):
        allowed = line["cents"] * random.choice((40, 45, 50)) // 100
        share = allowed if manner == "deductible" else allowed // 5
        if manner == "estimate":
            lines.append(_line(line, 0, [("OA", "101", line["cents"])]))
        elif manner == "line" and place == 0:
            lines.append(_line(line, 0, [("CO", "151", line["cents"])]))
        else:
            reason = "1" if manner == "deductible" else "2"
            lines.append(_line(line, allowed - share, [("CO", "45", line["cents"] - allowed), ("PR", reason, share)]))
            total, patient = total + allowed - share, patient + share
    entry = {
        "status_code": "25" if manner == "estimate" else "1",
        "lines": lines,
        "payer_claim_number": f"ICN{case.claim_id}{random.choice(('', '', 'B'))}",
        "patient_responsibility": dollars(patient),
    }
    _post(teller, case, "payment.posted.v1", entry, total)


def denied(teller: Teller, case: Case) -> None:
    group, reason = teller.random.choice(_DENIALS)
    lines = [_line(line, 0, [(group, reason, line["cents"])]) for line in case.lines]
    _post(teller, case, "claim.denied.v1", {"status_code": "1", "lines": lines}, 0)


def unprocessable(teller: Teller, case: Case) -> None:
    lines = [_line(line, 0, [("CO", "16", line["cents"])]) for line in case.lines]
    entry = {
        "status_code": "1",
        "lines": lines,
        "remark_codes": ["MA130"],
        "stage": "payer",
        "codes": [{"list": "rarc", "status": "MA130"}],
    }
    _post(teller, case, "claim.rejected.v1", entry, 0)


def reversed_(teller: Teller, case: Case) -> None:
    """Some earlier entry with its signs turned; without any, a reversal of something never seen."""
    if not case.entries:
        lines = [_line(line | {"cents": -line["cents"]}, -line["cents"], []) for line in case.lines]
        _post(
            teller,
            case,
            "payment.reversed.v1",
            {"status_code": "22", "lines": lines, "charge": dollars(-case.charge)},
            -case.charge,
        )
        return
    earlier = teller.random.choice(case.entries)
    lines = [_negated(line) for line in earlier["lines"]]
    entry = {
        "status_code": "22",
        "lines": lines,
        "charge": dollars(-case.charge),
        "payer_claim_number": earlier.get("payer_claim_number"),
    }
    _post(teller, case, "payment.reversed.v1", entry, -earlier["cents"])


def _negated(line: dict[str, Any]) -> dict[str, Any]:
    turned = {key: _minus(line[key]) for key in ("charge", "paid")}
    adjustments = [taken | {"amount": _minus(taken["amount"])} for taken in line["adjustments"]]
    return line | turned | {"adjustments": adjustments}


def _minus(amount: str) -> str:
    return amount[1:] if amount.startswith("-") else f"-{amount}"


def secondary(teller: Teller, case: Case) -> None:
    """Another payer pays a little of what the first left."""
    lines = [_line(line, 100, [("OA", "23", line["cents"] - 100)]) for line in case.lines]
    entry = {
        "status_code": "2",
        "payer_id": "FOXGLOVE",
        "payer_sequence": "S",
        "claim_filing_indicator": "15",
        "lines": lines,
    }
    _post(teller, case, "payment.posted.v1", entry, 100 * len(lines))
