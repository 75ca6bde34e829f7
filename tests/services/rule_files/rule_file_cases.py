"""Published rule files of every kind and layout, and how they are read."""

from datetime import date

from projections.rules.rulebook import read_pack
from services.rule_files.packs import FileKind, Standing
from services.rule_files.published import uploaded_file
from services.rule_files.reading import read_published
from services.store.shipped_rule_packs import shipped_packs
from tests.services.rule_files import layouts

TODAY = date(2026, 12, 2)
SHIPPED = {pack["pack_id"]: read_pack(pack) for pack in shipped_packs()}

CODES = frozenset(
    {"92507", "97530", "97110", "97116", "97140", "97150", "97161", "97164", "97010", "97014", "97129", "97597"}
)


def standing(packs=SHIPPED, **more):
    return Standing(packs=packs, codes=CODES, today=TODAY, **more)


def files(**named):
    return [
        file
        for name, body in named.items()
        for file in uploaded_file(name.replace("_dot_", "."), body.encode() if isinstance(body, str) else body)
    ]


def read(given, base=None, **more):
    readings, _ = read_published(given, base or standing(), **more)
    return readings


def only(given, base=None, **more):
    (reading,) = read(given, base, **more)
    read_pack(reading.content)
    return reading


def values(reading, place=-1):
    return reading.content["periods"][place]["values"]


KINDS = {
    FileKind.RVU: ("PPRRVU2027_Jan_nonQPP", layouts.rvu_text(), ","),
    FileKind.GPCI: ("GPCI2027", layouts.gpci_text(), ","),
    FileKind.LOCALITY: ("27LOCCO", layouts.COUNTIES, ","),
    FileKind.PTP: ("ccipra-v330r0-f1", layouts.ptp_text(), "\t"),
    FileKind.MUE: ("MCR_MUE_PractitionerServices_Eff_01-01-2027", layouts.MUE_TEXT, ","),
    FileKind.THERAPY: ("2027_Therapy_Code_List", layouts.THERAPY_TEXT, ","),
    FileKind.CARC: ("carc", layouts.CARC_TEXT, ","),
    FileKind.RARC: ("list", layouts.RARC_TEXT, ","),
    FileKind.CATEGORY: ("list", layouts.CATEGORY_TEXT, ","),
    FileKind.STATUS: ("list", layouts.STATUS_TEXT, ","),
    FileKind.FIGURES: ("figures", layouts.FIGURES_TEXT, None),
    FileKind.ICD10: ("icd10cm_order_2027", layouts.ORDER_TEXT, None),
    FileKind.ZIP: ("ZIP5_JAN2027", layouts.ZIPS, None),
}


def forms(kind):
    """The file as text, as a workbook where it comes as one, and in a ZIP."""
    name, text, separator = KINDS[kind]
    found = [files(**{f"{name}_dot_txt": text}), files(release_dot_zip=layouts.zipped(**{f"{name}_dot_csv": text}))]
    if separator:
        found.append(files(**{f"{name}_dot_xlsx": layouts.workbook(("Sheet1", layouts.cells(text, separator)))}))
    return found
