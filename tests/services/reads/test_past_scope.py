"""A past read of one claim folds little of the practice, and shows the same page as a fold of everything."""

from datetime import UTC, date, datetime, timedelta

import pytest

from projections.cut import NO_CUT, Cut
from services.core.errors import NotFoundError
from services.reads.claims import claim_page
from services.reads.past_scope import keys_near
from services.reads.read_context import ReadContext
from services.store.engine import writing
from tests.histories.random_histories import history
from tests.services.projector.conftest import entries, make_projector, new_engine  # noqa: F401

FIRST_DAY = datetime(2026, 10, 1, 12, tzinfo=UTC)
LATER = FIRST_DAY + timedelta(days=10)
DOS = date(2026, 3, 2)


def told(name, kind, subject, data, time="2026-03-03T10:00:00Z", **more):
    return {
        "specversion": "1.0",
        "id": name,
        "source": "near",
        "type": kind,
        "subject": subject,
        "time": time,
        "data": data,
        **more,
    }


def sent(name, claim_id, patient_id, **more):
    line = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": 2, "charge": "150.00", "dos": f"{DOS}"}
    return told(
        name,
        "claim.submitted.v1",
        claim_id,
        {
            "claim_id": claim_id,
            "patient_id": patient_id,
            "payer_id": "MEDICARE",
            "total_charge": "150.00",
            "visit_ids": [f"V{claim_id}"],
            "lines": [line],
        },
        **more,
    )


def visited(name, claim_id, patient_id, start, **more):
    minutes = {"procedure": "97530", "minutes": 30, "start": f"{DOS}T{start}:00Z", "end": f"{DOS}T{start[:2]}:59:00Z"}
    return told(
        name,
        "visit.documented.v1",
        f"V{claim_id}",
        {
            "visit_id": f"V{claim_id}",
            "patient_id": patient_id,
            "payer_id": "MEDICARE",
            "discipline": "PT",
            "dos": f"{DOS}",
            "therapist_id": "T1",
            "timed": [minutes],
            "total_minutes": 30,
        },
        **more,
    )


# Two patients of one therapist at once; a claim sent under a wrong patient, and a visit documented under one.
FIRST = [
    sent("1", "A1", "PA"),
    visited("2", "A1", "PA", "09:00"),
    sent("3", "B1", "PB"),
    visited("4", "B1", "PB", "09:10"),
    sent("5", "C1", "PA"),
    visited("6", "C1", "PA", "11:00"),
    told("7", "identity.linked.v1", "PX", {"kind": "patient", "from": "PX", "to": "PA"}),
    sent("8", "X1", "PX"),
]
THEN = [
    sent("11", "C1", "PC", time="2026-03-10T10:00:00Z"),
    visited("12", "C1", "PC", "11:00", supersedes={"source": "near", "id": "6"}, time="2026-03-10T10:00:00Z"),
    told("13", "event.withdrawn.v1", "PX", {"source": "near", "id": "7"}, time="2026-03-10T10:00:00Z"),
    visited("14", "B1", "PB", "14:00", supersedes={"source": "near", "id": "4"}, time="2026-03-10T10:00:00Z"),
    told("15", "event.withdrawn.v1", "A1", {"claim_id": "A1", "source": "near", "id": "2"}, "2026-03-11T10:00:00Z"),
]


@pytest.fixture
def told_twice(new_engine):  # noqa: F811
    """Half of everything recorded on one day, the rest on a later one."""
    engine = new_engine()
    events = [event for number in range(12) for event in history(number)]
    make_projector(engine, FIRST_DAY).process(entries(FIRST + events[::2], 1))
    later = make_projector(engine, LATER)
    later.process(entries(THEN + events[1::2], 2))
    while later.drain():
        pass
    return engine


def page(context, claim_id):
    try:
        return claim_page(context, claim_id)
    except NotFoundError:
        return None


@pytest.mark.parametrize(
    "cut",
    [
        Cut(known_at=FIRST_DAY),
        Cut(known_at=LATER),
        Cut(as_of=datetime(2026, 3, 5, tzinfo=UTC)),
        Cut(as_of=datetime(2026, 6, 1, tzinfo=UTC), known_at=FIRST_DAY),
    ],
)
def test_the_page_is_the_same_as_over_everything(told_twice, cut):
    references = make_projector(told_twice).references

    def context(cut=cut):
        return ReadContext(engine=told_twice, references=references, practice="default", at=LATER, cut=cut)

    whole = context()
    with whole.context(), told_twice.connect() as connection:
        claims = list(connection.exec_driver_sql("SELECT claim_id FROM claim ORDER BY claim_id").scalars())
    pages = {claim_id: page(whole, claim_id) for claim_id in claims}
    assert {claim_id: page(context(), claim_id) for claim_id in claims} == pages
    assert sum(told is not None for told in pages.values()) > 5
    if cut == Cut(known_at=FIRST_DAY):
        rules = {claim_id: {f["rule"] for f in pages[claim_id]["findings"]} for claim_id in ("A1", "B1", "C1")}
        assert "overlap.two_patients" in rules["A1"] & rules["B1"]


def test_a_live_desk_reads_the_rows_that_are_there(told_twice):
    context = ReadContext(
        engine=told_twice, references=make_projector(told_twice).references, practice="default", at=LATER, cut=NO_CUT
    )
    assert context.near("A1") is context


def test_little_is_folded(told_twice):
    references = make_projector(told_twice).references
    with writing(told_twice) as connection:
        reference = references.get(connection, "default")
        near = keys_near(connection, "default", "A1", reference, NO_CUT)
    theirs = {f"{kind}|default|{name}" for kind, name in (("claim", "A1"), ("claim", "C1"), ("patient", "PA"))}
    assert near == theirs | {f"visit|default|V{name}" for name in ("A1", "B1", "C1")} | {"claim|default|B1"}
