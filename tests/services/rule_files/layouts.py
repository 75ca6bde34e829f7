"""Synthetic files in the layouts of their publishers: invented numbers, no descriptor of theirs."""

import io
import zipfile

from openpyxl import Workbook

RVU_WIDTH = 32
RVU_SPLIT_HEAD = [
    (
        ",,,STATUS,MEDICARE,WORK,NON-FAC,NA,FACILITY,NA,MP,NON-FACILITY,FACILITY,PCTC,GLOB,PRE,INTRA,POST,MULT,BILAT,ASST,"
        "CO-,TEAM,PRIC,ENDO,CONV,DIAGNOSTIC,CALCULATION,FAMILY,PAYMENT,PAYMENT,PAYMENT"
    ),
    (
        "HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,"
        "SURG,SURG,SURG,SURG,IND,BASE,FACTOR,PROCEDURES,FLAG,INDICATOR,AMOUNT,AMOUNT,AMOUNT"
    ),
]
RVU_ONE_HEAD = [
    (
        "HCPCS,MOD,DESCRIPTION,STATUS CODE,NOT USED FOR MEDICARE PAYMENT,WORK RVU,FULLY IMPLEMENTED NON-FAC PE RVU,"
        "NON-FAC NA INDICATOR,FULLY IMPLEMENTED FACILITY PE RVU,FACILITY NA INDICATOR,MP RVU,NON-FACILITY TOTAL,"
        "FACILITY TOTAL,PCTC IND,GLOB DAYS,PRE OP,INTRA OP,POST OP,MULT PROC,BILAT SURG,ASST SURG,CO- SURG,TEAM SURG,"
        "PRIC IND,ENDO BASE,CONV FACTOR,PHYSICIAN SUPERVISION,CALCULATION FLAG,FAMILY,AMOUNT,AMOUNT 2,AMOUNT 3"
    )
]


def rvu_service(
    code, modifier="", status="A", work="0.50", pe="0.60", mp="0.02", multiple=5, factor="34.0000", facility="0.40,NA"
):
    return (
        f'{code},{modifier},"invented, text",{status},,{work},{pe},,{facility},{mp},0,0,7,XXX,0,0,0,{multiple},0,0,'
        f"0,0,9,,{factor},09,0,99,0,0,0"
    )


def rvu_rows(factor="34.0000"):
    return [
        rvu_service("97530", factor=factor),
        rvu_service("97530", "26", work="9.00", pe="9.00", mp="9.00", factor=factor),
        rvu_service("97010", status="B", work="0.06", pe="0.13", mp="0.01", multiple=9, factor=factor),
        rvu_service("97014", status="I", work="0.18", pe="0.19", mp="0.01", multiple=9, factor=factor),
        rvu_service("97597", work="0.75", pe="2.24", mp="0.05", multiple=0, factor=factor, facility="0.93,"),
        rvu_service("99213", work="1.30", pe="1.46", mp="0.09", multiple=0, factor=factor),
        rvu_service("97999", work="1.00", pe="1.00", mp="0.01", factor=factor),
    ]


def rvu_text(year=2027, month="JANUARY", factor="34.0000", rows=None, *, split=True):
    """PPRRVU in CSV, with the heading over several rows or in one (older files)."""

    def padded(cells):
        return ",".join([*cells, *[""] * (RVU_WIDTH - len(cells))])

    head = [
        padded(["", "", f"{year} Invented Relative Value File, {month} Release"]),
        padded(["", "", "codes only"]),
        padded(["", "", ""]),
        padded(["", "", f"RELEASED 12/01/{year - 1}"]),
    ]
    if split:
        head += [
            padded([""] * 29 + ["NON-FACILITY", "FACILITY"]),
            padded(["", "", "", "", "NOT USED"] + [""] * 21 + ["PHYSICIAN"]),
            padded(["", "", "", "", "FOR", "", "", "NON-FAC", "", "FACILITY"]),
        ]
    return "\r\n".join([*head, *(RVU_SPLIT_HEAD if split else RVU_ONE_HEAD), *(rows or rvu_rows(factor))])


def gpci_text(year=2027, *, both=True):
    work = f"{year} PW GPCI (without 1.0 Floor),{year} PW GPCI (with 1.0 Floor)" if both else f"{year} PW GPCI"
    rows = [("9202", "PR", "20", "PUERTO RICO", "0.950", "1.000"), ("06302", "WI", "0", "WISCONSIN*", "0.990", "1.000")]
    body = [",".join([*row[:4], *(row[4:] if both else row[5:]), "0.900", "0.300"]) for row in rows]
    return "\n".join(
        [
            "ADDENDUM E. INVENTED INDICES BY STATE AND LOCALITY,,,,,,,",
            "",
            f"Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,{work},{year} PE GPCI,{year} MP GPCI",
            *body,
            "",
            "* a note about the floor,,,,",
        ]
    )


COUNTIES = """Invented crosswalk by state,,,,
,,,,
Medicare Adminstrative Contractor,Locality Number,State,Fee Schedule Area,Counties
06302,0,WISCONSIN,STATEWIDE,ALL COUNTIES
01112,5,CALIFORNIA,SAN FRANCISCO,SAN FRANCISCO
01112,7,,OAKLAND,"ALAMEDA, CONTRA COSTA"
"""
ZIPS = "".join(
    f"{state}{code}{carrier}{locality}B{' ' * 59}20271\n".ljust(20)
    for state, code, carrier, locality in (
        ("WI", "53703", "06302", "00"),
        ("CA", "94103", "01112", "05"),
        ("CA", "94607", "01112", "07"),
    )
)
PTP_HEAD = (
    "CPT only copyright invented.  All rights reserved.\t\t\t\t\t\t\n"
    "Column1/Column2 Edits\t\t\t\t\t\t\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n"
    "\t\t\t\t*=no data\t1=allowed\t\n"
    "\t\t\t\t\t9=not applicable\t\n"
)
PTP_ROWS = (  # column 1, column 2, effective, deletion, modifier
    ("92507", "97530", "20170101", "*", "1"),
    ("92507", "99213", "20170101", "*", "1"),
    ("97140", "97530", "20170101", "*", "1"),
    ("97150", "97110", "20201001", "*", "1"),
    ("97530", "97116", "20200101", "20200401", "1"),
    ("97530", "97116", "20201001", "*", "1"),
    ("97530", "97161", "20200101", "20200101", "9"),
    ("97530", "97164", "20200101", "20261231", "0"),
    ("99999", "99213", "20170101", "*", "1"),
)


def ptp_text(rows=PTP_ROWS):
    return PTP_HEAD + "".join(
        f"{a}\t{b}\t\t{since}\t{until}\t{mod}\tinvented reason\n" for a, b, since, until, mod in rows
    )


def ptp_table(rows=PTP_ROWS):
    head = [line.split("\t") for line in PTP_HEAD.splitlines()]
    return [
        *head,
        *(
            [a, b, "", int(since), until if until == "*" else int(until), int(mod), "invented reason"]
            for a, b, since, until, mod in rows
        ),
    ]


MUE_TEXT = (
    '"Invented notice over the table",,,\n'
    '"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n'
    "92507,1,2 Date of Service Edit: Policy,invented\n97110,8,3 Date of Service Edit: Clinical,invented\n"
    "97597,1,1 Line Edit,invented\n99213,2,3 Date of Service Edit: Clinical,invented\n"
)
THERAPY_TEXT = (
    "Invented: 2027 Therapy Code List and Dispositions,,\nCPT/HCPCS Code,Short text,Disposition\n"
    "97530,invented,Always therapy\n97129,invented,Sometimes therapy\n98999,invented,Sometimes therapy\n"
)
CARC_TEXT = (
    "Claim Adjustment Reason Codes,,,,\nCode,Description,Start Date,Last Modified,Stop Date\n"
    '45,"Invented wording, of the fee",01/01/1995,07/01/2017,\n305,Invented wording,07/01/2026,,\n'
    "P12,Invented wording,11/01/2013,,\n17,Invented wording,01/01/1995,,07/01/2009\n"
)
RARC_TEXT = (
    "Code,Description,Start Date,Stop Date\nM1,Invented,01/01/1997,\nMA130,Invented,01/01/1997,\nN704,Invented,,\n"
)
CATEGORY_TEXT = "Claim Status Category Codes,,\nCode,Description,Start Date\nA1,Invented,\nA7,Invented,\nDR01,x,\n"
STATUS_TEXT = "Claim Status Codes,,\nCode,Description,Start Date\n21,Invented,\n562,Invented,\n"
FIGURES_TEXT = """year = 2027
source = "invented notice"
deductible = "300.00"
kx_threshold = "2550.00"
kx_review = "3000.00"
conversion_factor = "34.0000"
conversion_factor_qp = "34.1000"
sequestration = "0.02"
appeal_hearing = "210.00"
appeal_court = "2000.00"
"""
ORDER_ROWS = (
    ("M25", "0", "invented heading"),
    ("M2556", "0", "invented heading of a joint"),
    ("M25561", "1", "Invented words of the right knee"),
    ("M25562", "1", "Invented words of the left knee"),
    ("M25569", "1", "Invented words of a knee"),
    ("M5450", "1", "Invented words of a back"),
)
ORDER_TEXT = "".join(
    f"{number:05d} {code:<7} {billable} {'short words':<60} {words}\n"
    for number, (code, billable, words) in enumerate(ORDER_ROWS, 1)
)


def workbook(*sheets):
    """The bytes of a workbook; each sheet is a title and its rows."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def cells(text, separator=","):
    import csv  # noqa: PLC0415

    return list(csv.reader(io.StringIO(text), delimiter=separator))


def zipped(**members):
    """The bytes of a ZIP; names write _dot_ for their dot."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, body in members.items():
            archive.writestr(name.replace("_dot_", "."), body)
    return stream.getvalue()
