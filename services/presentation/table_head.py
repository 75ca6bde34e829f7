"""The line above an exported table: what it is, whose, as of when, and what it is narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.presentation.formatting import instant


@dataclass(frozen=True, kw_only=True)
class TableHead:
    """`narrowed`: the filters in words, empty where nothing narrows."""

    title: str
    practice: str
    at: datetime
    zone: ZoneInfo
    narrowed: str = ""

    @property
    def text(self) -> str:
        filters = self.narrowed or "no filters"
        return f"{self.title}; practice {self.practice}; {instant(self.at.isoformat(), self.zone)}; {filters}"
