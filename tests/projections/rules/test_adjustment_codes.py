"""The whole table of adjustment codes, row by row, and how a line is found to be denied."""

# packs: carc-action

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.remittance import RemittanceLine
from projections.rules.adjustment_codes import DenialTable, denial_of, is_denied_line
from projections.rules.rulebook import Rulebook, read_pack
from services.store.shipped_rule_packs import SHIPPED
from tests.projections.claim_states import RULES, cas

TABLE = DenialTable.from_rulebook(RULES, date(2026, 3, 2))
MEDICARE = "original_medicare"
BASES = {"filing", "corrected", "reopening", "appeal", "records", "dispute", "other_payer_filing", "statement", "none"}
with (SHIPPED / "carc_action.csv").open(encoding="utf-8") as lines:
    ROWS = list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row[k] for k in ("group", "carc", "remarks", "program")))
def test_every_row_is_found_by_its_own_key(row):
    code = "ANY" if row["carc"] == "*" else row["carc"]
    for remark in row["remarks"].split() or [""]:
        remarks = (remark,) if remark else ()
        found = TABLE.judge(row["group"] or "OA", code, remarks, row["program"] or None)
        assert (found.meaning, found.next_action) == (row["meaning"], row["next_action"])
        assert found.is_denial == (row["is_denial"] == "yes")
        assert found.known
    assert set(row["deadline_basis"].split()) <= BASES
    assert all(row[field] for field in ("category", "family", "meaning", "next_action", "workflow", "deadline_basis"))


# (group, code, remarks, program) -> category, first remedy, denial?
EXPECTED = [
    ("PR", "1", "", None, "patient_share", "statement", False),
    ("PR", "2", "", None, "patient_share", "statement", False),
    ("PR", "3", "", None, "patient_share", "statement", False),
    ("CO", "4", "", None, "modifier", "corrected", True),
    ("CO", "4", "", MEDICARE, "modifier", "reopening", True),
    ("CO", "4", "MA130", MEDICARE, "modifier", "filing", True),
    ("CO", "5", "", None, "place_of_service", "corrected", True),
    ("CO", "8", "", None, "enrollment", "corrected", True),
    ("CO", "11", "", None, "diagnosis", "corrected", True),
    ("CO", "16", "", None, "submission", "corrected", True),
    ("CO", "16", "MA130", None, "submission", "filing", True),
    ("CO", "16", "MA130 N290", MEDICARE, "enrollment", "filing", True),
    ("CO", "16", "N382 MA130", MEDICARE, "eligibility", "filing", True),
    ("CO", "16", "MA01 MA130", MEDICARE, "submission", "filing", True),
    ("CO", "16", "N822", None, "modifier", "corrected", True),
    ("CO", "16", "M51", None, "submission", "corrected", True),
    ("CO", "16", "M53", None, "units", "corrected", True),
    ("CO", "16", "M77", None, "place_of_service", "corrected", True),
    ("CO", "16", "MA04", None, "cob", "corrected", True),
    ("CO", "16", "N290", None, "enrollment", "corrected", True),
    ("CO", "16", "N382", None, "eligibility", "corrected", True),
    ("CO", "16", "M76", None, "diagnosis", "corrected", True),
    ("CO", "16", "N706", None, "documentation", "records", True),
    ("OA", "18", "", None, "duplicate", "appeal", True),
    ("CO", "22", "", None, "cob", "other_payer_filing", True),
    ("OA", "23", "", None, "cob", None, False),
    ("CO", "24", "", None, "eligibility", "other_payer_filing", True),
    ("CO", "26", "", None, "eligibility", "other_payer_filing", True),
    ("CO", "27", "", None, "eligibility", "other_payer_filing", True),
    ("CO", "29", "", None, "timely_filing", "appeal", True),
    ("CO", "29", "", MEDICARE, "timely_filing", None, True),
    ("CO", "31", "", None, "eligibility", "filing", True),
    ("CO", "45", "", None, "contractual", "dispute", False),
    ("CO", "50", "", None, "medical_necessity", "appeal", True),
    ("PR", "50", "", None, "medical_necessity", "appeal", True),
    ("CO", "59", "", None, "contractual", "dispute", False),
    ("PR", "96", "", None, "coverage", "appeal", True),
    ("CO", "97", "M15", None, "ncci", "corrected", True),
    ("CO", "97", "", MEDICARE, "ncci", "reopening", True),
    ("CO", "109", "", None, "eligibility", "other_payer_filing", True),
    ("PR", "119", "", MEDICARE, "kx", "reopening", True),
    ("CO", "119", "", None, "benefit_limit", "appeal", True),
    ("CO", "140", "", None, "eligibility", "filing", True),
    ("CO", "151", "", None, "documentation", "appeal", True),
    ("CO", "151", "N362", None, "units", "appeal", True),
    ("CO", "167", "", None, "diagnosis", "corrected", True),
    ("CO", "197", "", None, "authorization", "appeal", True),
    ("CO", "198", "", None, "authorization", "appeal", True),
    ("PR", "204", "", None, "coverage", "appeal", True),
    ("CO", "226", "", None, "documentation", "records", True),
    ("PR", "227", "", None, "cob", None, True),
    ("CO", "236", "", None, "ncci", "corrected", True),
    ("CO", "242", "", None, "network", "appeal", True),
    ("CO", "252", "", None, "documentation", "records", True),
    ("CO", "253", "", None, "contractual", None, False),
    ("CO", "256", "", None, "contractual", "dispute", False),
    ("CO", "B7", "", None, "enrollment", "filing", True),
    ("CO", "B20", "", None, "review", "appeal", True),
    ("CO", "170", "", None, "coverage", "appeal", True),
    ("CO", "172", "", None, "contractual", "dispute", False),
    ("PR", "100", "", None, "patient_share", "statement", False),
    ("OA", "187", "", None, "patient_share", "statement", False),
    ("PR", "201", "", None, "patient_share", "statement", False),
    ("PR", "P3", "", None, "patient_share", "statement", False),
    ("CO", "89", "", None, "contractual", "dispute", False),
    ("CO", "54", "", None, "coverage", "appeal", True),
    ("CO", "193", "", None, "review", "appeal", True),
    ("CO", "A1", "", None, "review", "appeal", True),
    ("CO", "A1", "N851", None, "contractual", "dispute", False),
    ("CO", "NEVER-HEARD-OF", "", None, "review", "appeal", True),
]


@pytest.mark.parametrize(("group", "code", "remarks", "program", "category", "basis", "denial"), EXPECTED)
def test_what_a_code_means(group, code, remarks, program, category, basis, denial):
    found = TABLE.judge(group, code, tuple(remarks.split()), program)
    assert (found.category, next(iter(found.deadline_basis), None), found.is_denial) == (category, basis, denial)


@pytest.mark.parametrize("code", ["4", "16", "50", "119", "197", "ZZ9"])
@pytest.mark.parametrize("remark", ["MA130", "N704"])
def test_unprocessable_has_no_appeal_and_wants_a_new_claim(code, remark):
    found = TABLE.judge("CO", code, ("N290", remark), MEDICARE)
    assert (found.workflow, found.deadline_basis, found.appealable) == ("new_claim", ("filing",), False)


def test_a_late_denial_of_medicare_cannot_be_appealed_nor_billed_to_the_patient():
    found = TABLE.judge("CO", "29", (), MEDICARE)
    assert not found.appealable
    assert "never bill the patient" in found.next_action
    assert TABLE.judge("CO", "29", (), "commercial").appealable


def test_an_unknown_code_is_reviewed_and_never_written_off():
    found = TABLE.judge("CO", "ZZ9")
    assert (found.category, found.workflow, found.known) == ("review", "review", False)
    assert "do not write off" in found.next_action


def test_zeros_in_front_of_a_code_do_not_matter():
    assert TABLE.judge("CO", "050").category == "medical_necessity"


def test_no_table_for_the_date_means_review():
    assert DenialTable.from_rulebook(Rulebook([]), date(2026, 1, 1)).judge("CO", "45").category == "review"


def denied(adjustments, paid="0.00", allowed="0.00", charge="100.00", remarks=()):
    line = RemittanceLine(
        procedure="97110", charge=charge, paid=paid, adjustments=tuple(adjustments), remark_codes=tuple(remarks)
    )
    return is_denied_line(line, Decimal(allowed), TABLE)


@pytest.mark.parametrize(
    ("adjustments", "expected"),
    [
        ([cas("PR", "1", "70.00"), cas("CO", "45", "30.00")], False),  # a deductible visit pays nothing
        ([cas("CO", "45", "100.00")], False),
        ([cas("OA", "23", "80.00"), cas("CO", "45", "20.00")], False),
        ([cas("CO", "253", "100.00")], False),
        ([cas("CO", "50", "100.00")], True),
        ([cas("CO", "45", "30.00"), cas("CO", "97", "70.00")], True),
        ([cas("PR", "119", "100.00")], True),
        ([cas("PR", "96", "100.00")], True),
        ([cas("PR", "204", "100.00")], True),
        ([cas("PI", "ZZ9", "100.00")], True),
        ([], False),
    ],
)
def test_denied_means_zero_by_a_code_that_is_neither_contract_nor_patient(adjustments, expected):
    assert denied(adjustments) is expected


def test_a_paid_line_is_not_denied_and_an_unknown_code_beside_an_allowed_amount_neither():
    assert not denied([cas("CO", "151", "50.00")], paid="50.00")
    assert not denied([cas("CO", "ZZ9", "50.00")], allowed="50.00")


def test_the_larger_denying_amount_speaks_for_the_line():
    found = denial_of([cas("CO", "45", "90.00"), cas("CO", "50", "4.00"), cas("CO", "97", "6.00")], (), None, TABLE)
    assert found.category == "ncci"


@given(
    st.text(max_size=4),
    st.text(max_size=6),
    st.lists(st.text(max_size=6), max_size=3),
    st.sampled_from([None, MEDICARE, "x"]),
)
def test_every_code_gets_an_answer(group, code, remarks, program):
    found = TABLE.judge(group, code, tuple(remarks), program)
    assert found.next_action
    assert found.row_name.startswith("carc-action@")


def test_a_licensed_list_fills_a_meaning_and_changes_no_judgment():
    licensed = read_pack(
        {
            "pack_id": "x12.carc",
            "kind": "licensed_codes",
            "version": "2026-12",
            "basis": "notice_date",
            "source": "X12",
            "confidence": "H",
            "periods": [
                {
                    "effective_from": "2000-01-01",
                    "values": {"list": "carc", "rows": [{"code": "999", "meaning": "Invented wording"}]},
                }
            ],
        }
    )
    on = date(2026, 3, 2)
    plain = DenialTable.from_rulebook(RULES, on).judge("CO", "999")
    filled = DenialTable.from_rulebook(Rulebook([*RULES.packs.values(), licensed]), on).judge("CO", "999")
    assert plain.meaning == "CO-999: meaning not in the code table"
    assert filled == replace(plain, meaning="Invented wording")
    assert not filled.known


PRICES = ["P5", "P12", "P18", "P19", "P22", "P23", "P24", "P25", "P26", "P28", "P29", "P32", "169", "278", "B4"]


@pytest.mark.parametrize("code", PRICES)
def test_prices_of_auto_and_workers_compensation_payers_are_no_denials(code):
    """The findings report: CO-P23 on a paid line left the balance open and made a denial."""
    judged = DenialTable.from_rulebook(RULES, date(2026, 3, 2)).judge("CO", code)
    assert (judged.is_denial, judged.category) == (False, "contractual")


@pytest.mark.parametrize(
    "code", ["P2", "P4", "P7", "P13", "P14", "P15", "P16", "P21", "B1", "283", "302", "303", "279"]
)
def test_denials_of_the_same_payers_stay_denials(code):
    judged = DenialTable.from_rulebook(RULES, date(2026, 3, 2)).judge("CO", code)
    assert judged.is_denial
    assert judged.known
