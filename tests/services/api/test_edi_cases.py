"""What must come out of each row of the EDI cases: with files made here, and with the shared ones where they are."""

from contextlib import nullcontext
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from services.api.edi import in_practice
from services.commands.ingest import ingest_files
from services.reads.claims import claim_page
from services.reads.parked import parked
from services.reads.read_context import ReadContext
from services.reads.remittances import remittances
from services.reads.worklist_filters import read_filters
from services.reads.worklists import worklist
from tests.services.api.edi_case_files import FILES

SHARED = Path(__file__).parents[3].parent / "shared" / "cases" / "edi"
practices = count(1)


@pytest.fixture(params=["own", "shared"])
def case(request, api, tmp_path):
    """`take(*names)` ingests files in this order, into a practice of its own; the rest asks what came of it."""
    if request.param == "shared" and not SHARED.is_dir():
        pytest.skip("the folder shared/cases/edi is not next to this repository")
    app = in_practice(api.app, f"case-{next(practices)}")
    reports = {}

    def take(*names):
        for name in names:
            text = FILES[name].encode() if request.param == "own" else (SHARED / name).read_bytes()
            path = tmp_path / name
            path.write_bytes(text)
            (reports[name],) = ingest_files(app, [path], "file", projecting=lambda _app: nullcontext())
        api.settle()

    def context():
        return ReadContext(
            engine=app.engine, references=app.references, practice=app.settings.practice, at=api.clock.now()
        )

    def items(kind):
        return worklist(context(), kind, read_filters({}, app.settings.zone), 500).items

    return SimpleNamespace(
        take=take,
        reports=reports,
        page=lambda claim_id: claim_page(context(), claim_id),
        parked=lambda: parked(context()),
        items=items,
        on_lists=lambda claim_id: {item["kind"] for item in items("today") if item["claim_id"] == claim_id},
        remittances=lambda: remittances(context()).items,
    )


def test_t43_the_second_999_rejects_the_second_file_alone(case):
    case.take("t43-1.837", "t43-1.999", "t43-2.837", "t43-2.999")
    assert case.page("N2")["status"] == "rejected"
    first = case.page("N1")
    assert first["status"] == "in_flight"
    assert "rejection" not in case.on_lists("N1")


def test_t43_a_paid_claim_stays_paid(case):
    case.take("t43-1.837", "t43-1.999", "t43-pay.835", "t43-2.837", "t43-2.999")
    assert (case.page("N1")["paid"], "rejection" in case.on_lists("N1")) == ("48.00", False)
    assert case.page("N1")["status"] == "patient_due"


def test_t44_a_constant_batch_number_means_the_latest_submission(case):
    case.take("t44-1.837", "t44-2.837", "t44.277")
    assert (case.page("P1")["status"], case.page("P2")["status"]) == ("in_flight", "rejected")


def test_t41_a_999_of_another_kind_of_file_changes_nothing(case):
    case.take("t41.837", "t41-270.999")
    assert (case.page("M1")["status"], case.reports["t41-270.999"].events) == ("in_flight", 0)
    assert any("another kind of file" in note for note in case.reports["t41-270.999"].notes)


def test_t45_one_check_in_two_files(case):
    case.take("t45a.835", "t45b.835")
    assert (case.page("S1")["paid"], case.page("S2")["paid"]) == ("60.00", "70.00")
    (remit,) = case.remittances()
    assert (remit["balanced"], remit["claims_paid"], case.parked()) == (True, "130.00", [])


def test_t45_one_check_in_one_file(case):
    case.take("t45-one.835")
    (remit,) = case.remittances()
    assert (remit["balanced"], remit["claims_paid"]) == (True, "130.00")


def test_t1_a_cut_remittance_and_then_the_whole_one(case):
    case.take("t1-cut.835", "t1-whole.835")
    told = case.page("C2")
    kinds = {clock["kind"] for clock in told["deadlines"]}
    assert [entry["kind"] for entry in told["entries"]] == ["rejection"]
    assert "rejection_reason" in kinds
    assert not any(kind.startswith("appeal") for kind in kinds)


def test_t2_a_cut_claim_file_and_then_the_whole_one(case):
    case.take("t2-cut.837", "t2-whole.837")
    assert [payer["attempts"] for payer in case.page("C10")["payers"]] == [1]


@pytest.mark.parametrize("names", [("t24.837", "t24-cut.835", "t24-whole.835"), ("t23-cut.835", "t23-whole.835")])
def test_t24_t23_a_cut_remittance_that_paid_nothing(case, names):
    case.take(*names)
    assert len(case.remittances()) == 1
    known = ("Q1", "Q2") if "t24.837" in names else ("Z0",)
    for claim_id in known:
        told = case.page(claim_id)
        assert (len(told["entries"]), told["charge"]) == (1, "80.00")


def test_t35_a_rejected_batch_that_nobody_knows_is_work(case):
    case.take("t41.837", "t35.277")
    assert [item["category"] for item in case.items("unidentified")] == ["file_rejected"]
    assert case.page("M1")["status"] == "in_flight"


def test_t29_control_numbers_are_numbers(case):
    case.take("t29.837", "t29.999")
    told = {each["status"] for each in [case.page("K1")]} | {item["category"] for item in case.items("unidentified")}
    assert told & {"rejected", "file_rejected"}


@pytest.mark.parametrize("name", ["t32.999", "t33.999"])
def test_t32_t33_a_rejection_that_fits_no_file_is_work(case, name):
    case.take(name)
    assert [item["category"] for item in case.items("unidentified")] == ["file_rejected"]


def test_t4_adjustments_of_the_claim_that_repeat_the_lines(case):
    case.take("t4.837", "t4.835", "t4b.837", "t4b.835")
    assert (case.page("C4")["allowed"], case.page("C4B")["allowed"]) == ("0.00", "130.00")
    found = [item for item in case.items("overpayment") if item["claim_id"] == "C4B"]
    assert [item["category"] for item in found if not item["item"].startswith("line ")] == []  # only its price is high
    assert [line["allowed"] for line in case.page("C4")["lines"]] == ["0.00", "0.00"]


def test_t5_a_patients_share_without_its_adjustment_makes_no_refund(case):
    case.take("t5.837", "t5.835")
    told = case.page("C5")
    assert not [clock for clock in told["deadlines"] if clock["kind"] == "refund"]
    assert "overpayment" not in case.on_lists("C5")
    assert told["payer_balance"] == "0.00"


@pytest.mark.parametrize("second", ["t40b.835", "t40c.835"])
def test_t40_each_payer_has_its_own_member_numbers(case, second):
    case.take("t40.837", "t40a.835", second)
    told = case.page("C40")
    assert ("duplicate_suspect" in told["flags"], told["paid"], told["balance"]) == (False, "60.00", "0.00")


def test_t6_a_rejected_claim_known_only_from_its_835(case):
    case.take("t6.835")
    told = case.page("C6")
    assert (told["payer_id"], told["dos"]) == ("MEDICARE", "2026-02-15")
    assert [line["procedure"] for line in told["lines"]] == ["97110"]
    assert any(clock["kind"] == "timely_filing" and clock["due"] for clock in told["deadlines"])


def test_t3_zero_units_paid_of_two_billed(case):
    case.take("t3-zero-units.835")
    assert [line["units"] for line in case.page("C3")["lines"]] == ["2"]


def test_t22_the_same_remittance_by_a_door_that_drops_a_reference(case):
    case.take("t22a.835", "t22b.835")
    told = case.page("C22")
    assert (told["paid"], len(told["entries"]), "conflict" in told["flags"], case.parked()) == ("60.00", 1, False, [])


@pytest.mark.parametrize("name", ["t7-isa-only.835", "t7-envelope-cut.835"])
def test_t7_a_file_that_ends_before_any_set_says_so(case, name):
    case.take(name)
    assert [row["reason"] for row in case.parked()] == ["the file ends before any transaction set; send the whole file"]


def test_t7_an_empty_group_is_a_legal_delivery(case):
    case.take("t7-empty-group.835")
    assert case.parked() == []


def test_t8_text_in_the_place_of_a_code_overturns_no_acceptance(case):
    case.take("t8.277")
    assert (case.reports["t8.277"].events, case.parked()) == (1, [])


def test_t36_a_line_that_the_payer_left_out_is_noticed(case):
    case.take("t36.837", "t36.835")
    told = case.page("C36")
    assert "unbalanced" in told["flags"] or "lines_missing" in told["flags"]


def test_t19_a_test_file_is_marked(case):
    case.take("t19-test-usage.835")
    assert "test_file" in case.page("C19")["flags"]
