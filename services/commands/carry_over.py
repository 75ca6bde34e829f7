"""The open claims of a system used before, brought in from its list; one way for command line, HTTP and pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from events.registry import complaint, parse
from services.app_context import AppContext
from services.commands.publish_events import log_says, publish_durably
from services.core.errors import UsageError
from services.intake.open_claims import OpenClaims, RefusedRow, UnknownColumnsError, read_open_claims
from services.intake.sheet_rows import SheetError, sheet_rows
from services.messaging.publisher import EVENT
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.raw_files import RawStore

EVENT_TYPE = "claim.carried_over.v1"
SOURCE = "claimclock/carried-over"
AT_ONCE = 1000  # events published at a time
WAIT = 600.0  # seconds until every list shows them
MOST_REFUSED = 200  # rows named in an answer
_NAME_LENGTH = 32
LONGEST_SOURCE = 60


class OpenClaimsError(UsageError):
    """A list that cannot be read. `rows`: its first ones, where a person has to say what the columns mean."""

    http_status = 422

    def __init__(self, message: str, rows: Sequence[Sequence[str]] = ()) -> None:
        super().__init__(message)
        self.rows = rows


@dataclass(frozen=True, kw_only=True)
class OpenClaimsList:
    """Which list, of which system, as of which day. `columns`: a heading -> the field it means, kept by source."""

    path: Path
    source: str
    as_of: date
    columns: Mapping[str, str]


def carry_over(app: AppContext, asked: OpenClaimsList, *, by: str, dry_run: bool) -> dict[str, Any]:
    """Reads the list and, unless it is a dry run, publishes a statement for every row and waits for the lists.

    The same list again changes nothing. What is said of the columns is kept for the source. Raises OpenClaimsError.
    """
    source = _checked(app, asked)
    saved = saved_columns(app, source)
    found = _read(asked, saved | dict(asked.columns))
    rawref = None if dry_run else RawStore(app.settings).put_file(asked.path)
    bodies, refused = _events(app, found, source, asked.as_of, rawref)
    if asked.columns and not dry_run:
        remember_columns(app, source, saved | dict(asked.columns), by)
    told = _summary(found, refused, source, asked.as_of)
    fresh = _fresh(app, bodies)
    if not dry_run:
        _publish(app, fresh)
    return told | {"new": len(fresh), "known": len(bodies) - len(fresh), "published": not dry_run and bool(bodies)}


def _checked(app: AppContext, asked: OpenClaimsList) -> str:
    source = " ".join(asked.source.split())
    if not source or len(source) > LONGEST_SOURCE or not source.isprintable():
        raise OpenClaimsError(f"name the system the list comes from, in at most {LONGEST_SOURCE} characters")
    today = app.clock.now().astimezone(app.settings.zone).date()
    if asked.as_of > today:
        raise OpenClaimsError(f"the day of the list, {asked.as_of.isoformat()}, is in the future")
    return source


def _read(asked: OpenClaimsList, columns: Mapping[str, str]) -> OpenClaims:
    try:
        return read_open_claims(sheet_rows(asked.path), asked.as_of, columns)
    except UnknownColumnsError as error:
        raise OpenClaimsError(str(error), error.rows) from error
    except SheetError as error:
        raise OpenClaimsError(str(error)) from error
    except OSError as error:
        raise OpenClaimsError(f"the file cannot be read: {error.strerror}") from error


def saved_columns(app: AppContext, source: str) -> dict[str, str]:
    """What was said of the columns of this system's lists before."""
    kept = PracticeSettings(app.engine, app.settings.practice).get(SettingKind.OPEN_CLAIMS, source.lower())
    return dict(kept.body.get("columns", {})) if kept else {}


def saved_sources(app: AppContext) -> list[dict[str, Any]]:
    """Every system whose columns were explained, with what was said."""
    kept = PracticeSettings(app.engine, app.settings.practice).current(SettingKind.OPEN_CLAIMS)
    return [
        {"source": each.body["source"], "columns": each.body["columns"], "version": each.version}
        for each in kept.values()
    ]


def remember_columns(app: AppContext, source: str, columns: Mapping[str, str], by: str) -> None:
    """Keeps what the columns of a system's lists mean, as a new version where it differs."""
    body = {"source": source, "columns": dict(columns)}
    PracticeSettings(app.engine, app.settings.practice).save(
        SettingKind.OPEN_CLAIMS, source.lower(), body, by=by, now=app.clock.now()
    )


def _events(
    app: AppContext, found: OpenClaims, source: str, as_of: date, rawref: str | None
) -> tuple[list[bytes], list[RefusedRow]]:
    """The statements as CloudEvents; a row that the vocabulary refuses is refused."""
    now, bodies, refused = app.clock.now().isoformat(), [], list(found.refused)
    for number, data in found.stated:
        told = {**data, "as_of": as_of.isoformat(), "source_row": f"row {number} of {source}"}
        event = {
            "specversion": "1.0",
            "id": _name(told),
            "source": SOURCE,
            "type": EVENT_TYPE,
            "subject": data["claim_id"],
            "time": now,
            "practice": app.settings.practice,
            "data": told,
        }
        body = json.dumps(event | ({"rawref": rawref} if rawref else {})).encode()
        try:
            parse(body)
        except ValidationError as error:
            fault = complaint(error)[0]
            refused.append(RefusedRow(number, f"{fault['pointer'].removeprefix('/data/')}: {fault['message']}"))
            continue
        bodies.append(body)
    return bodies, refused


def _name(told: Mapping[str, Any]) -> str:
    """By content: the same row of the same list is the same event."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:_NAME_LENGTH]


def _fresh(app: AppContext, bodies: Sequence[bytes]) -> list[bytes]:
    """Those that the log does not have yet."""
    fresh: list[bytes] = []
    for start in range(0, len(bodies), AT_ONCE):
        part = bodies[start : start + AT_ONCE]
        with app.engine.connect() as connection:
            fresh += [body for body, word in zip(part, log_says(connection, part), strict=True) if word != "duplicate"]
    return fresh


def _publish(app: AppContext, bodies: Sequence[bytes]) -> None:
    last = None
    for start in range(0, len(bodies), AT_ONCE):
        last = publish_durably(app, bodies[start : start + AT_ONCE], EVENT)
    if last is not None:
        app.wait(last, WAIT)


def _summary(found: OpenClaims, refused: Sequence[RefusedRow], source: str, as_of: date) -> dict[str, Any]:
    rows = sorted(refused, key=lambda each: each.row)
    return {
        "source": source,
        "as_of": as_of.isoformat(),
        "claims": len(found.stated) - (len(refused) - len(found.refused)),
        "balance": f"{found.balance:.2f}",
        "columns": dict(found.columns.headings),
        "unused_columns": list(found.columns.unused),
        "refused_count": len(rows),
        "refused": [{"row": each.row, "reason": each.reason} for each in rows[:MOST_REFUSED]],
        "skipped": found.skipped,
    }
