"""Candidates for responses that match nothing: the right claim first, with reasons, through indexes alone."""

import pytest
from sqlalchemy import event

from services.reads.match_candidates import candidates_of
from services.reads.read_context import ReadContext
from services.store.reference import References, ref_maker
from tests.services.projector.conftest import NOW, ZONE, new_engine, project
from tests.services.projector.test_returned_numbers import events_of, paid, sent

__all__ = ["new_engine"]


def context_of(engine):
    return ReadContext(engine=engine, references=References(ZONE, ref_maker(b"test")), practice="default", at=NOW)


def found(engine, number):
    return candidates_of(context_of(engine), [number])[number].candidates


def filled(engine, *files):
    project(engine, [event for file in files for event in events_of(file)])
    return engine


def test_a_suffix_names_the_claim_with_what_agrees(new_engine):
    engine = filled(new_engine(), sent("FT300"), sent("FT301", control=2, member="M2"), paid("FT300X1"))
    first, *others = found(engine, "FT300X1")
    assert (first.claim_id, first.score, first.strength, first.differs_in) == ("FT300", 100, "strong", ())
    told = {reason.what: (reason.ours, reason.theirs, reason.points) for reason in first.reasons}
    assert told["Claim number"] == ("FT300", "FT300X1", 25)
    assert told["Member ID"] == ("M1", "M1", 25)
    assert told["Dates of service"] == ("2026-01-05", "2026-01-05", 25)
    assert [one.claim_id for one in others] == ["FT301"]
    assert "Member ID" in others[0].differs_in


@pytest.mark.parametrize(
    ("answer", "against"),
    [
        ({"member": "M9"}, ("Member ID",)),
        ({"charge": "150"}, ("Total charge",)),
        ({"dos": "20260107"}, ("Dates of service",)),
        ({"payer": "OTHER", "payer_id": "11111"}, ("Payer",)),
    ],
)
def test_what_speaks_against_a_candidate_is_said(new_engine, answer, against):
    engine = filled(new_engine(), sent("FT300"), paid("FT300X1", **answer))
    (only,) = found(engine, "FT300X1")
    assert only.differs_in == against
    assert only.score == max(0, min(100, sum(reason.points for reason in only.reasons)))


def test_a_number_of_which_nothing_is_left_is_found_by_patient_day_and_charge(new_engine):
    engine = filled(new_engine(), sent("FT300"), paid("ZZ-99"))
    (only,) = found(engine, "ZZ-99")
    assert only.claim_id == "FT300"
    assert only.strength == "strong"


def test_a_misspelled_name_is_found_on_the_day_of_the_payer(new_engine):
    answer = paid("ZZ-99", member="", charge="150").replace("NM1*QC*1*DOE*PAT****MI*~", "NM1*QC*1*DOEE*PAT~")
    engine = filled(new_engine(), sent("FT300"), answer)
    (only,) = found(engine, "ZZ-99")
    assert next(reason.points for reason in only.reasons if reason.what == "Patient") == 10


def test_nothing_alike_gives_no_candidate(new_engine):
    answer = paid("ZZ-99", member="OTHER", dos="20250303", charge="77").replace("DOE*PAT", "QUIN*ZOE")
    assert found(filled(new_engine(), sent("FT300"), answer), "ZZ-99") == ()


def test_a_claim_nobody_submitted_is_no_candidate(new_engine):
    engine = filled(new_engine(), paid("FT300"), paid("FT300X1", trace="T2", control=51))
    assert found(engine, "FT300X1") == ()


def test_a_response_costs_few_statements_each_through_an_index(new_engine):
    files = [sent(f"FIELD{n}", control=n, member=f"M{n}") for n in range(1, 30)]
    engine = filled(new_engine(), *files, paid("FIELD7X1", member="M7"), paid("ZZ-99", "", trace="T2", charge="3"))
    asked = []
    event.listen(engine, "before_cursor_execute", lambda _c, _cur, text, values, *_: asked.append((text, values)))
    assert found(engine, "FIELD7X1")[0].claim_id == "FIELD7"
    assert len(asked) <= 14
    assert found(engine, "ZZ-99")
    statements = [*asked]
    with engine.connect() as connection:
        for text, values in statements:
            if text.startswith("SELECT") and any(f"FROM {name}" in text for name in ("claim", "claim_number")):
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
                read = [step for step in plan if step.split()[1] in ("claim", "claim_number")]
                assert read, plan
                assert all(step.startswith("SEARCH") and "practice=? AND" in step for step in read), plan
                assert not [step for step in read if "dos>?" in step], plan  # never all claims of many days
