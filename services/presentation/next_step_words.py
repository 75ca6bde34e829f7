"""The next step of a claim in one sentence, as letters and the command line say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.presentation.formatting import day, local_day
from services.presentation.labels import ITEMS
from services.presentation.plain_words import plain


def step_words(step: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Appeal with the record (Denied), by Nov 7, 2026; last day Mar 2, 2027."""
    told = plain(step["what"], zone)
    if step["worklist"]:
        told += f" ({ITEMS[step['worklist']]})"
    if step["due"]:
        told += f", by {day(local_day(step['due'], zone))}"
    if step["lost_on"] and step["lost_on"] != step["due"]:
        told += f"; last day {day(step['lost_on'])}"
    return f"{told}."
