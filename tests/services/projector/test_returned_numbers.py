"""Responses under changed claim numbers, answers to whole files and replacements, through the database, in any order."""

from __future__ import annotations

import io
import itertools
import json
import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from projections.claims.returned_numbers import same_number
from projections.tables.tables import READ_TABLES
from services.intake.results import FoundEvent, Source
from services.store.claim_numbers import MOST, NUMBER, related
from tests.services.intake.reading import read
from tests.services.projector.conftest import dump, project

CLAIM, ITEM = READ_TABLES["claim"], READ_TABLES["work_item"]
RECEIVED = datetime(2026, 11, 5, tzinfo=UTC)  # the day of the import, long after everything
SEGMENT = "~"


def events_of(text):
    source = Source(
        name="file",
        sha256="ab" * 32,
        correlation_id="c-1",
        practice="default",
        received_at=RECEIVED,
        zone=ZoneInfo("UTC"),
    )
    found = read(io.BytesIO(text.encode()), source)
    return [json.loads(json.dumps(item.event)) for item in found if isinstance(item, FoundEvent)]


def envelope(code, day, control, *body, sender="FC1", receiver="CH1", guide="005010X222A1", minute="1200"):
    group = {"837": "HC", "835": "HP", "277": "HN", "999": "FA"}[code]
    head = [
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*{day[2:]}*{minute}*^*00501*{control:09d}*0*P*:",
        f"GS*{group}*{sender}*{receiver}*{day}*{minute}*{control}*X*{guide}",
        f"ST*{code}*0001*{guide}",
    ]
    return SEGMENT.join([*head, *body, f"SE*{len(body) + 2}*0001", f"GE*1*{control}", f"IEA*1*{control:09d}"]) + SEGMENT


def sent(claim_id, day="20260106", control=1, member="M1", dos="20260105", reference=None, charge="140", **more):
    extra = [f"REF*F8*{more['original']}"] if "original" in more else []
    frequency = "7" if extra else "1"
    return envelope(
        "837",
        day,
        control,
        f"BHT*0019*00*{reference or f'B{control}'}*{day}*1200*CH",
        "HL*1**20*1",
        "NM1*85*2*FIELD CLINIC*****XX*1999999984",
        "HL*2*1*22*0",
        "SBR*P*18*******CI",
        f"NM1*IL*1*DOE*PAT****MI*{member}",
        "NM1*PR*2*COMMERCE*****PI*60999",
        f"CLM*{claim_id}*{charge}***11:B:{frequency}*Y*A*Y*Y",
        *extra,
        "HI*ABK:M25561",
        "LX*1",
        f"SV1*HC:97110:GP*{charge}*UN*1***1",
        f"DTP*472*D8*{dos}",
    )


def paid(claim_id, member="M1", dos="20260105", trace="T1", control=50, icn="ICN1", charge="140", **more):
    day = more.get("day", "20260201")
    return envelope(
        "835",
        day,
        control,
        f"BPR*I*50*C*ACH************{day}",
        f"TRN*1*{trace}*1512345678",
        f"N1*PR*{more.get('payer', 'COMMERCE')}",
        f"REF*2U*{more.get('payer_id', '60999')}",
        "N1*PE*CLINIC*XX*1999999984",
        "LX*1",
        f"CLP*{claim_id}*1*{charge}*50**12*{icn}*11*1",
        f"NM1*QC*1*DOE*PAT****MI*{member}",
        f"SVC*HC:97110:GP*{charge}*50**1",
        f"DTM*472*{dos}",
        f"CAS*CO*45*{int(charge) - 50}",
        sender="PAYER",
        receiver="FC1",
        guide="005010X221A1",
    )


def syntax(day, group, code, control=60, sender="CH1", receiver="FC1"):
    return envelope(
        "999",
        day,
        control,
        f"AK1*HC*{group}*005010X222A1",
        "AK2*837*0001",
        f"IK5*{code}",
        f"AK9*{code}*1*1*{int(code == 'A')}",
        sender=sender,
        receiver=receiver,
        guide="005010X231A1",
    )


def batch_rejected(day, reference, control=70):
    return envelope(
        "277",
        day,
        control,
        f"BHT*0085*08*R{control}*{day}*1300*TH",
        "HL*1**20*1",
        "NM1*AY*2*HOUSE*****46*H1",
        "TRN*1*9",
        "HL*2*1*21*0",
        "NM1*41*2*CLINIC*****46*S1",
        f"TRN*2*{reference}",
        f"STC*A8:746*{day}*U*80",
        sender="PAYER",
        receiver="CLINIC",
        guide="005010X214",
    )


def claims(engine):
    with engine.connect() as connection:
        return {row.claim_id: row for row in connection.execute(select(CLAIM))}


def items(engine, kind):
    with engine.connect() as connection:
        return list(connection.execute(select(ITEM).where(ITEM.c.kind == kind)))


def orders(files, count=2):
    """The files in their order, in reverse, and shuffled; each file's events one after the other."""
    shuffle = random.Random(5)
    return [list(files), list(reversed(files)), *(shuffle.sample(files, len(files)) for _ in range(count))]


def same_in_any_order(new_engine, files):
    """Projects the files in several orders and batch sizes; the rows must be equal. Returns an engine."""
    first = None
    for number, order in enumerate(orders(files)):
        engine = new_engine()
        project(engine, [event for file in order for event in events_of(file)], sizes=((1, 3), (500,))[number % 2])
        rows = dump(engine)
        if first is None:
            first = (engine, rows)
        assert rows == first[1]
    return first[0]


RETURNED = [
    ("FIELD2026-0105-00017", "FIELD2026-0105-00"),
    ("ft-200a", "FT-200A"),
    ("FT-400/1", "FT4001"),
    ("0012345", "12345"),
]


@pytest.mark.parametrize(("ours", "theirs"), RETURNED)
def test_a_number_returned_changed_joins_by_itself(new_engine, ours, theirs):
    engine = same_in_any_order(new_engine, [sent(ours), paid(theirs)])
    assert {number: row.paid for number, row in claims(engine).items()} == {ours: 5000}
    assert "returned_number" in claims(engine)[ours].flags
    assert not items(engine, "unmatched")


@pytest.mark.parametrize(
    "answer",
    [
        {"member": "M2"},
        {"dos": "20260112"},
        {"charge": "150"},
        {"payer": "OTHER", "payer_id": "11111"},
    ],
)
def test_what_response_and_claim_differ_in_keeps_them_apart(new_engine, answer):
    engine = same_in_any_order(new_engine, [sent("ft-200a"), paid("FT-200A", **answer)])
    assert {number: row.paid for number, row in claims(engine).items()} == {"ft-200a": 0, "FT-200A": 5000}
    assert [item.claim_id for item in items(engine, "unmatched")] == ["FT-200A"]


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        ("ab-12", "AB12", "Ab-12"),
        ("0077", "77-", "077"),
        ("CLINIC-2026-00001", "CLINIC-2026-00002", "CLINIC-2026-000"),
    ],
)
def test_two_patients_whose_numbers_differ_only_in_spelling_are_never_mixed(new_engine, first, second, answer):
    files = [sent(first), sent(second, control=2, member="M2"), paid(answer)]
    engine = same_in_any_order(new_engine, files)
    assert {number: row.paid for number, row in claims(engine).items()} == {first: 0, second: 0, answer: 5000}


def test_an_exact_number_always_wins(new_engine):
    files = [sent("ab-12"), sent("AB12", control=2, member="M2", dos="20260112"), paid("AB12", "M2", "20260112")]
    engine = same_in_any_order(new_engine, files)
    assert {number: row.paid for number, row in claims(engine).items()} == {"ab-12": 0, "AB12": 5000}


def matched(returned, claim_id, number=1):
    return {
        "specversion": "1.0",
        "id": f"match-{number}",
        "source": "urn:test",
        "type": "claim.matched.v1",
        "subject": claim_id,
        "time": "2026-11-05T10:00:00Z",
        "data": {"claim_id": claim_id, "answered_as": returned, "by": "d.osei"},
    }


def withdrawn(target):
    return {
        "specversion": "1.0",
        "id": f"undo-{target['id']}",
        "source": "urn:test",
        "type": "event.withdrawn.v1",
        "subject": target["subject"],
        "time": "2026-11-05T11:00:00Z",
        "data": {"claim_id": target["subject"], "source": target["source"], "id": target["id"], "by": "d.osei"},
    }


def test_a_person_joins_what_is_not_certain_and_takes_it_back(new_engine):
    history = [*events_of(sent("FT300")), *events_of(paid("FT300X1")), matched("FT300X1", "FT300")]
    for order in itertools.permutations(history):
        engine = new_engine()
        project(engine, list(order), sizes=(1,))
        assert {number: row.paid for number, row in claims(engine).items()} == {"FT300": 5000}
        project(engine, [withdrawn(history[-1])], start=900)
        assert {number: row.paid for number, row in claims(engine).items()} == {"FT300": 0, "FT300X1": 5000}


def test_a_link_of_two_claim_numbers_joins_them(new_engine):
    link = {
        "specversion": "1.0",
        "id": "link-1",
        "source": "urn:test",
        "type": "identity.linked.v1",
        "subject": "FT300",
        "time": "2026-11-05T10:00:00Z",
        "data": {"kind": "claim", "from": "FT300X1", "to": "FT300"},
    }
    engine = new_engine()
    project(engine, [*events_of(sent("FT300")), *events_of(paid("FT300X1")), link])
    assert {number: row.paid for number, row in claims(engine).items()} == {"FT300": 5000}


REJECTED_LATER = [
    sent("N1", "20260301", 1, reference="X1"),
    syntax("20260301", 1, "A", 61),
    sent("N2", "20260305", 1, reference="X2"),
    syntax("20260305", 1, "R", 62),
]


def test_numbers_that_come_round_again_touch_the_submission_they_answer(new_engine):
    engine = same_in_any_order(new_engine, REJECTED_LATER)
    assert {number: row.status for number, row in claims(engine).items()} == {"N1": "in_flight", "N2": "rejected"}
    assert [item.claim_id for item in items(engine, "rejection")] == ["N2"]


def test_a_constant_batch_number_is_settled_on_the_latest_file_before_the_answer(new_engine):
    files = [
        sent("B1", "20260301", 1, reference="0123"),
        sent("B2", "20260304", 2, reference="0123"),
        sent("B3", "20260315", 3, reference="0123"),
        batch_rejected("20260305", "0123"),
    ]
    engine = same_in_any_order(new_engine, files)
    status = {number: row.status for number, row in claims(engine).items()}
    assert status == {"B1": "in_flight", "B2": "rejected", "B3": "in_flight"}


@pytest.mark.parametrize(
    "answer",
    [syntax("20260302", 9, "R"), syntax("20260302", 1, "R", sender="HOUSE2"), batch_rejected("20260302", "OTHERREF")],
)
def test_a_rejection_of_a_file_that_fits_nothing_is_listed(new_engine, answer):
    engine = same_in_any_order(new_engine, [sent("K1", "20260301", 1), answer])
    assert claims(engine)["K1"].status == "in_flight"
    assert [item.category for item in items(engine, "unidentified")] == ["file_rejected"]
    project(engine, [withdrawn(events_of(answer)[0] | {"subject": "K1"})], start=900)


def test_a_year_of_files_at_once_is_the_same_as_file_by_file(new_engine):
    """Group and batch numbers come round every month; every file is imported on the same late day."""
    files = []
    for month in range(1, 13):
        for number in (1, 2):
            day, claim_id = f"2026{month:02d}{number * 9:02d}", f"Y{month}-{number}"
            files.append(sent(claim_id, day, number, reference="1", dos=f"2026{month:02d}01", member=f"M{month}"))
            files.append(syntax(day, number, "R" if month % 5 == 0 else "A", 100 + month))
            files.append(
                batch_rejected(day, "1", 200 + month * 2 + number)
                if month % 4 == 0
                else paid(claim_id.upper(), f"M{month}", f"2026{month:02d}01", f"T{claim_id}", day=day)
            )
    engine = same_in_any_order(new_engine, files)
    status = {number: row.status for number, row in claims(engine).items()}
    assert {number for number, state in status.items() if state == "rejected"} == {
        f"Y{month}-{number}" for month in (4, 8, 12) for number in (1, 2)
    }
    assert not items(engine, "unidentified")


def test_a_replacement_under_a_new_number_takes_the_place_of_the_old_claim_once_it_is_decided(new_engine):
    files = [sent("OLD"), paid("OLD", icn="ICN-1"), sent("NEW", "20260301", 2, original="icn1")]
    engine = same_in_any_order(new_engine, files)
    assert "replaced" not in claims(engine)["OLD"].status
    engine = same_in_any_order(new_engine, [*files, paid("NEW", icn="ICN2", trace="T2", control=51, day="20260401")])
    old = claims(engine)["OLD"]
    assert (old.status, old.payer_balance, old.patient_balance) == ("replaced", 0, 0)
    assert "OLD" not in {item.claim_id for kind in ("denial", "filing", "missing_ack") for item in items(engine, kind)}


def test_numbers_are_found_through_an_index(new_engine):
    engine = new_engine()
    project(engine, [event for n in range(30) for event in events_of(sent(f"SOME-CLINIC-2026-{n:04d}", control=n + 1))])
    with engine.connect() as connection:
        queries = [
            select(NUMBER.c.key).where(NUMBER.c.practice == "default", NUMBER.c.kind == "claim", NUMBER.c.form == "X"),
            select(NUMBER.c.key).where(NUMBER.c.key == "claim|default|X"),
        ]
        for query in queries:
            text = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
            plan = " ".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
            assert "SEARCH" in plan
            assert "INDEX" in plan
        project(engine, events_of(paid("SOME-CLINIC-2026")))
        found = related(connection, ["claim|default|SOME-CLINIC-2026"])
    assert len(found["claim|default|SOME-CLINIC-2026"]) == MOST
    assert claims(engine)["SOME-CLINIC-2026"].paid == 5000


@pytest.mark.parametrize(
    ("returned", "ours", "same"),
    [
        ("FT-200A", "ft-200a", True),
        ("12345", "0012345", True),
        ("FIELD2026-0105", "FIELD2026-0105-00017", False),
        ("FIELD2026-0105-0", "FIELD2026-0105-00017", True),
        ("FT300X1", "FT300", False),
        ("A", "A", False),
        ("", "0", False),
    ],
)
def test_which_numbers_are_the_same(returned, ours, same):
    assert same_number(returned, ours) is same
