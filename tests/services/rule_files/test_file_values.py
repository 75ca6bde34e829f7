"""What the file says is what the pack says, with its days, and no wording of the publisher's comes along."""

from datetime import date
from decimal import Decimal

import pytest

from projections.pricing.fees import FeeBook
from projections.rules.rulebook import Rulebook, read_pack
from services.rule_files.packs import FileKind, period, set_into
from services.rule_files.published import RuleFileError
from tests.services.rule_files import layouts
from tests.services.rule_files.rule_file_cases import (
    KINDS,
    SHIPPED,
    files,
    forms,
    only,
    read,
    standing,
    values,
)


def rulebook(*contents):
    return Rulebook({**SHIPPED, **{c["pack_id"]: read_pack(c) for c in contents}}.values())


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind not in (FileKind.CARC, FileKind.RARC, FileKind.CATEGORY, FileKind.STATUS)]
)
def test_no_wording_of_the_publisher_is_kept(kind):
    assert "invented" not in str([values(r) for r in read(forms(kind)[0])]).lower()


@pytest.mark.parametrize("kind", KINDS)
def test_reading_again_on_top_of_itself_changes_nothing(kind):
    first = read(forms(kind)[0])
    packs = SHIPPED | {r.content["pack_id"]: read_pack(r.content) for r in first}
    again = {r.content["pack_id"]: read_pack(r.content).checksum for r in read(forms(kind)[0], standing(packs))}
    assert again == {pack_id: packs[pack_id].checksum for pack_id in again}


def test_a_year_of_prices_and_indices():
    rvu = only(
        files(
            PPRRVU2027_Jan_nonQPP_dot_csv=layouts.rvu_text(),
            PPRRVU2027_Jan_QPP_dot_csv=layouts.rvu_text(factor="34.1000"),
        )
    )
    gpci = only(files(GPCI2027_dot_csv=layouts.gpci_text()))
    fees = FeeBook(rulebook(rvu.content, gpci.content))
    assert fees.schedule(date(2027, 5, 1)).fee("97530").full == Decimal("38.08")  # 1.12 x 34
    assert fees.schedule(date(2027, 5, 1), edition="qp").fee("97530").full == Decimal("38.19")
    assert fees.schedule(date(2027, 5, 1), "WI").fee("97530").full == Decimal("35.56")  # (.50 + .54 + .006) x 34
    assert fees.schedule(date(2027, 5, 1), "09202-20").locality.name == "Puerto Rico"
    assert fees.schedule(date(2026, 5, 1)).fee("97530").full == Decimal("35.07")
    assert (rvu.covers, rvu.content["version"], rvu.kept, rvu.rows) == ("2027, release A", "RVU27A", 5, 6)


def test_therapy_and_wanted_codes_are_kept_with_both_practice_expenses():
    rows = {row["procedure"]: row for row in values(only(files(PPRRVU27_JAN_dot_csv=layouts.rvu_text())))["rows"]}
    assert rows.keys() == {"97530", "97010", "97014", "97597", "97999"}
    assert rows["97530"] == {
        "procedure": "97530",
        "status": "A",
        "work": "0.50",
        "pe": "0.60",
        "pe_facility": "",
        "mp": "0.02",
        "multiple_procedure": "5",
        "instead": "",
    }
    assert (rows["97597"]["pe"], rows["97597"]["pe_facility"], rows["97014"]["instead"]) == ("2.24", "0.93", "G0283")


@pytest.mark.parametrize("year", range(2018, 2027))
@pytest.mark.parametrize("split", [True, False])
def test_every_year_since_2018_under_both_headings(year, split):
    name = f"PPRRVU{year % 100}_JAN_dot_csv"
    factor = next(p for p in SHIPPED[f"cms.pfs.{year}"].periods).values["conversion_factor"]
    reading = only(files(**{name: layouts.rvu_text(year, factor=factor, split=split)}))
    fees = FeeBook(rulebook(reading.content))
    assert fees.schedule(date(year, 2, 1)).fee("97530").full == round(
        Decimal("1.12") * Decimal(factor) + Decimal("0.0000001"), 2
    )


def test_a_factor_that_changed_within_a_year_stays_with_its_days():
    reading = only(files(PPRRVU24_APR_dot_csv=layouts.rvu_text(2024, "APRIL", "33.2875")))
    found = [(p["effective_from"], p["values"]["conversion_factor"]) for p in reading.content["periods"]]
    assert found == [("2024-01-01", "32.7442"), ("2024-03-09", "33.2875")]


def test_a_later_release_counts_from_its_quarter():
    reading = only(
        files(RVU26D_dot_zip=layouts.zipped(PPRRVU2026_Oct_nonQPP_dot_csv=layouts.rvu_text(2026, "OCTOBER", "33.4009")))
    )
    book = rulebook(reading.content)
    assert book.pick("pfs", date(2026, 5, 1)).name == "cms.pfs.2026@RVU26D"
    assert FeeBook(book).schedule(date(2026, 9, 30)).fee("97530").full == Decimal("35.07")
    assert FeeBook(book).schedule(date(2026, 10, 1)).fee("97530").full == Decimal("37.41")


def test_the_floor_of_the_work_index_is_kept_beside_the_plain_one():
    row = values(only(files(GPCI2027_dot_csv=layouts.gpci_text())))["rows"][1]
    assert (row["locality"], row["work"], row["work_without_floor"]) == ("06302-00", "1.000", "0.990")
    row = values(only(files(GPCI2027_dot_csv=layouts.gpci_text(both=False))))["rows"][1]
    assert "work_without_floor" not in row


def test_counties_and_zip_codes_name_their_locality():
    rows = values(only(files(**{"27LOCCO_dot_csv": layouts.COUNTIES})))["rows"]
    assert rows[2] == {
        "locality": "01112-07",
        "state": "California",
        "name": "Oakland",
        "counties": "Alameda, Contra Costa",
    }
    reading = only(files(ZIP5_JAN2027_dot_txt=layouts.ZIPS))
    assert values(reading)["rows"][0] == {"locality": "01112-05", "zips": "94103"}
    assert (reading.content["periods"][0]["effective_from"], reading.covers) == ("2027-01-01", "2027Q1")


def test_pairs_carry_their_own_dates_and_the_quarter_they_were_read_in():
    found = values(only(files(**{"ccipra-v330r0-f1_dot_txt": layouts.ptp_text()})))
    pairs = [
        (r["column1"], r["column2"], r["effective"], r["deleted"], r["modifier_indicator"])
        for r in found["rows"]
        if not r["source"].startswith("NCCI Policy Manual")
    ]
    assert pairs == [
        ("92507", "97530", "2017-01-01", "", "1"),
        ("97140", "97530", "2017-01-01", "", "1"),
        ("97150", "97110", "2020-10-01", "", "1"),
        ("97530", "97116", "2020-01-01", "2020-04-02", "1"),
        ("97530", "97116", "2020-10-01", "", "1"),
        ("97530", "97164", "2020-01-01", "2027-01-01", "0"),
    ]
    assert (found["read_from"], found["read_through"], found["volumes"]) == (
        "2027-01-01",
        "2027-03-31",
        [["92507", "99999"]],
    )
    assert found["separating"] == ["59", "XE", "XP", "XS", "XU"]


def test_the_volumes_of_a_quarter_make_one_table_and_a_missing_one_is_said():
    halves = layouts.PTP_ROWS[:2], layouts.PTP_ROWS[2:]
    both = only(files(**{f"ccipra-v330r0-f{n}_dot_txt": layouts.ptp_text(half) for n, half in enumerate(halves, 1)}))
    whole = only(files(**{"ccipra-v330r0-f1_dot_txt": layouts.ptp_text()}))
    assert values(both)["rows"] == values(whole)["rows"]
    assert not whole.notes
    (note,) = only(files(**{"ccipra-v330r0-f1_dot_txt": layouts.ptp_text(halves[0])})).notes
    assert note.startswith("no volume given holds 97010, 97014, 97110")


def test_a_quarter_s_changes_go_on_top_of_the_full_table():
    base = only(files(**{"ccipra-v330r0-f1_dot_txt": layouts.ptp_text()}))
    packs = SHIPPED | {"ncci": read_pack(base.content)}
    book = layouts.workbook(
        ("Additions", [["Column 1", "Column 2", "Effective Date", "Modifier"], ["97110", "97140", "20270401", "1"]]),
        ("Deletions", [["Column 1", "Column 2", "Deletion Date"], ["97150", "97110", "20270331"]]),
        ("Modifier Changes", [["Column 1", "Column 2", "Modifier"], ["97140", "97530", "0"], ["97140", "99213", "0"]]),
    )
    reading = only(files(**{"practitioner-ptp-changes-2027q2_dot_xlsx": book}), standing(packs))
    rows = {(r["column1"], r["column2"], r["effective"]): r for r in values(reading)["rows"]}
    assert rows["97110", "97140", "2027-04-01"]["modifier_indicator"] == "1"
    assert rows["97150", "97110", "2020-10-01"]["deleted"] == "2027-04-01"
    assert rows["97140", "97530", "2017-01-01"]["deleted"] == "2027-04-01"
    assert rows["97140", "97530", "2027-04-01"]["modifier_indicator"] == "0"
    assert (reading.rows, reading.kept, values(reading)["read_through"]) == (4, 3, "2027-06-30")
    with pytest.raises(RuleFileError, match="need the full table first"):
        read(files(**{"practitioner-ptp-changes-2027q2_dot_xlsx": book}))


def test_unit_maximums_stand_for_their_quarter():
    reading = only(files(**{"MCR_MUE_PractitionerServices_Eff_01-01-2027_dot_csv": layouts.MUE_TEXT}))
    last = reading.content["periods"][-1]
    assert (last["effective_from"], last["effective_to"]) == ("2027-01-01", "2027-04-01")
    assert last["values"]["rows"] == [
        {"procedure": "92507", "units": "1", "mai": "2"},
        {"procedure": "97110", "units": "8", "mai": "3"},
        {"procedure": "97597", "units": "1", "mai": "1"},
    ]


def test_the_therapy_list_of_a_year():
    reading = only(files(**{"2027_Therapy_Code_List_dot_csv": layouts.THERAPY_TEXT}))
    rows = {row["code"]: row for row in values(reading)["rows"]}
    assert (rows["97129"]["therapy"], rows["97129"]["unit_minutes"]) == ("sometimes", "15")
    assert rows["98999"] == {"code": "98999", "therapy": "sometimes", "unit_minutes": "note"}
    assert reading.content["periods"][-1]["effective_from"] == "2027-01-01"
    assert reading.notes == ("new codes, timed or not as the note has it: 98999",)


def test_a_licensed_list_keeps_its_words_and_dates():
    rows = {row["code"]: row for row in values(only(files(carc_dot_csv=layouts.CARC_TEXT)))["rows"]}
    assert rows["45"] == {"code": "45", "meaning": "Invented wording, of the fee", "start": "1995-01-01", "stop": ""}
    assert rows["17"]["stop"] == "2009-07-01"
    assert set(rows) == {"45", "305", "P12", "17"}


def test_the_figures_of_a_year_become_periods_of_their_packs():
    made = {r.content["pack_id"]: r.content for r in read(files(figures_dot_toml=layouts.FIGURES_TEXT))}
    book = rulebook(*made.values())
    on = date(2027, 1, 2)
    assert book.pick("deductible", on).values == {"amount": "300.00"}
    kx = book.pick("kx", on).values
    assert (kx["threshold"], kx["review"], kx["alert"], kx["comparator"]) == ("2550.00", "3000.00", "2270.00", ">")
    assert book.pick("kx", date(2026, 12, 31)).values["threshold"] == "2480.00"
    assert book.pick("pfs", on).values == {"conversion_factor": "34.0000", "conversion_factor_qp": "34.1000"}
    assert book.pick("appeal", on, program="original_medicare").values["minimums"][-1]["hearing"] == "210.00"


def test_the_order_file_says_what_exists_and_on_which_side():
    found = values(only(files(icd10cm_order_2027_dot_txt=layouts.ORDER_TEXT)))
    assert found == {
        "billable": "M25561 M25562 M25569 M5450",
        "headings": "M25 M2556",
        "right": "M25561",
        "left": "M25562",
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            [("2026-01-01", "2027-01-01")],
            ("2026-07-01", "2026-10-01"),
            [("2026-01-01", "2026-07-01"), ("2026-07-01", "2026-10-01"), ("2026-10-01", "2027-01-01")],
        ),
        (
            [("2017-01-01", None)],
            ("2027-01-01", "2027-04-01"),
            [("2017-01-01", "2027-01-01"), ("2027-01-01", "2027-04-01")],
        ),
        ([("2017-01-01", None)], ("2027-01-01", None), [("2017-01-01", "2027-01-01"), ("2027-01-01", None)]),
        ([("2027-01-01", "2027-04-01")], ("2027-01-01", "2027-04-01"), [("2027-01-01", "2027-04-01")]),
        ([], ("2027-01-01", None), [("2027-01-01", None)]),
    ],
)
def test_a_new_period_takes_its_days_and_no_more(old, new, expected):
    def made(pair):
        return period(date.fromisoformat(pair[0]), date.fromisoformat(pair[1]) if pair[1] else None, {})

    found = set_into([made(pair) for pair in old], made(new))
    assert [(p["effective_from"], p["effective_to"]) for p in found] == expected


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("97530", None),
        ("99213", "was not kept of the file behind cms.pfs.2027@RVU27A: import the year's RVU file again"),
        ("98985", "is not in the fee schedule of cms.pfs.2027@RVU27A"),
    ],
)
def test_a_code_without_a_price_says_what_lacks_it(code, reason):
    fees = FeeBook(rulebook(only(files(PPRRVU27_JAN_dot_csv=layouts.rvu_text())).content))
    found = fees.schedule(date(2027, 5, 1)).fee(code)
    assert (found == f"{code} {reason}") if reason else found.full


def test_the_shipped_part_of_a_schedule_says_that_it_is_a_part():
    fees = FeeBook(Rulebook(SHIPPED.values()))
    assert fees.schedule(date(2026, 5, 1)).fee("99213") == (
        "99213 is not in the fee schedule of cms.pfs.2026@RVU26C.2, which is a part: import the year's file"
    )
    assert "holds no relative values" in fees.schedule(date(2024, 5, 1)).fee("97530")
    assert fees.schedule(date(2028, 5, 1)).reason == "no pfs rule covers 2028-05-01"
    assert "priced by the contractor" in fees.schedule(date(2026, 5, 1)).fee("97039")
