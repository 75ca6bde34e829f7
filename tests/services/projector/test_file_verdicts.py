"""Acknowledgments of whole files: what contradicts a submission, and what a person decides, in any order."""

import itertools
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from projections.cut import Cut
from services.store.engine import writing
from services.store.log_names import name_faults, refile_names
from services.store.submission_names import NAME, sent_around
from tests.services.projector.conftest import dump, entries, make_projector, new_engine, project
from tests.services.projector.test_returned_numbers import (
    batch_rejected,
    claims,
    envelope,
    events_of,
    items,
    same_in_any_order,
    sent,
    syntax,
)

__all__ = ["new_engine"]


def counted(day, reference, count, amount, control=70, status="A8"):
    """A 277CA that answers a batch and counts its claims."""
    kind = ("90", "YU") if status == "A1" else ("AA", "YY")
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
        f"STC*{status}:746*{day}*U*{amount}",
        f"QTY*{kind[0]}*{count}",
        f"AMT*{kind[1]}*{amount}",
        sender="PAYER",
        receiver="CLINIC",
        guide="005010X214",
    )


def statuses(engine):
    return {number: row.status for number, row in claims(engine).items()}


def test_a_count_that_the_file_does_not_hold_is_not_about_it(new_engine):
    files = [sent("N1", "20260301", 1, reference="X1"), counted("20260301", "X1", 3, "420")]
    engine = same_in_any_order(new_engine, files)
    assert statuses(engine) == {"N1": "in_flight"}
    (item,) = items(engine, "unidentified")
    assert "it states 3 claims; the file with these numbers contains 1" in item.explanation[0]


def test_a_count_that_fits_is_settled(new_engine):
    files = [sent("N1", "20260301", 1, reference="X1"), counted("20260301", "X1", 1, "140")]
    engine = same_in_any_order(new_engine, files)
    assert statuses(engine) == {"N1": "rejected"}
    assert not items(engine, "unidentified")


def test_more_money_than_the_file_holds_is_not_about_it(new_engine):
    files = [sent("N1", "20260301", 1, reference="X1"), counted("20260301", "X1", 1, "900")]
    engine = same_in_any_order(new_engine, files)
    assert statuses(engine) == {"N1": "in_flight"}


def test_of_two_files_with_one_number_the_count_decides_against_the_date(new_engine):
    files = [
        sent("N1", "20260301", 1, reference="X1", charge="500"),
        sent("N2", "20260305", 2, reference="X1"),
        counted("20260306", "X1", 1, "500"),
    ]
    engine = same_in_any_order(new_engine, files)
    assert statuses(engine) == {"N1": "rejected", "N2": "in_flight"}


def test_a_999_that_names_a_claim_of_another_file_is_not_about_this_one(new_engine):
    named = syntax("20260301", 1, "R").replace("IK5*R", "IK3*CLM*22**8~CTX*CLM01:N7~IK4*2**1~IK5*R")
    engine = same_in_any_order(new_engine, [sent("N1", "20260301", 1, reference="X1"), named])
    if "names a claim" not in str([item.explanation for item in items(engine, "unidentified")]):
        pytest.fail(str(items(engine, "unidentified")))
    assert statuses(engine) == {"N1": "in_flight"}


def decided(verdict, submission=None, number=1):
    """A person's word on an acknowledgment."""
    data = {
        "answer": {"source": verdict["source"], "id": verdict["id"]},
        "answered": verdict["data"]["submission"],
        "by": "d.osei",
    }
    return {
        "specversion": "1.0",
        "id": f"file-match-{number}",
        "source": "urn:test",
        "type": "submission.matched.v1",
        "subject": "file",
        "time": "2026-11-05T10:00:00Z",
        "data": data | ({"submission": submission} if submission else {}),
    }


def taken_back(target):
    return {
        "specversion": "1.0",
        "id": f"undo-{target['id']}",
        "source": "urn:test",
        "type": "event.withdrawn.v1",
        "subject": "file",
        "time": "2026-11-05T11:00:00Z",
        "data": {"source": target["source"], "id": target["id"], "by": "d.osei"},
    }


def test_a_person_says_which_file_a_response_answers_and_takes_it_back(new_engine):
    one, verdict = events_of(sent("N1", "20260301", 1, reference="X1")), events_of(batch_rejected("20260302", "OTHER"))
    history = [*one, *verdict, decided(verdict[0], one[0]["data"]["submission"])]
    first = None
    for order in itertools.permutations(history):
        engine = new_engine()
        project(engine, list(order), sizes=(1,))
        assert statuses(engine) == {"N1": "rejected"}
        assert not items(engine, "unidentified")
        first = first or dump(engine)
        assert dump(engine) == first
    project(engine, [taken_back(history[-1])], start=900)
    assert statuses(engine) == {"N1": "in_flight"}
    assert [item.category for item in items(engine, "unidentified")] == ["file_rejected"]


def test_a_persons_word_comes_before_what_the_numbers_say(new_engine):
    files = [sent("N1", "20260301", 1, reference="X1"), sent("N2", "20260301", 2, reference="X2")]
    sent_events = [event for file in files for event in events_of(file)]
    verdict = events_of(batch_rejected("20260302", "X1"))[0]
    engine = new_engine()
    project(engine, [*sent_events, verdict])
    assert statuses(engine) == {"N1": "rejected", "N2": "in_flight"}
    project(engine, [decided(verdict, sent_events[1]["data"]["submission"])], start=500)
    assert statuses(engine) == {"N1": "in_flight", "N2": "rejected"}
    project(engine, [decided(verdict, number=2) | {"time": "2026-11-05T12:00:00Z"}], start=600)
    assert statuses(engine) == {"N1": "in_flight", "N2": "in_flight"}
    assert not items(engine, "unidentified")


def published(claim_id, interchange, time, number):
    """A publisher's claim whose submission does not say when it was sent."""
    (told,) = events_of(sent(claim_id, "20260301", number, reference="X1"))
    ref = {"sender": "FC1", "receiver": "CH1", "interchange": interchange, "reference": "X1"}
    data = told["data"] | {"submission": ref}
    return told | {"source": "urn:test", "id": f"pub-{claim_id}", "time": time, "data": data}


@pytest.mark.parametrize("other_day", ["2026-02-20", "2026-03-02"])
def test_a_submission_was_sent_with_the_earliest_of_its_claims_in_any_order(new_engine, other_day):
    history = [
        published("N1", "1", "2026-03-01T12:00:00Z", 1),
        published("N2", "1", "2026-03-10T12:00:00Z", 2),
        published("N3", "2", f"{other_day}T12:00:00Z", 3),
        *events_of(batch_rejected("20260302", "X1")),
    ]
    answered = {"N1", "N2"} if other_day < "2026-03-01" else {"N3"}
    first = None
    for order in itertools.permutations(history):
        engine = new_engine()
        project(engine, list(order), sizes=(1,))
        assert {number for number, status in statuses(engine).items() if status == "rejected"} == answered
        first = first or dump(engine)
        assert dump(engine) == first
        with engine.connect() as connection:
            assert not list(name_faults(connection))


def test_a_name_that_does_not_say_the_earliest_instant_is_a_fault(new_engine):
    engine = new_engine()
    project(engine, [published("N2", "1", "2026-03-10T12:00:00Z", 2), published("N1", "1", "2026-03-01T12:00:00Z", 1)])
    late = datetime(2026, 3, 10, 12, tzinfo=UTC)
    with writing(engine) as connection:
        assert not list(name_faults(connection))
        connection.execute(update(NAME).values(sent_at=late, time=late))
        assert {fault.found for fault in name_faults(connection)} == {"altered"}
        assert refile_names(connection)
        assert not list(name_faults(connection))


def test_the_files_near_a_response_are_those_that_were_known_then(new_engine):
    """The earlier claim of a submission that does not say when it was sent came later: then it was not known."""
    engine = new_engine()
    later, earlier = (published("N2", "1", "2026-03-10T12:00:00Z", 2), published("N1", "1", "2026-03-01T12:00:00Z", 1))
    make_projector(engine, now=datetime(2026, 3, 11, tzinfo=UTC)).process(entries([later]))
    make_projector(engine, now=datetime(2026, 3, 20, tzinfo=UTC)).process(entries([earlier], start=2))
    around = datetime(2026, 2, 25, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC)
    with engine.connect() as connection:
        now = sent_around(connection, "default", around, 10)
        then = sent_around(connection, "default", around, 10, Cut(known_at=datetime(2026, 3, 12, tzinfo=UTC)))
        before = sent_around(connection, "default", around, 10, Cut(known_at=datetime(2026, 3, 10, tzinfo=UTC)))
    assert [one.sent_at.day for one in now] == [1]
    assert [one.sent_at.day for one in then] == [10]
    assert before == []
