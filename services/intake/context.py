"""What a reader of one transaction set is given: the envelope around it, and its segments one by one."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.elements import Segment, stamp
from services.intake.guides import ENVELOPE_TAGS, Guide
from services.intake.results import RAW_LIMIT, RefusedPiece, Source, clipped
from services.intake.x12 import SegmentSource

_OTHER_ELEMENTS, _OTHER_ENDS = "\ue000", "\ue001"  # stand-ins that no delimiter of a file can be
_EMPTY_ENDS = re.compile(r"[*:]+(?=~|\Z)|:+(?=\*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interchange:
    """ISA. `at` is ISA09/10 in the practice's zone."""

    sender: str = ""
    receiver: str = ""
    control: str = ""
    at: datetime | None = None
    is_test: bool = False  # ISA15 T


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """GS. `at` is GS04/05 in the practice's zone."""

    sender: str = ""
    receiver: str = ""
    control: str = ""
    version: str = ""
    at: datetime | None = None


class Body:
    """The segments between ST and SE. Iterate once; afterwards `trailer` says how the set ended.

    Segments that the set's guide does not know are passed on too, and counted in `strange`.
    """

    def __init__(self, segments: Iterator[Segment], tokens: SegmentSource, known: frozenset[str] | None = None) -> None:
        self._segments = segments
        self._tokens = tokens
        self._known = known or frozenset()
        self._start = self._last = tokens.number
        self.trailer: Segment | None = None  # the envelope segment that ended it; None at the end of the file
        self.strange: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Segment]:
        known = self._known
        for segment in self._segments:
            tag = segment[0]
            if tag not in known:
                if tag in ENVELOPE_TAGS:
                    self.trailer = segment
                    self._last = self._tokens.number - 1
                    return
                if known:
                    self.strange[tag] += 1
            yield segment
        self._last = self._tokens.number

    @property
    def number(self) -> int:
        """The file-relative number of the segment last given."""
        return self._tokens.number

    @property
    def count(self) -> int:
        """How many segments there were, once all are read."""
        return self._last - self._start

    @property
    def cut(self) -> bool:
        """Whether the last segment has no terminator and may have been broken off; once all are read."""
        return self.count > 0 and self._tokens.unterminated == self._last

    @property
    def unfinished(self) -> bool:
        """Whether the file ended before any trailer, so that the last claim may be incomplete; once all are read."""
        return self.cut or self.trailer is None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetContext:
    """One transaction set and everything around it."""

    source: Source
    interchange: Interchange
    group: Group
    guide: Guide
    control: str  # ST02
    first: int  # the number of the ST segment
    component: str
    repetition: str
    tokens: SegmentSource

    def normalised(self, segments: list[Segment]) -> str:
        """The text of segments with the usual delimiters and without empty ends: what content hashes are taken of."""
        if self.component == ":" and self.repetition in ("", "^"):
            text = "~".join(["*".join(segment) for segment in segments])
        else:
            text = _OTHER_ENDS.join([_OTHER_ELEMENTS.join(segment) for segment in segments])
            given = self.component + _OTHER_ELEMENTS + _OTHER_ENDS + self.repetition
            text = text.translate(str.maketrans(given, ":*~^"[: len(given)]))
        if "*~" in text or ":~" in text or ":*" in text or text.endswith(("*", ":")):
            text = _EMPTY_ENDS.sub("", text)
        return text

    def refused(
        self,
        reason: str,
        first: int,
        segments: list[Segment],
        *,
        cut: bool = False,
        identity: tuple[str, str] | None = None,
    ) -> RefusedPiece:
        return RefusedPiece(
            reason=reason,
            segment=first,
            transaction=self.guide.name,
            raw=clipped(self.tokens.joined(segments)),
            cut=cut,
            identity=identity,
        )

    @property
    def event_source(self) -> str:
        """The CloudEvents source of what this set says, "x12/835"."""
        return f"x12/{self.guide.name}"

    def identity(self, event_id: str) -> tuple[str, str]:
        """The source and id of an event of this set."""
        return self.event_source, f"{event_id}-test" if self.interchange.is_test else event_id

    def received(self) -> datetime | None:
        """When a payer's message reached us; with no instant given, when its own envelope says it was made."""
        return self.source.received_at or self.interchange.at or self.group.at

    def rawref(self, first: int, last: int) -> str:
        """Where in the kept file an event comes from."""
        return f"{self.source.sha256}#{first}-{last}"


def digest(*parts: str, length: int = 64) -> str:
    """SHA-256 over parts, in hexadecimal, shortened to `length`."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:length]


def refuse_set(context: SetContext, begun: list[Segment], body: Body, reason: str) -> Iterator[RefusedPiece]:
    """Refuses a whole set: what was read of it (`begun`) and what is left, as much of it as is carried along."""
    kept, size = list(begun), 0
    for segment in body:
        if size <= RAW_LIMIT:
            kept.append(segment)
            size += sum(map(len, segment)) + len(segment)
    yield context.refused(reason, context.first, kept, cut=body.unfinished)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Makes the CloudEvents of one transaction set: everything but what differs from event to event."""

    context: SetContext
    name: str  # its `event_source`
    time: str

    @classmethod
    def of(cls, context: SetContext, moment: datetime) -> Issuer:
        return cls(context, context.event_source, stamp(moment))

    def event(
        self, kind: str, event_id: str, subject: str, data: dict[str, Any], *, contenthash: str, span: tuple[int, int]
    ) -> dict[str, Any]:
        """A CloudEvent. `contenthash` is of the normalized source text, `span` its first and last segment number."""
        source = self.context.source
        _, event_id = self.context.identity(event_id)
        if self.context.interchange.is_test:
            data = data | {"test_file": True}
        return {
            "specversion": "1.0",
            "id": event_id,
            "source": self.name,
            "type": kind,
            "subject": subject,
            "time": self.time,
            "datacontenttype": "application/json",
            "practice": source.practice,
            "correlationid": source.correlation_id,
            "rawref": self.context.rawref(*span),
            "contenthash": contenthash,
            "data": data,
        }
