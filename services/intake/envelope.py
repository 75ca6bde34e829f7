"""Walks interchanges, groups and transaction sets, and hands each set to the reader of its kind.

A wrong count, a wrong control number or a missing trailer is noted and never a reason to drop money.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping

from services.intake.context import Body, Group, Interchange, SetContext, refuse_set
from services.intake.elements import Segment, element, instant, name_of, undated
from services.intake.fitting import fitting
from services.intake.guides import SEGMENTS, recognise
from services.intake.results import FileNote, FileSeen, ParkedOrigin, ReadResult, RefusedPiece, Source, clipped
from services.intake.x12 import SegmentSource

SetReader = Callable[[SetContext, Body], Iterator[ReadResult]]
_PLAIN_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_TEST = "T"  # ISA15
_JOINING = ("277CA", "277")  # whose readers put the messages of many segments into one text
_CUT_ENVELOPE = "the file ends before any transaction set; send the whole file"
_TEST_ASIDE = "a test file (ISA15 T), not posted because of the setting CLAIMCLOCK_TEST_FILES; retrying posts it anyway"
_KEPT_OUTSIDE = 2_000  # segments outside any set that are carried along in one refusal


class EnvelopeWalk:
    """One pass over one file. `readers` maps the name of a set to its reader."""

    def __init__(self, tokens: SegmentSource, source: Source, readers: Mapping[str, SetReader]) -> None:
        self._tokens = tokens
        self._segments = iter(tokens)
        self._source = source
        self._readers = readers
        self._interchange = Interchange()
        self._group = Group()
        self._open: list[str] = []  # which trailers are awaited: "IEA", "GE"
        self._counts: Counter[str] = Counter()
        self._outside: list[Segment] = []
        self._outside_from = 0
        self._sets = 0
        self._tests_aside = False
        self._handlers: dict[str, Callable[[Segment], Iterator[ReadResult]]] = {
            "ISA": self._on_isa,
            "GS": self._on_gs,
            "SE": self._on_se,
            "GE": self._on_ge,
            "IEA": self._on_iea,
            "TA1": self._on_ta1,
        }

    def items(self) -> Iterator[ReadResult]:
        """Everything in the file, in its order."""
        for segment in self._segments:
            yield from self._tokens.take_findings()
            yield from self._at_envelope(segment)
        yield from self._tokens.take_findings()
        yield from self._refuse_outside()
        if self._open and not self._sets:
            yield RefusedPiece(reason=_CUT_ENVELOPE, segment=self._tokens.number, transaction=None, raw="")
        yield from self._missing_trailers(())
        if self._tests_aside:
            yield RefusedPiece(
                reason=_TEST_ASIDE,
                segment=None,
                transaction="test file",
                raw=self._source.sha256,
                origin=ParkedOrigin.TEST_FILE,
            )

    def _at_envelope(self, segment: Segment | None) -> Iterator[ReadResult]:
        """One segment outside the sets; an ST takes its whole set with it and gives back what ended it, if not SE."""
        while segment is not None:
            tag = segment[0]
            if tag == "ST":
                yield from self._refuse_outside()
                segment = yield from self._transaction(segment)
                yield from self._tokens.take_findings()
            else:
                handler = self._handlers.get(tag, self._keep_outside)
                if handler != self._keep_outside:
                    yield from self._refuse_outside()
                yield from handler(segment)
                segment = None

    def _on_isa(self, segment: Segment) -> Iterator[ReadResult]:
        yield from self._missing_trailers(())
        self._interchange = Interchange(
            sender=element(segment, 6),
            receiver=element(segment, 8),
            control=element(segment, 13),
            at=instant(element(segment, 9), element(segment, 10), self._source.zone),
            is_test=element(segment, 15).upper() == _TEST,
        )
        self._group = Group()
        self._open = ["IEA"]
        self._counts["GS"] = 0
        yield from (FileNote(fault, self._tokens.number) for fault in undated(segment, 9))

    def _on_gs(self, segment: Segment) -> Iterator[ReadResult]:
        yield from self._missing_trailers(("IEA",))
        faults: list[str] = []
        self._group = Group(
            sender=name_of(segment, 2, faults),
            receiver=name_of(segment, 3, faults),
            control=name_of(segment, 6, faults),
            version=element(segment, 8),
            at=instant(element(segment, 4), element(segment, 5), self._source.zone),
        )
        self._open = [*self._open, "GE"]
        self._counts["GS"] += 1
        self._counts["ST"] = 0
        yield from (FileNote(fault, self._tokens.number) for fault in [*faults, *undated(segment, 4)])

    def _on_ge(self, segment: Segment) -> Iterator[ReadResult]:
        yield from self._check_trailer(segment, self._counts["ST"], self._group.control)
        self._open = [tag for tag in self._open if tag != "GE"]
        self._group = Group()

    def _on_iea(self, segment: Segment) -> Iterator[ReadResult]:
        yield from self._missing_trailers(("IEA",))
        yield from self._check_trailer(segment, self._counts["GS"], self._interchange.control)
        self._open = []

    def _on_se(self, segment: Segment) -> Iterator[ReadResult]:
        yield RefusedPiece(
            reason="SE without ST",
            segment=self._tokens.number,
            transaction=None,
            raw=clipped(self._tokens.joined([segment])),
        )

    def _on_ta1(self, segment: Segment) -> Iterator[ReadResult]:
        verdict = {"A": "accepted", "E": "accepted with errors", "R": "rejected"}.get(element(segment, 4), "no verdict")
        reason = (
            f"TA1 interchange acknowledgment ({verdict}): not one of the sets Claimclock reads; "
            "a rejected interchange was not received: resend its file"
        )
        yield FileSeen("TA1", "", self._tokens.number)
        yield RefusedPiece(
            reason=reason, segment=self._tokens.number, transaction="TA1", raw=clipped(self._tokens.joined([segment]))
        )

    def _transaction(self, start: Segment) -> Generator[ReadResult, None, Segment | None]:
        """Reads one set. Returns the segment that ended it where that was not its SE."""
        self._counts["ST"] += 1
        self._sets += 1
        faults: list[str] = []
        context = self._context(start, name_of(start, 2, faults))
        yield from (FileNote(fault, context.first) for fault in faults)
        yield FileSeen(context.guide.name, context.guide.version, context.first)
        body = Body(self._segments, self._tokens, SEGMENTS.get(context.guide.name))
        if self._interchange.is_test and self._source.keeps_tests_aside:
            self._tests_aside = True
            for _ in body:
                pass
        elif context.guide.reason is not None:
            yield from refuse_set(context, [start], body, context.guide.reason)
        else:
            found = self._readers[context.guide.name](context, body)
            items = fitting(found, self._tokens, joins_texts=context.guide.name in _JOINING)
            yield from _or_nothing(items, context, start)
            yield from _strange_segments(body, context)
        if body.trailer is not None and body.trailer[0] == "SE":
            yield from self._check_trailer(body.trailer, body.count + 2, context.control)
            return None
        yield FileNote(f"SE is missing for the {context.guide.name} that begins here", context.first)
        return body.trailer

    def _context(self, start: Segment, control: str) -> SetContext:
        delimiters = self._tokens.delimiters
        return SetContext(
            source=self._source,
            interchange=self._interchange,
            group=self._group,
            guide=recognise(element(start, 1), element(start, 3), self._group.version),
            control=control,
            first=self._tokens.number,
            component=delimiters.component.decode("latin-1"),
            repetition=delimiters.repetition.decode("latin-1"),
            tokens=self._tokens,
        )

    def _check_trailer(self, trailer: Segment, counted: int, control: str) -> Iterator[FileNote]:
        tag, number = trailer[0], self._tokens.number
        stated = element(trailer, 1)
        if not stated.isdecimal() or int(stated[:12]) != counted:
            yield FileNote(f"{tag}01 has a wrong count; there are {counted}", number)
        if element(trailer, 2).lstrip("0") != control.lstrip("0"):
            yield FileNote(f"{tag}02 does not match the control number of its header", number)

    def _missing_trailers(self, kept: tuple[str, ...]) -> Iterator[FileNote]:
        for tag in reversed(self._open):
            if tag not in kept:
                yield FileNote(f"{tag} is missing", self._tokens.number)
        self._open = [tag for tag in self._open if tag in kept]

    def _keep_outside(self, segment: Segment) -> Iterator[ReadResult]:
        if not self._outside:
            self._outside_from = self._tokens.number
        self._outside.append(segment)
        if len(self._outside) >= _KEPT_OUTSIDE:
            yield from self._refuse_outside()

    def _refuse_outside(self) -> Iterator[ReadResult]:
        if self._outside:
            raw = clipped(self._tokens.joined(self._outside))
            yield RefusedPiece(
                reason="segments outside any transaction set (no ST before them)",
                segment=self._outside_from,
                transaction=None,
                raw=raw,
            )
            self._outside = []


def _or_nothing(items: Iterator[ReadResult], context: SetContext, start: Segment) -> Iterator[ReadResult]:
    """A set that yields nothing is refused, so that no file ends without a word."""
    empty = True
    for item in items:
        empty = empty and isinstance(item, FileNote) and not item.is_answer
        yield item
    if empty:
        yield context.refused(f"this {context.guide.name} has nothing to read", context.first, [start])


def _strange_segments(body: Body, context: SetContext) -> Iterator[FileNote]:
    for tag, times in sorted(body.strange.items()):
        named = f"segment {tag}" if _PLAIN_TAG.fullmatch(tag) else "a segment with an unreadable tag"
        yield FileNote(
            f"{named} does not belong in the {context.guide.name} and was ignored ({times} times)", context.first
        )
