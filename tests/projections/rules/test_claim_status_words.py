"""Codes of a 277CA and a 999 in words, with what they are about and what to do: never A7/562/82 alone."""
# packs: claim-status

import csv
from datetime import date

import pytest

from events.claim import RejectionCode
from projections.rules.claim_status_words import StatusTable
from projections.rules.rulebook import Rulebook, read_pack
from services.store.shipped_rule_packs import SHIPPED, shipped_packs, shipped_rulebook

ON = date(2026, 5, 4)
TABLE = StatusTable.from_rulebook(shipped_rulebook(), ON)


def code(category, status, entity=None, code_list="277"):
    return RejectionCode.model_validate({"list": code_list, "category": category, "status": status, "entity": entity})


@pytest.mark.parametrize(
    ("category", "status", "entity", "words", "about", "step"),
    [
        ("A7", "562", "82", "invalid information: NPI of the rendering provider", "enrollment", "rendering provider"),
        ("A7", "562", "85", "invalid information: NPI of the billing provider", "enrollment", "billing provider"),
        ("A3", "33", "IL", "subscriber or member ID not found (subscriber)", "eligibility", "member ID"),
        ("A6", "252", None, "missing information: authorization number", "authorization", "Find the authorization"),
        ("A7", "453", None, "procedure code modifier", "modifier", "GP, GO or GN"),
        ("A7", "255", None, "diagnosis code", "diagnosis", "diagnosis codes"),
        ("A7", "477", None, "diagnosis code pointer", "diagnosis", "pointers"),
        ("A7", "249", None, "place of service", "place_of_service", "place of service"),
        ("A7", "476", None, "units of service", "units", "units"),
        ("A3", "116", None, "sent to the wrong payer", "eligibility", "right payer"),
        ("A3", "718", None, "not submitted within the filing limit", "timely_filing", "proof of the first filing"),
        ("A3", "54", None, "duplicate of a processed claim or line", "duplicate", "earlier claim"),
        ("A7", "500", "85", "ZIP code of the billing provider", "submission", "name, address or phone of the billing"),
        ("A3", "85", "PR", "the payer is not primary", "cob", "order of payers"),
        ("A6", "286", None, "other payer's explanation of benefits", "cob", "remittance"),
        ("A7", "400", None, "claim is out of balance", "submission", "add up"),
        ("A7", "799", None, "send a replacement, not a new claim", "submission", "claim frequency"),
        ("A6", "294", None, "supporting documentation", "documentation", "Send the documents"),
        ("A8", "21", None, "fields contradict each other", "submission", "item named"),
        ("A3", "999", None, "returned as unprocessable: status 999", "", "Correct what the status names"),
    ],
)
def test_words_category_and_next_step(category, status, entity, words, about, step):
    one = code(category, status, entity)
    assert words in TABLE.code_words(one)
    assert f"({category} {status}" in TABLE.code_words(one)
    assert TABLE.about(one) == about
    assert step in TABLE.next_step([one])


def test_a_code_of_no_list_is_shown_with_its_number_and_says_nothing_of_what_to_do():
    one = code("Q9", None)
    assert TABLE.code_words(one) == "code Q9 (not in the code list)"
    assert TABLE.next_step([one]) == TABLE.about(one) == ""


def test_a_licensed_list_fills_in_what_the_table_lacks():
    content = {
        "pack_id": "x12.claim_status",
        "kind": "licensed_codes",
        "version": "2026-05",
        "basis": "notice_date",
        "source": "X12 under license",
        "verified_on": "",
        "confidence": "H",
        "scope": {},
        "periods": [
            {
                "effective_from": "2000-01-01",
                "effective_to": None,
                "values": {"rows": [{"code": "999", "meaning": "Invented meaning"}]},
            }
        ],
    }
    with_list = StatusTable.from_rulebook(Rulebook([read_pack(content)]), ON)
    assert with_list.status_words(None, "999") == "Invented meaning (999)"
    assert with_list.status_words(None, "21") == "status 21 (21)"


def test_the_first_code_that_knows_a_step_gives_it():
    assert "NPI" in TABLE.next_step([code("A3", "20"), code("A7", "562", "82")])
    assert TABLE.next_step([code("A7", "998")]) == "Correct what is invalid and send the claim again"
    assert TABLE.next_step([code("CO", "16", code_list="carc")]) == ""


def test_every_row_names_its_source_and_every_category_is_one_of_the_code_table():
    with (SHIPPED / "claim_status.csv").open(newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    actions = next(p for p in shipped_packs() if p["kind"] == "carc_action")
    categories = {row["category"] for row in actions["periods"][0]["values"]["rows"]}
    assert len(rows) > 400
    assert len({(row["list"], row["code"]) for row in rows}) == len(rows)
    assert all(row["source"] and row["confidence"] in "HML" for row in rows)
    assert {row["category"] for row in rows if row["category"]} <= categories
    steps = [row for row in rows if row["list"] == "status" and row["next_step"]]
    assert len(steps) > 300
    assert all(row["category"] for row in steps)


def test_what_needs_nobody_has_no_next_step():
    for accepted in ("19", "20", "3", "65"):
        assert TABLE.next_step([code("A1", accepted)]) == ""
