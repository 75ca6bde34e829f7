"""The small files of shared/cases/edi that are about matching, where that folder is next to the repository."""

from pathlib import Path

import pytest
from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from tests.services.projector.conftest import dump, new_engine, project
from tests.services.projector.test_returned_numbers import claims, events_of, items

__all__ = ["new_engine"]
CASES = Path(__file__).parents[3].parent / "shared" / "cases" / "edi"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the folder shared/cases/edi is not next to the repository")


def projected(engine, *names):
    project(engine, [event for name in names for event in events_of((CASES / name).read_text())])
    return engine


@pytest.mark.parametrize(
    ("files", "statuses"),
    [
        ("t43-1.837 t43-1.999 t43-2.837 t43-2.999", {"N1": "in_flight", "N2": "rejected"}),
        ("t43-1.837 t43-1.999 t43-pay.835 t43-2.837 t43-2.999", {"N1": "patient_due", "N2": "rejected"}),
        ("t44-1.837 t44-2.837 t44.277", {"P1": "in_flight", "P2": "rejected"}),
        ("t41.837 t41-270.999", {"M1": "in_flight"}),
        ("t29.837 t29.999", {"K1": "rejected"}),
        ("t1-cut.835 t1-whole.835", {"C1": "unmatched", "C2": "unmatched"}),
        ("t40.837 t40a.835 t40b.835", {"C40": "paid"}),
    ],
)
def test_each_response_falls_where_it_belongs(new_engine, files, statuses):
    names = files.split()
    engine = projected(new_engine(), *names)
    assert {number: row.status for number, row in claims(engine).items()} == statuses
    assert not any("duplicate_suspect" in row.flags for row in claims(engine).values())
    assert dump(projected(new_engine(), *names[::-1])) == dump(engine)


@pytest.mark.parametrize(
    ("files", "alone"),
    [
        ("t1-cut.835 t1-whole.835", "t1-whole.835"),
        ("t2-cut.837 t2-whole.837", "t2-whole.837"),
        ("t24.837 t24-cut.835 t24-whole.835", "t24.837 t24-whole.835"),
        ("t45a.835 t45b.835", "t45-one.835"),
    ],
)
def test_a_cut_or_split_file_gives_what_the_whole_one_gives(new_engine, files, alone):
    told, whole = (projected(new_engine(), *names.split()) for names in (files, alone))
    for name in ("claim", "remittance", "work_item"):
        table = READ_TABLES[name]
        columns = [column for column in table.c if column.name not in ("explanation", "snoozed_until")]
        rows = []
        for engine in (told, whole):
            with engine.connect() as connection:
                rows.append(sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr))
        assert rows[0] == rows[1], name


@pytest.mark.parametrize("files", ["t35.277", "t41.837 t35.277", "t33.999"])
def test_a_rejection_that_fits_no_file_waits_for_a_person(new_engine, files):
    engine = projected(new_engine(), *files.split())
    assert [item.category for item in items(engine, "unidentified")] == ["file_rejected"]


def test_an_answer_by_a_second_door_counts_once_and_a_missing_line_is_noticed(new_engine):
    assert claims(projected(new_engine(), "t22a.835", "t22b.835"))["C22"].paid == 6000
    assert "unbalanced" in claims(projected(new_engine(), "t36.837", "t36.835"))["C36"].flags
    assert "test_file" in claims(projected(new_engine(), "t19-test-usage.835"))["C19"].flags
    unprocessable = claims(projected(new_engine(), "t6.835"))["C6"]
    assert (unprocessable.payer_id, str(unprocessable.dos)) == ("MEDICARE", "2026-02-15")
