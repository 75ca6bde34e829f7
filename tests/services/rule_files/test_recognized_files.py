"""Every layout of a published file is recognized by its content; what is none or broken is refused with the place."""

import pytest

from services.rule_files.published import RuleFileError, published_files
from services.rule_files.reading import read_published
from services.rule_files.recognize import RefusedFile, recognize
from tests.services.rule_files import layouts
from tests.services.rule_files.rule_file_cases import KINDS, files, forms, only, read, standing, values


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_told_by_its_content_in_every_form(kind):
    assert [[recognize(file) for file in form] for form in forms(kind)] == [[kind]] * len(forms(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_every_form_of_a_file_makes_the_same_pack(kind):
    made = [[r.content | {"source": ""} for r in read(form)] for form in forms(kind)]
    assert made[0]
    assert all(other == made[0] for other in made)


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("ANES2027.csv", "Anesthesia,Conversion Factor\n1,2\n", "anesthesia"),
        ("OPPSCAP_Jan.csv", "HCPCS,MOD,PROCSTAT,CARRIER,LOCALITY,OPPS CAP\n", "OPPS caps"),
        ("ccioph-v330r0-f1.txt", layouts.ptp_text(), "outpatient hospitals"),
        ("MCR_MUE_OutpatientHospital.csv", layouts.MUE_TEXT.replace("Practitioner", "Outpatient Hospital"), "hospital"),
        ("MUE.csv", layouts.MUE_TEXT.replace("Practitioner Services ", ""), "add --as mue"),
        ("edits.txt", layouts.ptp_text(), "add --as ptp"),
        ("PPRRVU27_JAN.txt", "HDR 2027 fixed columns\n97530     invented\n", "fixed columns"),
        ("notes.csv", "a,b\n1,2\n", "not one of the files known"),
        ("noise.bin", b"\x00\x01\x02", "not one of the files known"),
    ],
)
def test_other_files_are_refused_by_name_with_the_reason(name, body, reason):
    (file,) = files(**{name.replace(".", "_dot_"): body})
    found = recognize(file)
    assert isinstance(found, RefusedFile)
    assert reason in found.reason
    assert found.name == name


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        (
            "PPRRVU27_JAN.csv",
            layouts.rvu_text(rows=[layouts.rvu_service("97110", work="many")]),
            "work 'many' is not a number",
        ),
        (
            "PPRRVU27_JAN.csv",
            layouts.rvu_text(rows=[*layouts.rvu_rows(), layouts.rvu_service("97110", factor="35")]),
            "one conversion factor",
        ),
        ("PPRRVU2027_Jan_QPP.csv", layouts.rvu_text(), "give the nonQPP file"),
        ("figures.toml", 'year = 2027\nsource = "x"\ndeductable = "1"\n', "unknown deductable"),
        ("figures.toml", 'year = 2027\ndeductible = "1"\n', "source is missing"),
        ("figures.toml", 'year = 2027\nsource = "x"\ndeductible = "much"\n', "deductible is a number"),
        ("bad.zip", b"PK\x03\x04 broken", "damaged"),
    ],
)
def test_a_known_file_that_is_broken_names_the_place(name, body, message):
    with pytest.raises(RuleFileError, match=message):
        read(files(**{name.replace(".", "_dot_"): body}))


def test_a_published_zip_with_all_its_files():
    """The fee schedule's ZIP holds papers, caps, anesthesia and each table in several forms."""
    archive = layouts.zipped(
        PPRRVU2027_Jan_nonQPP_dot_csv=layouts.rvu_text(),
        PPRRVU2027_Jan_nonQPP_dot_txt="fixed columns",
        PPRRVU2027_Jan_QPP_dot_csv=layouts.rvu_text(factor="34.1000"),
        GPCI2027_dot_csv=layouts.gpci_text(),
        **{"27LOCCO_dot_csv": layouts.COUNTIES},
        ANES2027_dot_csv="Anesthesia,Conversion Factor\n",
        OPPSCAP_dot_csv="HCPCS,OPPS CAP\n",
        RVU27A_dot_pdf=b"%PDF",
    )
    readings, refused = read_published(files(RVU27A_dot_zip=archive), standing())
    assert [(r.kind, len(r.files)) for r in readings] == [("rvu", 2), ("gpci", 1), ("locality", 1)]
    assert sorted(r.name for r in refused) == ["RVU27A.zip/ANES2027.csv", "RVU27A.zip/OPPSCAP.csv"]
    assert all(r.expected for r in refused)
    assert values(readings[0])["conversion_factor_qp"] == "34.1000"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RuleFileError, match=r"x\.csv: No such file"):
        list(published_files([tmp_path / "x.csv"]))


def test_latin_text_and_carriage_returns_do_not_matter():
    text = layouts.rvu_text(rows=[layouts.rvu_service("97110").replace("invented", "caf\xe9")]).replace("\r\n", "\r")
    (row,) = values(only(files(PPRRVU27_JAN_dot_csv=text.encode("latin-1"))))["rows"]
    assert row["procedure"] == "97110"
