"""CloudEvents for what X12 does not carry: visits, contracts, policies, balances, and what people do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from services.demo.clinic import FIRST, HANDOVER, TTH, PatientSeen
from services.demo.workdays import at
from services.demo.world import instant

EHR, DESK, OFFICE, PORTAL = "urn:quillback:ehr", "urn:quillback:desk", "urn:quillback:office", "urn:quillback:portal"
OPENING = time(8)
TIMED = {"97110", "97112", "97116", "97140", "97530", "97535"}
CloudEventJson = dict[str, Any]


def event(name: tuple[str, str], kind: str, subject: str, when: datetime, data: dict[str, Any]) -> CloudEventJson:
    """One CloudEvent; `name` is its source and id, `when` a clinic-local time."""
    source, event_id = name
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": kind,
        "subject": subject,
        "time": instant(when),
        "datacontenttype": "application/json",
        "data": data,
    }


def ndjson(events: Iterable[CloudEventJson]) -> str:
    return "".join(json.dumps(item, separators=(",", ":")) + "\n" for item in events)


def dollars(cents: int) -> str:
    """Cents as a string with two decimals."""
    sign, whole = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{whole // 100}.{whole % 100:02d}"


def visit(seen: PatientSeen, start: datetime, changes: dict[str, Any]) -> CloudEventJson:
    """visit.documented.v1 of one visit that began at `start`; `changes` replace fields, None takes one away."""
    claim, patient = seen.claim, seen.claim.patient
    minutes = dict(zip((line.number for line in claim.lines), seen.minutes, strict=True))
    timed = [
        {
            "procedure": line.procedure,
            "minutes": minutes[line.number],
            **({"assistant_minutes": minutes[line.number]} if "CQ" in line.modifiers else {}),
        }
        for line in claim.lines
        if line.procedure in TIMED
    ]
    ended = start + timedelta(minutes=sum(seen.minutes))
    data: dict[str, Any] = {
        "visit_id": f"V{claim.claim_id[2:]}",
        "patient_id": patient.chart or patient.id,
        "payer_id": patient.payer.payer_id,
        "discipline": claim.discipline,
        "dos": claim.dos.isoformat(),
        "ended_at": instant(ended),
        "therapist_id": claim.therapist.number,
        "timed": timed,
        "untimed": [{"procedure": line.procedure} for line in claim.lines if line.procedure not in TIMED],
        "total_minutes": sum(seen.minutes) + 4,
        "diagnoses": list(patient.diagnoses),
        "plan_of_care": _plan(seen),
        "documentation": dict.fromkeys(
            (
                "timed_minutes",
                "functional_activity",
                "goal_connection",
                "skilled_rationale",
                "assistance_level",
                "patient_response",
                "one_on_one",
            ),
            True,
        ),
        "note_signed_at": instant(ended + timedelta(minutes=12)),
    }
    if seen.ordinal % 10 == 9:
        data["progress_report"] = True  # by the tenth treatment day
    if any("KX" in line.modifiers for line in claim.lines):
        data["kx_attestation"] = {"by": claim.therapist.number, "at": data["note_signed_at"]}
    kept = {name: value for name, value in (data | changes).items() if value is not None}
    return event(
        (EHR, f"visit-{claim.claim_id[2:]}"),
        "visit.documented.v1",
        data["visit_id"],
        ended + timedelta(minutes=12),
        kept,
    )


def _plan(seen: PatientSeen) -> dict[str, str]:
    """Ninety days from the evaluation, which for patients of before was in September."""
    claim = seen.claim
    begun = date(2026, 9, 14)
    if seen.tag == "deductible":
        begun = FIRST
    elif not seen.tag and claim.dos >= HANDOVER:
        begun = HANDOVER if claim.dos.weekday() in TTH else HANDOVER + timedelta(days=1)
    return {"established_on": begun.isoformat(), "certified_through": (begun + timedelta(days=90)).isoformat()}


def visits_of_day(seen: Iterable[PatientSeen], changes: dict[str, dict[str, Any]]) -> list[CloudEventJson]:
    """The day's visits; each therapist sees patients one after the other from eight o'clock, at fixed hours."""
    turn: dict[str, int] = {}
    out = []
    for item in seen:
        number = turn.get(item.claim.discipline, 0)
        turn[item.claim.discipline] = number + 1
        out.append(visit(item, at(item.claim.dos, OPENING, 70 * number), changes.get(item.claim.claim_id, {})))
    return out
