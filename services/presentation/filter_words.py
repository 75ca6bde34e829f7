"""What a list or table is narrowed to, in words: for the head of a print, of a workbook and of a CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.presentation.formatting import day, dollars
from services.presentation.labels import (
    BANDS,
    BASES,
    BUCKETS,
    CAUSES,
    FILTERS,
    OWNERS,
    SORT_NAMES,
    category_name,
    name,
)

# As the address gives them; of those the words of their own say all there is to say.
ALONE: Mapping[str, Callable[[str], str]] = {
    "assignee": lambda value: {"nobody": "Unassigned", "me": "Assigned to me"}.get(value, f"Assigned to {value}"),
    "queue": lambda value: "In my queues" if value == "mine" else f"In the queue {value}",
    "tag": lambda value: f"Tagged {value}",
    "due": lambda value: "Past due" if value == "overdue" else f"Due {_within(value)}",
    "lost": lambda _: "Already lost",
    "sort": lambda value: f"Sorted by {name(SORT_NAMES, value).lower()}",
    "snoozed": lambda _: "Snoozed included",
    "unbalanced": lambda _: "Out of balance only",
    "basis": lambda value: f"By days since {name(BASES, value).lower()}",
    "owner": lambda value: name(OWNERS, value),
    "bucket": lambda value: BUCKETS.get(value) or f"{value} days",
    "months": lambda value: f"Last {value} months",
    "refused": lambda _: "Refused and failed only",
}
VALUES: Mapping[str, Callable[[str], str]] = {
    "category": category_name,
    "cause": lambda value: name(CAUSES, value),
    "band": lambda value: name(BANDS, value),
    "state": lambda value: name({}, value),
    "dos_from": day,
    "dos_to": day,
    "first": day,
    "last": day,
    "amount_min": dollars,
    "amount_max": dollars,
}
UNSAID = frozenset({"f", "cols", "practice", "cursor", "before", "check", "list", "ref", "patient"})


def _within(value: str) -> str:
    return "within 24 hours" if value == "1" else f"within {value} days"


def filter_words(given: Mapping[str, Any], payer_name: Callable[[str], str] = str) -> str:
    """Each filter that narrows, as "Payer CEDAR or LAKESHORE; Amount from $100.00"; a value of no sense as it is."""
    told = {key: value for key, value in given.items() if value and key not in UNSAID}
    return "; ".join(_said(key, value, payer_name) for key, value in told.items())


def _said(key: str, value: Any, payer_name: Callable[[str], str]) -> str:
    values = [value] if isinstance(value, str) or not isinstance(value, Sequence) else list(value)
    if key in ALONE:
        return ALONE[key](str(values[0]))
    said = [payer_name(str(each)) if key == "payer" else _value(key, str(each)) for each in values]
    return f"{FILTERS.get(key) or name({}, key)} {' or '.join(said)}"


def _value(key: str, value: str) -> str:
    try:
        return VALUES[key](value) if key in VALUES else value
    except (ValueError, ArithmeticError):
        return value
