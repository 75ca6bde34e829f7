"""Sentences of folds as a person reads them: versions, days, instants and internal names in plain words.

Rows and JSON keep the exact names (`sla@2026.1`, `2026-03-02`, `appeal_1`), which programs and auditors compare.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

from services.presentation import labels
from services.presentation.formatting import day, instant
from services.presentation.rule_words import PACK_KINDS

# The shipped packs by the beginning of their names; a contract or policy keeps the name that was given to it.
PACKS: Mapping[str, str] = {
    "appeal-follow-up": "appeal follow-up",
    "appeal-medicare": "Medicare appeals",
    "assistant": "assistant rules",
    "carc-action": "adjustment code table",
    "claim-status": "claim status codes",
    "x12.carc-roles": "adjustment code roles",
    "cms.assistant-price": "Medicare assistant reduction",
    "cms.facility-places": "places paid at the facility rate",
    "cms.gpci": "Medicare locality indexes",
    "cms.mppr": "MPPR",
    "cms.part-b-coinsurance": "Part B coinsurance",
    "cms.part-b-deductible": "Part B deductible",
    "cms.pfs": "Medicare fee schedule",
    "cms.sequestration": "sequestration",
    "corrected-medicare": "Medicare corrected claims",
    "diagnosis": "diagnosis rules",
    "documentation": "documentation rules",
    "findings": "findings table",
    "house.underpayment-tolerance": "underpayment tolerance",
    "kx": "KX threshold",
    "modifiers": "modifier rules",
    "ncci": "NCCI edits",
    "practice.medicare": "practice's Medicare terms",
    "programs": "payer programs",
    "dismissal-review-medicare": "Medicare reviews of dismissals",
    "federal.holidays": "federal holidays",
    "icd10cm": "ICD-10-CM codes",
    "mue": "unit maximums",
    "outer-limit-champva": "CHAMPVA filing limit",
    "outer-limit-medicaid": "Medicaid filing limit",
    "outer-limit-tricare": "TRICARE filing limit",
    "plan-of-care-medicare": "Medicare plans of care",
    "rebuttal-medicare": "Medicare rebuttals",
    "records": "records requests",
    "recoupment-medicare": "Medicare recoupment",
    "refund": "refund rules",
    "refund-hold": "waiting period before refunds",
    "refund-medicaid": "Medicaid refunds",
    "reopening-medicare": "Medicare reopenings",
    "sla": "response time rules",
    "therapy.evaluation-codes": "evaluation codes",
    "timely-medicare": "Medicare timely filing",
    "units": "unit rules",
}
_VERSION = re.compile(r"\b([A-Za-z][\w.-]*)@(\d[\w-]*(?:\.\d+)*|[A-Z]{2,}\d\w*)(?:[#@+][^\s:;,\])]*)?")
_FINDING = re.compile(r"\[[a-z_]+(?:\.[a-z_]+)+; ")  # the rule's name before its source
_POINTER = re.compile(r"(?<!\w)/((?:[a-z0-9_]+/)*)([a-z_]+): (?:Field required)?")
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?")
_DIFFERS = re.compile(r"(?<=it differs at )/[\w/~-]+(?:, /[\w/~-]+)*")
_NO_RULE = re.compile(r"\bno ([a-z][a-z0-9_]*) rule covers\b")
_DAY = re.compile(r"\b(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(\d{4}-\d\d-\d\d)\b(?!T)")


def plain(text: str, zone: ZoneInfo) -> str:
    """The sentence for people: 'sla@2026.1: due 2026-03-02' is 'response time rules, version 2026.1: due Mar 2, 2026'.

    Only names of our own are put in words: what people or files brought stays as it is.
    """
    told = _VERSION.sub(_version, _FINDING.sub("[", text))
    told = _POINTER.sub(_pointer, told)
    told = _NO_RULE.sub(_no_rule, told)
    told = _DIFFERS.sub(_places, told)
    told = _INSTANT.sub(lambda found: instant(found[0], zone), told)
    told = _DAY.sub(_day, told)
    return _slugs().sub(lambda found: known_names()[found[0]], told)


def _pointer(found: re.Match[str]) -> str:
    """/lines/0/units: -> units (lines 1)."""
    where = _place(found[1] + found[2])
    return f"{where} is missing" if found[0].endswith("required") else f"{where}: "


def _places(found: re.Match[str]) -> str:
    """/subject, /data/lines/0/units -> subject, units (lines 1)."""
    return ", ".join(_place(pointer.removeprefix("/data")) for pointer in found[0].split(", "))


def _place(pointer: str) -> str:
    *outside, name = pointer.strip("/").split("/")
    inside = " ".join(str(int(part) + 1) if part.isdecimal() else part for part in outside).replace("_", " ")
    name = name.replace("_", " ")
    return f"{name} ({inside})" if inside else name


def _version(found: re.Match[str]) -> str:
    return f"{pack_name(found[1])}, version {found[2]}"


def _no_rule(found: re.Match[str]) -> str:
    """'no kx rule covers' -> 'no rule of the kind "Therapy threshold" covers'."""
    return f'no rule of the kind "{PACK_KINDS[found[1]]}" covers' if found[1] in PACK_KINDS else found[0]


def pack_name(name: str) -> str:
    """A rule pack's name in words; a name that is not ours as it is."""
    dashed = name.replace("_", "-")
    if dashed in PACKS:
        return PACKS[dashed]
    stem, _, year = dashed.rpartition(".")
    return f"{PACKS[stem]} {year}" if stem in PACKS and year.isdecimal() else name


def _day(found: re.Match[str]) -> str:
    try:
        told = day(date.fromisoformat(found[2]))
    except ValueError:
        return found[0]
    return f"{found[1]}, {told}" if found[1] else told


@cache
def known_names() -> dict[str, str]:
    """Internal names that sentences of folds hold, each with its words."""
    tables = (
        labels.CATEGORIES,
        labels.CAUSES,
        labels.CLASSES,
        labels.STATUSES,
        labels.ITEMS,
        labels.RESOLUTIONS,
        labels.DEADLINES,
    )
    return {key: words for table in tables for key, words in table.items() if "_" in key}


@cache
def _slugs() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(sorted(known_names(), key=len, reverse=True))})\b")


_CODE = r"(?:(?:CO|PR|OA|PI|CR)[- ]\w{1,4}|MA?\d{1,3}|N\d{1,4})"
_ONLY_CODES = re.compile(rf"{_CODE}(?:[ ,]+{_CODE})*")


def only_codes(text: str) -> bool:
    """Whether a text is nothing but adjustment and remark codes, so that it needs words around it."""
    return _ONLY_CODES.fullmatch(text or "") is not None
