"""Milliseconds per event to fold a patient's year of 120 visits again: every claim, every day, the year."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from projections.tables.columns import EPOCH
from services.core.clock import Stopwatch, SystemClock
from services.core.collector import collect_seldom
from services.devtools.bench.figures import Tick, interleaved, middle
from services.devtools.bench.recorded import refuse_stale
from services.devtools.bench.servers import SqliteFiles
from services.devtools.bench.workload import ZONE
from services.projector.folds import FoldContext
from services.projector.projector import Projector
from services.projector.refold import refold
from services.projector.replay import first_keys
from services.store.engine import open_engine, writing
from services.store.reference import References, ref_maker

VISITS = 120
PATIENT, PRACTICE = "BENCH-1", "default"
# Code, units, charge and what Medicare allows nationally in 2026: one unit in full, the others reduced.
CODES = (("97530", 2, "80.00", "60.12"), ("97110", 1, "60.00", "22.21"), ("97140", 1, "58.00", "21.21"))


def bench_fold(directory: Path, rounds: int, tick: Tick) -> dict[str, Any]:
    """The `fold` part of the report: the log is read, folded and its rows replaced, on SQLite, in one transaction."""
    tick("patient-year")
    events = list(patient_year())
    references = References(ZONE, ref_maker(b"bench"))
    with SqliteFiles(directory).fresh() as url:
        engine = open_engine(url)
        entries = [(f"1-{n}", {b"event": json.dumps(event).encode()}) for n, event in enumerate(events)]
        Projector(engine, references, SystemClock()).process(entries)

        def seconds() -> float:
            with writing(engine) as connection:
                keys = first_keys(connection, PRACTICE)
                reference = references.get(connection, PRACTICE)
                watch = Stopwatch()
                refold(FoldContext(connection, connection), keys, reference, EPOCH)
            return watch.seconds

        seconds()  # what is worked out once per process is no part of a refold
        collect_seldom()  # as every projector does
        found = interleaved({"refold": seconds}, rounds, tick)["refold"]
        refuse_stale(engine)
        engine.dispose()
    return {
        "visits": VISITS,
        "events": len(events),
        "rounds": rounds,
        "ms_per_event": middle([took / len(events) * 1000 for took in found]),
    }


def patient_year() -> Iterator[dict[str, Any]]:
    """One Medicare patient, seen 120 times in 2026: each visit documented, billed, acknowledged twice and paid."""
    for number in range(VISITS):
        dos = date(2026, 1, 5) + timedelta(days=number * 3 - number // 2)
        noon = datetime(dos.year, dos.month, dos.day, 18)  # noqa: DTZ001  written with a Z below
        claim = f"BENCH-{number:03d}"
        for kind, subject, wait, data in _story(number, claim, dos):
            yield {
                "specversion": "1.0",
                "id": f"{claim}/{kind}/{wait}",
                "source": "urn:bench",
                "type": kind,
                "subject": subject,
                "time": f"{noon + timedelta(hours=wait):%Y-%m-%dT%H:%M:%SZ}",
                "data": data,
            }


def _story(number: int, claim: str, dos: date) -> Iterator[tuple[str, str, int, dict[str, Any]]]:
    lines = [
        {"number": n, "procedure": code, "modifiers": ["GP"], "units": units, "charge": charge, "dos": f"{dos}"}
        for n, (code, units, charge, _) in enumerate(CODES, 1)
    ]
    visit_id = f"V-{claim}"
    yield (
        "visit.documented.v1",
        visit_id,
        0,
        {
            "visit_id": visit_id,
            "patient_id": PATIENT,
            "payer_id": "MEDICARE",
            "discipline": "PT",
            "dos": f"{dos}",
            "therapist_id": "1999999976",
            "total_minutes": 60,
            "diagnoses": ["M62.81"],
            "untimed": [],
            "timed": [{"procedure": code, "minutes": 15 * units} for code, units, _, _ in CODES],
        },
    )
    reference = {"reference": f"R{number:05d}"}
    yield (
        "claim.submitted.v1",
        claim,
        6,
        {
            "claim_id": claim,
            "patient_id": PATIENT,
            "payer_id": "MEDICARE",
            "claim_filing_indicator": "MB",
            "billing_npi": "1999999984",
            "place_of_service": "11",
            "total_charge": "198.00",
            "diagnoses": ["M62.81"],
            "visit_ids": [visit_id],
            "lines": lines,
            "submission": reference,
        },
    )
    for wait, stage, category in ((12, "clearinghouse", "A1"), (30, "payer", "A2")):
        yield (
            "claim.acknowledged.v1",
            claim,
            wait,
            {
                "claim_id": claim,
                "stage": stage,
                "category": category,
                "submission": reference,
            },
        )
    yield "payment.posted.v1", claim, 24 * 16, _paid(number, claim, dos)


def _paid(number: int, claim: str, dos: date) -> dict[str, Any]:
    answered = []
    total = 0
    for n, (code, units, charge, allowed) in enumerate(CODES, 1):
        whole, due = int(charge.replace(".", "")), int(allowed.replace(".", ""))
        share = due // 5
        total += due - share
        answered.append(
            {
                "number": n,
                "procedure": code,
                "modifiers": ["GP"],
                "units": units,
                "charge": charge,
                "paid": _dollars(due - share),
                "allowed": _dollars(due),
                "dos": f"{dos}",
                "adjustments": [
                    {"group": "CO", "reason": "45", "amount": _dollars(whole - due)},
                    {"group": "PR", "reason": "2", "amount": _dollars(share)},
                ],
            }
        )
    return {
        "claim_id": claim,
        "patient_id": PATIENT,
        "payer_id": "MEDICARE",
        "claim_filing_indicator": "MB",
        "remit": {
            "trace_number": f"T{number:05d}",
            "payer_identifier": "1990000102",
            "payment_date": f"{dos + timedelta(days=16)}",
            "total_paid": _dollars(total),
        },
        "ordinal": 1,
        "status_code": "1",
        "charge": "198.00",
        "paid": _dollars(total),
        "lines": answered,
    }


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
