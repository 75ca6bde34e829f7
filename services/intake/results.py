"""What a reader is given about a file, and the four kinds of things it finds in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo


class ParkedOrigin(StrEnum):
    """Where that was found which could not be read."""

    INTAKE = "intake"
    TEST_FILE = "test_file"  # a file kept aside; its raw text is the SHA-256 of the whole file
    EVENT = "event"
    RULES = "rules"
    CONFLICT = "conflict"  # what came again with other content
    PROJECTOR = "projector"


RAW_LIMIT = 65_536  # characters of unreadable text carried along; the whole file is kept under its hash anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file on its way in. `sha256` is that of its bytes; the name is for people and never part of an identity.

    `received_at` is the instant a payer's message reached us; None takes the interchange's own ISA09/10, in `zone`.
    """

    name: str
    sha256: str
    correlation_id: str
    practice: str
    received_at: datetime | None
    zone: ZoneInfo
    keeps_tests_aside: bool = False  # interchanges marked as a test (ISA15 T) are not read
    takes_events: bool = True  # CloudEvents in JSON are read; over HTTP they have an endpoint of their own


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """One CloudEvent, ready for JSON."""

    event: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPiece:
    """What could not be read: why (never with patient data), from which segment or line of the file, and its text.

    `cut`: the file ends within it. `identity`: source and id of the event that it would have been, as far as known.
    """

    reason: str
    segment: int | None
    transaction: str | None
    raw: str
    origin: ParkedOrigin = ParkedOrigin.INTAKE
    cut: bool = False
    identity: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FileNote:
    """Something worth reporting that stopped nothing: a wrong count, a missing trailer, a sum that is off."""

    message: str
    segment: int | None = None
    is_answer: bool = False  # it says what became of a whole transaction set


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A transaction set, or a run of JSON events, begins here."""

    transaction: str
    version: str
    segment: int | None = None


ReadResult = FoundEvent | RefusedPiece | FileNote | FileSeen


def clipped(text: str) -> str:
    """Raw text short enough to carry; says so where it was cut."""
    if len(text) <= RAW_LIMIT:
        return text
    return f"{text[:RAW_LIMIT]}… ({len(text) - RAW_LIMIT} more characters)"
