"""Which of several entries in one transaction set that have the same names one is.

No count goes from set to set or from file to file: a check may arrive in several files, in any order, and one file
holds the same set twice if its sender wrote it twice.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from events.normal_forms import number_form
from services.intake.context import digest
from services.intake.elements import is_blank_id

_LENGTH = 16


class EntryPlace(NamedTuple):
    """`name`: what the entry is called within its remittance. `ordinal`: the how-manieth entry of its claim, from 1."""

    name: str
    ordinal: int


class EntryCounter:
    """Counts within one set."""

    def __init__(self) -> None:
        self._names: Counter[str] = Counter()
        self._claims: Counter[str] = Counter()

    def place(self, claim_id: str, payer_claim_number: str, status: str, content: str) -> EntryPlace:
        """Names the next CLP by claim number, payer's claim number, status and how many of the same came before.

        One without a claim number has nothing but its content to distinguish it from the others.
        """
        parts = (claim_id, number_form(payer_claim_number), status, content if is_blank_id(claim_id) else "")
        name = digest(*parts, length=_LENGTH)
        self._names[name] += 1
        if is_blank_id(claim_id):
            return EntryPlace(f"{name}:{self._names[name]}", self._names[name])
        self._claims[claim_id] += 1
        return EntryPlace(f"{name}:{self._names[name]}", self._claims[claim_id])
