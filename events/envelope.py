"""The CloudEvents 1.0 envelope, an event's identity and its content."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from events.values import Id, Instant, Kept, Name, says_open

DEFAULT_PRACTICE = "default"
PRACTICE = r"^[A-Za-z0-9_-]{1,64}$"


class Identity(NamedTuple):
    """What makes an event itself, no matter who sends it and how often."""

    practice: str
    source: str
    id: str


class Superseded(BaseModel):
    """The form that named a corrected event before `supersedessource` and `supersedesid`: still read."""

    model_config = ConfigDict(frozen=True)
    source: Id
    id: Id


class Envelope(BaseModel):
    """A CloudEvent whose data is still plain JSON; `events.registry` knows what the data means.

    `contenthash` is given by readers of EDI: the hash of the normalized source segments, so that a better
    reader tomorrow does not turn yesterday's file into a conflict.
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=says_open)
    __pydantic_extra__: dict[str, Kept]

    specversion: Literal["1.0"]
    id: Id
    source: Id
    type: Id
    subject: Id
    time: Instant
    data: dict[str, Any]
    datacontenttype: str = "application/json"
    practice: str = Field(DEFAULT_PRACTICE, pattern=PRACTICE)
    correlationid: Name | None = None
    causationid: Name | None = None
    supersedessource: Id | None = None
    supersedesid: Annotated[Id | None, Field(validate_default=True)] = None
    supersedes: Superseded | None = None
    rawref: Name | None = None
    contenthash: Name | None = None

    @field_validator("supersedesid")
    @classmethod
    def _whole_name(cls, value: str | None, info: ValidationInfo) -> str | None:
        if (value is None) != (info.data.get("supersedessource") is None):
            raise ValueError("supersedessource and supersedesid name a corrected event together")
        return value

    @property
    def identity(self) -> Identity:
        return Identity(self.practice, self.source, self.id)

    @property
    def superseded(self) -> tuple[str, str] | None:
        """Source and id of the event that this one corrects."""
        if self.supersedessource is not None and self.supersedesid is not None:
            return (self.supersedessource, self.supersedesid)
        return (self.supersedes.source, self.supersedes.id) if self.supersedes else None


def content_hash(event_type: str, subject: str, data: dict[str, Any]) -> str:
    """SHA-256 over type, subject and data with sorted keys. Give it normalized data, so that 80 equals "80.00"."""
    canonical = json.dumps([event_type, subject, data], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
