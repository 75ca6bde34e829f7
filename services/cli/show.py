"""Tables a person can read, and JSON for machines."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from services.presentation import labels as words
from services.presentation.formatting import day, instant
from services.presentation.plain_words import plain

if TYPE_CHECKING:
    from rich.console import Console

    from services.reads.payer_names import PayerNames

Column = tuple[str, str]  # key in the row, heading
RIGHT = frozenset(
    {
        "amount_at_risk",
        "amount",
        "charge",
        "allowed",
        "paid",
        "balance",
        "variance",
        "expected_allowed",
        "confirmed",
        "pending",
        "projected",
        "claims",
        "events",
        "duplicates",
        "parked",
        "units",
        "seconds",
        "patient_responsibility",
    }
)
UNKNOWN = ("amount_at_risk",)  # what is never empty: nothing there means that nobody knows it
INSTANTS = ("due", "lost_on", "latest", "time", "raised_at")
DAY_LENGTH = len("2026-03-02")
NAMES = {
    "band": words.BANDS,
    "cause": words.CAUSES,
    "class": words.CLASSES,
    "state": words.DEADLINE_STATES,
    "status": words.STATUSES,
    "bucket": words.BUCKETS,
    "owner": {"payer": "payer", "patient": "patient"},
    "category": words.CATEGORIES,
    "clock": words.DEADLINES,
}
# What users typed and files brought is shown as it is.
VERBATIM = frozenset(
    {
        "claim_id",
        "patient_id",
        "visit_id",
        "payer_id",
        "ref",
        "contract_id",
        "payer",
        "name",
        "id",
        "path",
        "trace_number",
        "note",
        "assignee",
        "person",
    }
)
UTC_ZONE = ZoneInfo("UTC")
_EVENT = re.compile(r"[a-z_]+\.[a-z_]+\.v\d+")
_SLUG = re.compile(r"[a-z]+(?:[._][a-z0-9]+)+")
_zone: ContextVar[ZoneInfo] = ContextVar("zone", default=UTC_ZONE)
_witness: ContextVar[Callable[[Any], None]] = ContextVar("witness", default=lambda _: None)
_payers: ContextVar[Callable[[], PayerNames] | None] = ContextVar("payers", default=None)
SENTENCES = ("reason", "next_action")
WIDE = 120  # columns a table of a worklist needs; narrower, each item takes a few lines instead
WIDTH_OF_A_FILE = 140


class _Screen:
    """Where people read. What draws it is slow to import, and no JSON needs it."""

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console  # noqa: PLC0415

        fitting = sys.stdout.isatty() or "COLUMNS" in os.environ
        return Console(highlight=False, width=None if fitting else WIDTH_OF_A_FILE)

    @property
    def width(self) -> int:
        """In columns."""
        return self._console.width

    def print(self, *what: Any, **how: Any) -> None:
        """As rich prints it."""
        self._console.print(*what, **how)


console = _Screen()


def to_witness(note: Callable[[Any], None]) -> None:
    """Who hears, before anything is printed, of the rows that are."""
    _witness.set(note)


def witnessed(value: Any) -> Any:
    """The same value, once it is written down whom its rows show."""
    _witness.get()(value)
    return value


def as_json(value: Any) -> None:
    witnessed(value)
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def local(rows: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> list[dict[str, Any]]:
    """The same rows with their instants as the practice's clocks show them; days stay days."""
    return [dict(row) | {key: _wall(row[key], zone) for key in INSTANTS if row.get(key)} for row in rows]


def _wall(text: str, zone: ZoneInfo) -> str:
    """A day or an instant as people write it; what is neither (words already) stays."""
    try:
        return day(date.fromisoformat(text)) if len(text) == DAY_LENGTH else instant(text, zone)
    except ValueError:
        return text


def zone() -> ZoneInfo:
    return _zone.get()


def in_zone(zone: ZoneInfo) -> None:
    """The practice's zone, for the instants inside sentences."""
    _zone.set(zone)


def name_payers(names: Callable[[], PayerNames]) -> None:
    """How tables find what payers are called: asked only where one is printed."""
    _payers.set(names)


def _names() -> PayerNames:
    from services.reads.payer_names import PayerNames  # noqa: PLC0415  no JSON needs them

    find = _payers.get()
    return PayerNames({}) if find is None else find()


def payer(payer_id: str | None) -> str:
    return _names().of(payer_id)


def marked_payer(payer_id: str | None) -> str:
    """For text that is printed with its markup."""
    from rich.markup import escape  # noqa: PLC0415

    return escape(payer(payer_id))


def table(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], limit: int | None = None) -> None:
    """A titled table; says how many rows it left out."""
    shown = rows if limit is None else rows[:limit]
    witnessed(list(shown))
    if not rows:
        console.print(f"[bold]{title}[/bold]: nothing\n")
        return
    from rich.table import Table  # noqa: PLC0415

    grid = Table(
        title=f"{title} ({len(rows)})", title_justify="left", title_style="bold", header_style="dim", expand=False
    )
    for key, heading in columns:
        grid.add_column(
            heading,
            justify="right" if key in RIGHT else "left",
            overflow="fold",
            no_wrap=key in RIGHT or key in ("due", "lost_on", "claim_id"),
        )
    for row in shown:
        grid.add_row(*(_cell(row, key) for key, _ in columns))
    console.print(grid)
    if len(shown) < len(rows):
        console.print(f"[dim]… and {len(rows) - len(shown)} more[/dim]")
    console.print()


def items(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], limit: int | None = None) -> None:
    """A worklist: a table where there is room for its sentences, else an item in a few lines."""
    if console.width >= WIDE or not rows:
        table(title, rows, columns, limit)
        return
    from rich.padding import Padding  # noqa: PLC0415

    witnessed(list(rows if limit is None else rows[:limit]))
    console.print(f"[bold]{title} ({len(rows)})[/bold]")
    for row in rows if limit is None else rows[:limit]:
        head = "  ".join(_cell(row, key) for key, _ in columns if key not in SENTENCES and row.get(key))
        console.print(f"\n{head}")
        for key, heading in columns:
            if key in SENTENCES:
                console.print(Padding(f"[dim]{heading}:[/dim] {_cell(row, key)}", (0, 0, 0, 4)))
    if limit is not None and limit < len(rows):
        console.print(f"[dim]… and {len(rows) - limit} more[/dim]")
    console.print()


def _cell(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if key == "payer" and value is None and row.get("payer_id"):
        value = payer(row["payer_id"])
    if value is None:
        return "unknown" if key in row and key in UNKNOWN else ""
    if key in NAMES:
        return words.name(NAMES[key], value)
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list | tuple):
        return _escaped(" ".join(str(item) if key in VERBATIM else _readable(str(item)) for item in value))
    text = str(value) if key in VERBATIM else _readable(str(value))
    if key == "due" and row.get("overdue"):
        return f"[red]{text}[/red]"
    return _escaped(text)


def sentence(text: str) -> str:
    """As a person reads it: payers by name."""
    return _names().in_words(text)


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def _readable(text: str) -> str:
    told = plain(text, _zone.get())
    if "ayer " in told:
        told = _names().in_words(told)
    if _EVENT.fullmatch(told):
        return words.event_name(told)
    return told.replace("_", " ").replace(".", ": ") if _SLUG.fullmatch(told) else told
