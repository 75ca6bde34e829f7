"""Rows of the read tables for as many open claims as wanted: invented, and the same in every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from random import Random

from sqlalchemy import Engine, insert

from projections.tables.columns import NEVER, Row
from projections.tables.tables import READ_TABLES
from services.demo.world import DEMO_AT
from services.store.dialect import dialect_of

PRACTICE = "default"
PIECES = 20  # that the claims are written in
TODAY = DEMO_AT.date()
CLAIMS_EACH, CLAIMS_PAID = 8, 50  # claims of one patient, and of one check
LAST_NAMES = ("HOLLISTER", "QUESADA", "EASTLAKE", "VANTERPOOL", "DRAYMORE", "ASHGROVE", "CORVALLO", "THISTLEWOOD")
FIRST_NAMES = ("BRAM", "WINSTON", "KEZIA", "JUDE", "SILAS", "NILS", "LORNE", "TAMSIN", "GRETA", "CELIA")
PAYERS = tuple(f"PAYER{n:02d}" for n in range(12))
# One item an open claim, two for every fifth: which list, what the money is lost by (days from today), why, what next.
KINDS: tuple[tuple[str, tuple[int, int] | None, str, str], ...] = (
    ("missing_ack", (-30, 365), "No decision by the payer 30 days after it took the claim", "Ask the payer (276)"),
    ("filing", (-30, 365), "The payer does not have this claim; its limit for filing runs", "Send the claim"),
    ("denial", (-30, 180), "Denied: the service is not deemed a medical necessity (CO-50)", "Appeal with the notes"),
    ("rejection", (-30, 300), "Rejected by the payer: the member was not found (A7:562)", "Correct and send it again"),
    ("underpayment", None, "Paid less than the contract says on one line", "Dispute the line"),
)
EXPLANATION = (
    "Claim received on day one by the payer named above",
    "Window: 365 days from the day of service",
    "Rule: the shipped policy, verified on its own day",
    "Stops when the payer's answer is posted",
)


def open_claims(count: int) -> Iterator[tuple[Row, list[Row]]]:
    """Each with its work; every twentieth is owed by the patient."""
    chance = Random(1)  # noqa: S311
    for n in range(count):
        about = {
            "key": f"claim|{PRACTICE}|C{n:07d}",
            "practice": PRACTICE,
            "claim_id": f"C{n:07d}",
            "ref": f"{n:024x}",
            "patient_id": f"P{n // CLAIMS_EACH:06d}",
            "payer_id": chance.choice(PAYERS),
        }
        kinds = chance.sample(KINDS, 2 if n % 5 == 0 else 1)
        yield _claim(about, chance, by_patient=n % 20 == 0), [_item(about, kind, chance) for kind in kinds]


def _claim(about: Row, chance: Random, *, by_patient: bool) -> Row:
    number = int(about["claim_id"][1:])
    dos, owed = TODAY - timedelta(days=chance.randrange(400)), chance.randrange(500, 40_000)
    return {
        **about,
        "patient_name": name_of(number // CLAIMS_EACH),
        "member_id": f"MBR{number // CLAIMS_EACH:08d}",
        "payer_number": f"7481{number:09d}",
        "status": "accepted",
        "flags": "",
        "dos": dos,
        "charge": owed,
        "allowed": 0,
        "paid": 0,
        "patient_responsibility": owed if by_patient else 0,
        "payer_balance": 0 if by_patient else owed,
        "patient_balance": owed if by_patient else 0,
        "written_off": 0,
        "sent_on": dos + timedelta(days=2),
        "patient_since": dos + timedelta(days=30) if by_patient else None,
        "answers": [],
    }


def name_of(patient: int) -> str:
    """As a file names the patient of this number."""
    last, first = LAST_NAMES[patient % len(LAST_NAMES)], FIRST_NAMES[patient // 8 % len(FIRST_NAMES)]
    return f"{last}{''.join('ABCDEFGHIJ'[int(digit)] for digit in str(patient // 80))}, {first}"


def typed(count: int) -> dict[str, str]:
    """What a person may type, of one of the claims: kind of search -> text."""
    n = count // 3
    last, first = name_of(n // CLAIMS_EACH).split(", ")
    return {
        "claim number": f"C{n:07d}",
        "beginning of a claim number": f"C{n // 1000:04d}",
        "part of a claim number": f"{n:07d}"[1:],
        "last name": last,
        "first and last name": f"{first} {last}".title(),
        "member id": f"MBR{n // CLAIMS_EACH:08d}",
        "date of service": f"{TODAY:%m/%d/%Y}",
        "check": f"EFT{n // CLAIMS_PAID:09d}",
        "payer claim number": f"7481{n:09d}",
        "amount": "$286.00",
        "nothing that fits": "no such words",
    }


def patients(count: int) -> Iterator[Row]:
    """Those of this many claims."""
    for n in range(-(-count // CLAIMS_EACH)):
        about = {"key": f"patient|{PRACTICE}|P{n:06d}", "practice": PRACTICE, "patient_id": f"P{n:06d}"}
        yield about | {"initials": "XX", "full_name": name_of(n), "member_id": f"MBR{n:08d}", "facts": {}}


def checks(count: int) -> Iterator[Row]:
    """Those that paid this many claims."""
    for n in range(-(-count // CLAIMS_PAID)):
        yield {
            "key": f"remittance|{PRACTICE}|R{n:07d}",
            "practice": PRACTICE,
            "payer_identifier": PAYERS[n % len(PAYERS)],
            "payer_name": PAYERS[n % len(PAYERS)],
            "trace_number": f"EFT{n:09d}",
            "payment_date": TODAY - timedelta(days=n % 400),
            "total_paid": 100_000 + n,
            "claims": CLAIMS_PAID,
            "claims_paid": 100_000 + n,
            "provider_adjusted": 0,
            "typed": False,
            "balanced": True,
            "received_at": DEMO_AT,
        }


def _item(about: Row, told: tuple[str, tuple[int, int] | None, str, str], chance: Random) -> Row:
    kind, days, reason, following = told
    due = datetime.combine(TODAY, time(6), UTC) + timedelta(days=chance.randrange(-30, 200))
    at_risk = chance.randrange(500, 40_000)
    return {
        **about,
        "kind": kind,
        "item": "",
        "due": due.date().isoformat(),
        "overdue_at": due,
        "lost_on": NEVER if days is None else TODAY + timedelta(days=chance.randrange(*days)),
        "amount_at_risk": at_risk,
        "amount_order": -at_risk,
        "category": None,
        "discipline": chance.choice(("PT", "OT", "SLP")),
        "reason": reason,
        "next_action": following,
        "assignee": None,
        "snoozed_until": DEMO_AT + timedelta(days=2) if chance.random() < 0.02 else None,
        "clocks": "timely_filing",
        "explanation": list(EXPLANATION),
    }


def fill(engine: Engine, count: int, told: Callable[[str], None]) -> None:
    """Writes this many open claims and their work straight into the read tables."""
    rows, written = open_claims(count), 0
    while piece := list(islice(rows, -(-count // PIECES))):
        with engine.begin() as connection:
            connection.execute(insert(READ_TABLES["claim"]), [claim for claim, _ in piece])
            connection.execute(insert(READ_TABLES["work_item"]), [item for _, items in piece for item in items])
        written += len(piece)
        told(f"{written:,} claims written")
    for name, others in (("patient", patients(count)), ("remittance", checks(count))):
        while some := list(islice(others, 50_000)):
            with engine.begin() as connection:
                connection.execute(insert(READ_TABLES[name]), some)
    with engine.begin() as connection:
        if dialect_of(connection).has_concurrent_writers:  # PostgreSQL does so by itself before long; SQLite never does
            connection.exec_driver_sql("ANALYZE")
