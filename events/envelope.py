"""The CloudEvents 1.0 envelope, an event's identity and its content."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from events.values import Id, Instant

DEFAULT_PRACTICE = "default"
PRACTICE = r"^[A-Za-z0-9_-]{1,64}$"


class Identity(NamedTuple):
    """What makes an event itself, whoever sends it however often."""

    practice: str
    source: str
    id: str


class Superseded(BaseModel):
    """Names the event of ours that is corrected."""

    model_config = ConfigDict(frozen=True)
    source: str
    id: str


class Envelope(BaseModel):
    """A CloudEvent whose data is still plain JSON; `events.registry` knows what the data means.

    `contenthash` is given by readers of EDI: the hash of the normalised source segments, so that a better
    reader tomorrow does not turn yesterday's file into a conflict.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"]
    id: Id
    source: Id
    type: Id
    subject: Id
    time: Instant
    data: dict[str, Any]
    datacontenttype: str = "application/json"
    practice: str = Field(DEFAULT_PRACTICE, pattern=PRACTICE)
    correlationid: str | None = None
    causationid: str | None = None
    supersedes: Superseded | None = None
    rawref: str | None = None
    contenthash: str | None = None

    @property
    def identity(self) -> Identity:
        return Identity(self.practice, self.source, self.id)


def content_hash(event_type: str, subject: str, data: dict[str, Any]) -> str:
    """SHA-256 over type, subject and data with sorted keys. Give it normalised data, so that 80 equals "80.00"."""
    canonical = json.dumps([event_type, subject, data], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
