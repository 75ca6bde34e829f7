"""Options every verb shares, and the read context they open."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy import Engine

from projections.cut import NO_CUT, Cut
from services.cli import show
from services.core.clock import SystemClock
from services.core.errors import ClaimclockError, UsageError
from services.core.settings import Settings, load_settings
from services.reads.read_context import ReadContext, read_instant
from services.security.command_line_audit import record_command
from services.security.shown_refs import entries_of, refs_in
from services.store.engine import open_engine
from services.store.reference import References, ref_maker
from services.store.schema import behind_in_words, is_current, revision
from services.store.zone import in_recorded_zone

if TYPE_CHECKING:
    from services.reads.payer_names import PayerNames

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Data directory (or CLAIMCLOCK_DATA_DIR).", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
AtOption = Annotated[str | None, typer.Option("--at", help="Measure overdue and days left from this date or time.")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="Show data as of this date or time.")]
KnownAtOption = Annotated[
    str | None, typer.Option("--known-at", help="Use only what was received by this date or time.")
]
PracticeOption = Annotated[str | None, typer.Option("--practice", help="Practice (default: CLAIMCLOCK_PRACTICE).")]
LimitOption = Annotated[int | None, typer.Option("--limit", help="Maximum rows.")]
DosFromOption = Annotated[str | None, typer.Option("--dos-from", help="Service on this date or later.")]
DosToOption = Annotated[str | None, typer.Option("--dos-to", help="Service on this date or earlier.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change, publish nothing.")]
PayerOption = Annotated[str | None, typer.Option("--payer", help="Only this payer: its id, an identifier or its name.")]


# The second word of a verb, where it is part of its name; anything else may be a claim or patient number.
SUBVERBS = frozenset(
    {
        "add",
        "list",
        "disable",
        "enable",
        "role",
        "password",
        "connect",
        "revoke",
        "show",
        "diff",
        "publish",
        "import",
        "retry",
        "discard",
        "check",
        "status",
        "adopt",
        "library",
        "edit",
        "merge",
        "join",
        "separate",
        "undo",
        "decisions",
        "remove-second-factor",
        "rotate",
        "test",
        "pause",
        "resume",
        "remove",
        "deliveries",
        "replay",
    }
)


class NothingIngestedError(ClaimclockError):
    """There is nothing to read yet."""


@dataclass(frozen=True)
class When:
    """The three clocks of a read, as typed."""

    at: str | None = None
    as_of: str | None = None
    known_at: str | None = None


def instant_option(text: str | None, name: str, settings: Settings) -> datetime | None:
    if text is None:
        return None
    try:
        return read_instant(text, settings.zone)
    except ValueError:
        raise UsageError(f"{name}: {text!r} is not a date (2026-03-02) or a time (2026-03-02T15:00:00Z)") from None


def day_option(text: str | None, name: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{name}: {text!r} is not a date such as 2026-03-02") from None


def audited(settings: Settings) -> Settings:
    """The same settings, once it is written down who uses which verb. Raises AuditUnwritableError."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    verb, rest = words[:1], words[1:]
    about = None
    if verb == ["claim"] and rest:
        about = f"claim {ref_maker(settings.ref_secret())(settings.practice, rest[0])}"
    said = " ".join([*verb, *(word for word in rest[:1] if word in SUBVERBS)])
    record_command(settings, said, SystemClock().now(), about)
    show.to_witness(_Witness(settings, said, {(about or "").removeprefix("claim ")}))
    return settings


@dataclass(frozen=True)
class _Witness:
    """Writes down, before they are printed, which claims and patients a verb's rows show, each once."""

    settings: Settings
    verb: str
    known: set[str]

    def __call__(self, value: Any) -> None:
        name = partial(ref_maker(self.settings.ref_secret()), self.settings.practice)
        fresh = [ref for ref in dict.fromkeys(refs_in(value, name)) if ref not in self.known]
        self.known.update(fresh)
        if fresh:
            record_command(self.settings, self.verb, SystemClock().now(), *entries_of(None, fresh))


@contextmanager
def reading(data: Path | None, practice: str | None, when: When = When()) -> Iterator[ReadContext]:
    """A reader of the database alone: reading never starts a server."""
    settings = load_settings(data_dir=data, practice=practice)
    engine = _existing(settings)
    try:
        audited(settings)
        context = open_desk(engine, in_recorded_zone(engine, settings), when)
        show.in_zone(context.references.zone)
        yield context
    finally:
        engine.dispose()


def open_desk(
    engine: Engine, settings: Settings, when: When = When(), clock_now: datetime | None = None
) -> ReadContext:
    as_of = instant_option(when.as_of, "--as-of", settings)
    known_at = instant_option(when.known_at, "--known-at", settings)
    at = instant_option(when.at, "--at", settings) or as_of or clock_now or SystemClock().now()
    cut = Cut(as_of, known_at) if as_of or known_at else NO_CUT
    references = References(settings.zone, ref_maker(settings.ref_secret()))
    context = ReadContext(engine=engine, references=references, practice=settings.practice, at=at, cut=cut)
    show.name_payers(cache(partial(_payer_names, context)))
    return context


def _payer_names(context: ReadContext) -> PayerNames:
    from services.reads.payer_names import payer_names  # noqa: PLC0415  needs the terms, and no JSON needs the names

    return payer_names(context)


def payer_of(context: ReadContext, typed: str | None) -> str | None:
    """The payer id that `--payer` means. Raises SeveralPayersError."""
    if typed is None:
        return None
    from services.reads.payers import payer_id_of  # noqa: PLC0415  most verbs are not asked about one payer

    return payer_id_of(context, typed)


def hint_at_payers(context: ReadContext, payer: str | None) -> None:
    """A name that no claim has is more often misspelled than a payer without work."""
    from services.reads.list_counts import payers  # noqa: PLC0415

    if payer is not None and payer_of(context, payer) not in (known := payers(context)):
        names = ", ".join(map(show.payer, known))
        sys.stderr.write(f"no claims for payer {payer!r}; payers: {names or 'none yet'}\n")


def _existing(settings: Settings) -> Engine:
    """The database, if there is one of this version."""
    if settings.database_url is None and not (settings.data_dir / "claimclock.db").exists():
        raise NothingIngestedError(
            f"no data in {settings.data_dir}; import files with `claimclock ingest FILE` or run `claimclock demo`"
        )
    engine = open_engine(settings.database)
    try:
        _check_current(engine)
    except Exception:
        engine.dispose()
        raise
    return engine


def _check_current(engine: Engine) -> None:
    if not is_current(engine):
        with engine.connect() as connection:
            raise NothingIngestedError(behind_in_words(revision(connection)))
