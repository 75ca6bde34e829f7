"""CMS's file layouts, with invented numbers and no descriptors."""

from datetime import date
from decimal import Decimal

import pytest

from projections.pricing.fees import FeeBook
from projections.rules.rulebook import Rulebook, read_pack
from services.contracts.cells import ContractFileError
from services.contracts.cms_files import gpci_pack, rvu_pack
from services.store.shipped_rule_packs import shipped_packs

WIDTH = 32
TITLES = ["2027 Invented Relative Value File", "codes only", "", "RELEASED 12/01/2026"]


def padded(cells):
    return ",".join([*cells, *[""] * (WIDTH - len(cells))])


def rvu_file(tmp_path, name="PPRRVU2027_Jan_nonQPP.csv", factor="34.0000", extra=(), encoding="utf-8"):
    head = [padded(["", "", title]) for title in TITLES]
    head += [
        padded([""] * 29 + ["NON-FACILITY", "FACILITY"]),
        padded(["", "", "", "", "NOT USED"] + [""] * 21 + ["PHYSICIAN"]),
        padded(["", "", "", "", "FOR", "", "", "NON-FAC", "", "FACILITY"]),
        ",,,STATUS,MEDICARE,WORK,NON-FAC,NA,FACILITY,NA,MP,NON-FACILITY,FACILITY,PCTC,GLOB,PRE,INTRA,POST,MULT,BILAT,ASST,CO-,TEAM,PRIC,ENDO,CONV,DIAGNOSTIC,CALCULATION,FAMILY,PAYMENT,PAYMENT,PAYMENT",
        "HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,SURG,SURG,SURG,SURG,IND,BASE,FACTOR,PROCEDURES,FLAG,INDICATOR,AMOUNT,AMOUNT,AMOUNT",
    ]

    def service(code, modifier, status, work, pe, mp, multiple):
        return f'{code},{modifier},"invented, text",{status},,{work},{pe},,9.99,NA,{mp},0,0,7,XXX,0,0,0,{multiple},0,0,0,0,9,,{factor},09,0,99,0,0,0'

    rows = [
        service("97530", "", "A", "0.50", "0.60", "0.02", 5), service("97530", "26", "A", "9.00", "9.00", "9.00", 5),
        service("97010", "", "B", "0.06", "0.13", "0.01", 9), service("97014", "", "I", "0.18", "0.19", "0.01", 9),
        service("99213", "", "A", "1.30", "1.46", "0.09", 0), service("97999", "", "A", "1.00", "1.00", "0.01", 5),
        *extra,
    ]  # fmt: skip
    path = tmp_path / name
    path.write_bytes("\r\n".join([*head, *rows]).encode(encoding))
    return path


def gpci_file(tmp_path, *, both=True):
    work = "2027 PW GPCI (without 1.0 Floor),2027 PW GPCI (with 1.0 Floor)" if both else "2027 PW GPCI (with 1.0 Floor)"
    rows = [("9202", "PR", "20", "PUERTO RICO", "0.950", "1.000"), ("06302", "WI", "0", "WISCONSIN*", "0.990", "1.000")]
    body = [",".join([*row[:4], *(row[4:] if both else row[5:]), "0.900", "0.300"]) for row in rows]
    text = "\n".join(
        ["ADDENDUM E. INVENTED INDICES BY STATE AND LOCALITY,,,,,,,", "",
         f"Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,{work},2027 PE GPCI,2027 MP GPCI",
         *body, "", "* a note about the floor,,,,"]
    )  # fmt: skip
    path = tmp_path / "GPCI2027.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_pack_for_the_next_year_prices_it(tmp_path):
    qp = rvu_file(tmp_path, "PPRRVU2027_Jan_QPP.csv", "34.1000")
    rvu = rvu_pack(rvu_file(tmp_path), year=2027, version="RVU27A", qp_path=qp, verified_on=date(2026, 12, 2))
    gpci = gpci_pack(gpci_file(tmp_path), year=2027, version="1", verified_on=date(2026, 12, 2))
    rules = Rulebook(read_pack(content) for content in [*shipped_packs(), rvu, gpci])
    fees = FeeBook(rules)
    fee = fees.schedule(date(2027, 5, 1)).fee("97530")
    assert fee.full == Decimal("38.08")  # 1.12 x 34
    assert fees.schedule(date(2027, 5, 1), edition="qp").fee("97530").full == Decimal("38.19")
    assert fees.schedule(date(2027, 5, 1), "WI").fee("97530").full == Decimal("35.56")  # (.50 + .54 + .006) x 34
    assert fees.schedule(date(2027, 5, 1), "09202-20").locality.name == "Puerto Rico"
    assert fees.schedule(date(2026, 5, 1)).fee("97530").full == Decimal("35.07")


def test_only_therapy_and_wanted_codes_are_kept_and_no_descriptor(tmp_path):
    rvu = rvu_pack(rvu_file(tmp_path), year=2027, version="A")
    values = rvu["periods"][0]["values"]
    assert [row["procedure"] for row in values["rows"]] == ["97530", "97010", "97014", "97999"]
    assert values["rows"][0] == {"procedure": "97530", "status": "A", "work": "0.50", "pe": "0.60", "mp": "0.02",
                                 "multiple_procedure": "5", "instead": ""}  # fmt: skip
    assert values["rows"][2]["instead"] == "G0283"
    assert "invented" not in str(values)
    more = rvu_pack(rvu_file(tmp_path), year=2027, version="A", codes={"99213"})
    assert "99213" in [row["procedure"] for row in more["periods"][0]["values"]["rows"]]


def test_a_newer_release_of_a_year_replaces_the_shipped_pack(tmp_path):
    rvu = rvu_pack(rvu_file(tmp_path, factor="33.4009"), year=2026, version="RVU26D")
    rules = Rulebook(read_pack(content) for content in [*shipped_packs(), rvu])
    assert rules.pick("pfs", date(2026, 5, 1)).name == "cms.pfs.2026@RVU26D"


def test_the_floor_of_the_work_index(tmp_path):
    for both, floor, work in ((True, True, "1.000"), (True, False, "0.990"), (False, True, "1.000")):
        rows = gpci_pack(gpci_file(tmp_path, both=both), year=2027, version="1", floor=floor)["periods"][0]["values"][
            "rows"
        ]
        assert rows[1] == {
            "locality": "06302-00",
            "state": "WI",
            "name": "Wisconsin",
            "work": work,
            "pe": "0.900",
            "mp": "0.300",
        }
        assert len(rows) == 2


def test_an_index_for_part_of_a_year(tmp_path):
    pack = gpci_pack(gpci_file(tmp_path), year=2027, version="1", floor=False, effective_from=date(2027, 2, 1),
                     effective_to=date(2027, 3, 1))  # fmt: skip
    assert (pack["periods"][0]["effective_from"], pack["periods"][0]["effective_to"]) == ("2027-02-01", "2027-03-01")


def test_latin_text_in_descriptors_does_not_matter(tmp_path):
    odd = "97110,,caf\xe9,A,,0.45,0.41,,0.41,NA,0.01,0,0,7,XXX,0,0,0,5,0,0,0,0,9,,34.0000,09,0,99,0,0,0"
    rows = rvu_pack(rvu_file(tmp_path, extra=[odd], encoding="latin-1"), year=2027, version="A")["periods"][0][
        "values"
    ]["rows"]
    assert rows[-1]["procedure"] == "97110"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("97110,,x,A,,many,0.41,,0.41,NA,0.01,0,0,7,XXX,0,0,0,5,0,0,0,0,9,,34.0000,09,0,99,0,0,0", "work 'many' is not a number"),
        ("97110,,x,A,,0.45,0.41,,0.41,NA,0.01,0,0,7,XXX,0,0,0,5,0,0,0,0,9,,35.0000,09,0,99,0,0,0", "one conversion factor"),
    ],
)  # fmt: skip
def test_figures_that_cannot_be_right(tmp_path, extra, message):
    with pytest.raises(ContractFileError, match=message):
        rvu_pack(rvu_file(tmp_path, extra=[extra]), year=2027, version="A")


def test_other_files_are_refused_with_the_reason(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(ContractFileError, match=r"x\.csv: no header row with HCPCS and MOD"):
        rvu_pack(path, year=2027, version="A")
    with pytest.raises(ContractFileError, match="no header row"):
        gpci_pack(path, year=2027, version="A")
    path.write_text("HCPCS,MOD,RVU\n97530,,1\n", "utf-8")
    with pytest.raises(ContractFileError, match="no column for"):
        rvu_pack(path, year=2027, version="A")
    with pytest.raises(ContractFileError, match=r"gone\.csv"):
        rvu_pack(tmp_path / "gone.csv", year=2027, version="A")
