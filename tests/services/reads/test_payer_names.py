"""What payers are called: by the names that terms, claims, remittances and eligibility answers give them."""

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.cut import Cut
from projections.rules.rulebook import sound_rulebook
from projections.terms.terms_in_force import Reference
from services.presentation.csv_export import csv_lines
from services.presentation.item_columns import FILE_COLUMNS
from services.reads.export_rows import with_claims
from services.reads.payer_names import PayerNames, all_names, called, payer_names
from services.reads.payers import payers
from services.reads.read_context import ReadContext
from services.reads.worklists import worklist
from services.store.named_payers import StatedPayer
from tests.services.projector.conftest import ZONE
from tests.services.scheduler.conftest import references

RULES, _ = sound_rulebook([])


def stated(identifier, name="", indicator="", event_type="payment.posted.v1"):
    return StatedPayer(identifier, name, indicator, event_type)


def names_of(*mentions, links=()):
    return all_names(Reference(rules=RULES, zone=ZONE, payer_links=dict(links)), mentions, date(2026, 3, 2))


def context_of(practice, at="2026-04-01T12:00+00:00"):
    return ReadContext(
        engine=practice.engine, references=references(), practice="default", at=datetime.fromisoformat(at)
    )


@pytest.mark.parametrize(
    ("mentions", "links", "expected"),
    [
        ([stated("60054", "AETNA LIFE"), stated("60054", "AETNA", event_type="claim.submitted.v1")], {}, "AETNA"),
        ([stated("60054")], {}, "60054"),
        ([stated("X1", "Aetna"), stated("60054", "AETNA")], {"X1": "60054"}, "AETNA"),
        ([stated("60054", "AETNA"), stated("68069", "Aetna")], {}, "AETNA (60054)"),
        ([stated("60054", "AETNA"), stated("AETNA")], {}, "AETNA (60054)"),  # another payer's id reads like its name
        ([stated("60054", "Medicare Part B")], {}, "Medicare Part B (60054)"),
    ],
)
def test_a_payer_is_called_by_name_and_by_id_where_names_coincide(mentions, links, expected):
    assert called(names_of(*mentions, links=links))["60054"] == expected


def test_the_head_of_a_remittance_means_whom_its_claims_mean():
    """A Medicare contractor pays under an id of its own; its claims say MB, its remittance's head says nothing."""
    found = names_of(stated("12402", "NOVITAS", "MB"), stated("12402", "NOVITAS", event_type="remittance.received.v1"))
    assert found == {"MEDICARE": ("NOVITAS",)}
    assert called(found) == {"MEDICARE": "Medicare Part B"}


MENTIONS = st.builds(
    stated,
    st.sampled_from(["1", "2", "AETNA", "MEDICARE"]),
    st.sampled_from(["", "Aetna", "AETNA", "1", "Medicare Part B"]),
    st.sampled_from(["", "MB", "CI"]),
    st.sampled_from(["claim.submitted.v1", "payment.posted.v1"]),
)


@given(st.lists(MENTIONS, max_size=8), st.randoms())
def test_no_two_payers_read_alike_and_order_is_nothing(mentions, random):
    found = called(names_of(*mentions))
    folded = [name.casefold() for name in found.values()]
    assert len(folded) == len(set(folded))
    shuffled = random.sample(mentions, len(mentions))
    assert called(names_of(*shuffled)) == found


@pytest.mark.parametrize("payer_id", ["CEDAR", "60054", "B+C"])
def test_sentences_of_folds_name_payers(payer_id):
    names = PayerNames({payer_id: "Cedar Bluff", "600": "Other", "C": "Third"})
    assert names.in_words(f"Bill payer {payer_id} with it") == "Bill Cedar Bluff with it"
    assert names.in_words(f"the payer {payer_id}9 pays") == f"the payer {payer_id}9 pays"


def test_names_come_from_claims_remittances_and_eligibility_answers(new_practice):
    practice = new_practice()
    practice.sent(
        "A", "2026-03-02", payer="60054", payer_name="AETNA", other_payers=[{"payer_id": "B2", "name": "Blue"}]
    )
    eligibility = {"patient_id": "P", "payer_id": "77", "payer_name": "KAISER", "on": "2026-03-02", "active": True}
    practice.tell("eligibility.checked.v1", eligibility)
    practice.tell(
        "remittance.received.v1",
        {"remit": {"trace_number": "1", "payer_identifier": "1999"}, "payer": {"name": "Cigna"}},
    )
    context = context_of(practice)
    known = payer_names(context)
    assert [known.of(p) for p in ("60054", "B2", "77", "1999", "ZZ", None)] == [
        "AETNA",
        "Blue",
        "KAISER",
        "Cigna",
        "ZZ",
        "no payer",
    ]
    assert known.ids("aetna") == ["60054"]
    assert {row["payer_id"]: row["name"] for row in payers(context)} == {
        "60054": "AETNA",
        "B2": "Blue",
        "77": "KAISER",
        "1999": "Cigna",
    }


def test_an_export_has_the_name_next_to_the_id(new_practice):
    practice = new_practice()
    practice.sent("A", "2026-03-02", payer="60054", payer_name="AETNA")
    context = context_of(practice)
    rows = with_claims(context, worklist(context, "filing").items)
    first = next(csv.DictReader(io.StringIO("".join(csv_lines(rows, FILE_COLUMNS)))))
    assert (first["payer_id"], first["payer"]) == ("60054", "AETNA")
    assert all("payer 60054" not in first[name] for name in ("reason", "next_action"))


def test_a_past_read_knows_the_names_of_its_time(new_practice):
    practice = new_practice()
    practice.sent("A", "2026-03-02", payer="60054")
    practice.clock.advance(timedelta(days=90))
    practice.sent("B", "2026-04-02", payer="60054", payer_name="AETNA")
    past = replace(context_of(practice), cut=Cut(datetime.fromisoformat("2026-03-20T12:00+00:00"), None))
    assert [payer_names(context).of("60054") for context in (past, context_of(practice))] == ["60054", "AETNA"]
