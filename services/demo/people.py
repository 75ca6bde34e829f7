"""Invented patients, therapists and physicians. Identifiers are of a kind that no real one can have.

Medicare numbers begin with 0 and NPIs with 9, neither of which is ever assigned.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from services.demo.world import DemoPayer, DemoPerson

_LAST = (
    "ABERNETHY",
    "BELLWEATHER",
    "CORVALLO",
    "DRAYMORE",
    "EASTLAKE",
    "FENNIMORE",
    "GALBRAITH",
    "HOLLISTER",
    "INGERSOLL",
    "JARNAGIN",
    "KESTERSON",
    "LINDQVIST",
    "MERRIWETHER",
    "NORTHCOTT",
    "OAKHURST",
    "PEMBERLEY",
    "QUESADA",
    "RAVENEL",
    "SALTONSTALL",
    "THISTLEWOOD",
    "UNDERHAY",
    "VANTERPOOL",
    "WHITCOMB",
    "YARBOROUGH",
    "ZELLNER",
    "ASHGROVE",
)
_FIRST = (
    "ADA",
    "BRAM",
    "CELIA",
    "DORIAN",
    "ELSPETH",
    "FINN",
    "GRETA",
    "HOLLIS",
    "IRIS",
    "JUDE",
    "KEZIA",
    "LORNE",
    "MAEVE",
    "NILS",
    "ODETTE",
    "PIERS",
    "QUINN",
    "ROSALIND",
    "SILAS",
    "TAMSIN",
    "ULRIC",
    "VERA",
    "WINSTON",
    "YVAINE",
)
_STREETS = ("ALDER LANE", "BRICKYARD ROAD", "CANAL STREET", "DOVECOTE WAY", "ELDERBERRY COURT", "FERRY LANDING")
_LETTERS = "ACDEFGHJKMNPQRTUVWXY"

THERAPISTS = {
    "PT": DemoPerson(last="ELLISON", first="MARA", number="9999998021"),
    "OT": DemoPerson(last="FELDGATE", first="JONAS", number="9999998039"),
    "SLP": DemoPerson(last="RAMANUJAN", first="PRIYA", number="9999998047"),
}
PHYSICIANS = (
    DemoPerson(last="STONEBRIDGE", first="ALMA", number="9999998054"),
    DemoPerson(last="OKONJO", first="TOBIAS", number="9999998062"),
)
DIAGNOSES = {
    "PT": (("M25.661", "M62.81"), ("M54.50",), ("R26.89", "M62.81"), ("M25.512",)),
    "OT": (("M25.642", "M62.81"), ("R27.8",), ("M79.641",)),
    "SLP": (("R13.12",), ("R47.1",), ("R48.8", "R41.841")),
}


class Census:
    """Hands out people, none twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._count = 0

    def person(self, payer: DemoPayer, age: tuple[int, int] = (30, 64)) -> DemoPerson:
        """A new person whose number is of the payer's kind."""
        random, count = self._random, self._count
        self._count += 1
        last, first = _LAST[count % len(_LAST)], _FIRST[(count * 7 + count // len(_LAST)) % len(_FIRST)]
        born = date(2026, 1, 1) - timedelta(days=random.randint(age[0] * 366, age[1] * 366))
        street = f"{random.randint(10, 980)} {random.choice(_STREETS)}"
        return DemoPerson(
            last=last, first=first, number=self._number(payer, count), born=born, sex=random.choice("FM"), street=street
        )

    def _number(self, payer: DemoPayer, count: int) -> str:
        pick = self._random.choice
        if payer.indicator == "MB":
            pattern = f"0A{count % 10}9A{count // 10 % 10}9AA{count // 100 % 10}9"  # CMS: C A AN N A AN N A A N N
            return "".join({"A": pick(_LETTERS), "9": pick("0123456789")}.get(sign, sign) for sign in pattern)
        return f"{payer.payer_id[:3]}{100000 + count * 37}{self._random.randint(10, 99)}"
