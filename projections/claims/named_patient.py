"""The patient of a claim, by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class NamedPatient:
    """Who was treated, as files named them: "HOLLISTER, BRAM"; None where no file said."""

    name: str | None = None
    birth_date: date | None = None
    member_id: str | None = None
