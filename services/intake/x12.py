"""The segment tokenizer: an X12 byte stream as lists of elements, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from services.intake.delimiters import (
    HEADER_WINDOW,
    Delimiters,
    Header,
    guess_header,
    next_interchange,
    read_header,
)
from services.intake.elements import Segment
from services.intake.guides import KNOWN_TAGS
from services.intake.results import FileNote, ReadResult, RefusedPiece, clipped

CHUNK = 1 << 18
LONG_ELEMENT = 60  # characters: below the bound of a code, and of a name that is put together from three of them
LONGEST_SEGMENT = 1 << 20  # bytes without a terminator after which what was read is handed on as it is
_CONTROLS = bytes(range(32)) + b"\x7f"
_BOM = b"\xef\xbb\xbf"


class ByteStream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class SegmentSource(Protocol):
    """Where segments come from: X12 text, or JSON that stands for it. See `Segments`."""

    number: int
    unterminated: int
    has_long: bool
    delimiters: Delimiters

    def __iter__(self) -> Iterator[Segment]: ...

    def take_findings(self) -> list[ReadResult]: ...

    def joined(self, segments: list[Segment]) -> str: ...


class Segments:
    """Iterates once over the segments of a stream. While iterating, `number` is that of the segment last given.

    `delimiters` are those of the interchange being read. `unterminated` is the number of the latest segment that had no
    terminator behind it. What could not be cut into segments, and what was repaired, waits in `findings`.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._ended = False
        self._said: set[str] = set()
        self.number = 0
        self.unterminated = 0
        self.has_long = False  # whether any element so far may be longer than events take
        self.delimiters = Delimiters(b"*", b":", b"^", b"~")
        self.findings: list[ReadResult] = []

    def __iter__(self) -> Iterator[Segment]:
        for block in self._blocks():
            element, terminator = self._text(self.delimiters.element), self._text(self.delimiters.terminator)
            *whole, rest = block.split(terminator)
            number = self.number
            for raw in whole:
                if raw and (raw[0] > " " or (raw := raw.lstrip())):
                    number += 1
                    self.number = number
                    segment = raw.split(element)
                    if len(raw) > LONG_ELEMENT and not self.has_long:
                        self.has_long = _has_long(segment)
                    yield segment
            if rest := rest.strip():
                self.number += 1
                self.unterminated = self.number
                segment = rest.split(element)
                self.has_long = self.has_long or _has_long(segment)
                yield segment

    def take_findings(self) -> list[ReadResult]:
        """What was found since the last call."""
        found, self.findings = self.findings, []
        return found

    def joined(self, segments: list[Segment]) -> str:
        """The text of segments as it stood in the file, without line breaks."""
        element, terminator = self._text(self.delimiters.element), self._text(self.delimiters.terminator)
        return "".join(element.join(segment) + terminator for segment in segments)

    def _blocks(self) -> Iterator[str]:
        """Text that ends with a segment, one interchange at a time."""
        data = self._opening()
        scanned = 3  # where to look for a further ISA
        while data:
            at = next_interchange(data, self.delimiters.terminator, scanned, complete=self._ended)
            if at >= 0 and len(data) - at < HEADER_WINDOW and not self._ended:
                data += self._read()
                scanned = at
            elif at >= 0:
                yield self._clean(data[:at])
                data = data[at:]
                self._adopt(data)
                scanned = 3
            elif self._ended:
                yield self._clean(data)
                return
            else:
                cut = data.rfind(self.delimiters.terminator) + 1
                cut = cut or (len(data) if len(data) > LONGEST_SEGMENT else 0)
                if cut:
                    yield self._clean(data[:cut])
                data = data[cut:] + self._read()
                scanned = 0

    def _read(self) -> bytes:
        more = self._stream.read(CHUNK)
        self._ended = not more
        return more

    def _adopt(self, data: bytes) -> None:
        """Takes over the delimiters that the start of `data` shows."""
        header: Header | None = read_header(data) or guess_header(data)
        if header is not None:
            self.delimiters = header.delimiters
            self.findings += [FileNote(remark, self.number + 1) for remark in header.remarks]

    def _opening(self) -> bytes:
        """The data from its first ISA (or GS, or ST) on; what precedes it is refused. Empty if there is none."""
        data, skipped, dropped = self._read(), b"", 0
        while True:
            start = _begins(data, complete=self._ended)
            if start >= 0:
                self._refuse_opening(skipped + data[:start], dropped, "text before the first segment")
                self._adopt(data[start:])
                return data[start:]
            if self._ended:
                self._refuse_opening(skipped + data, dropped, "no X12 interchange in this file: no ISA, GS or ST found")
                return b""
            keep = max(len(data) - HEADER_WINDOW, 0)
            skipped, dropped = _cap(skipped + data[:keep], dropped)
            data = data[keep:] + self._read()

    def _refuse_opening(self, junk: bytes, dropped: int, reason: str) -> None:
        text = _decode(junk.removeprefix(_BOM)).strip()
        if junk.startswith(_BOM):
            self.findings.append(FileNote("the file begins with a byte order mark"))
        if text or dropped:
            self.findings.append(RefusedPiece(reason=reason, segment=None, transaction=None, raw=clipped(text)))

    def _clean(self, block: bytes) -> str:
        """A block without byte order marks, line breaks and control characters, as text."""
        terminator = self.delimiters.terminator
        if _BOM in block:
            block = block.replace(_BOM, b"")
        if terminator != b"\r":
            block = block.replace(b"\r", b"" if terminator == b"\n" or b"\n" in block else b"\n")
        if terminator != b"\n" and b"\n" in block:
            block = self._unbroken(block, terminator)
        unwanted = bytes(set(_CONTROLS) - set(b"".join(self.delimiters)))
        cleaned = block.translate(None, unwanted)
        if len(cleaned) != len(block):
            self._say("control characters were removed")
        return self._text(cleaned)

    def _unbroken(self, block: bytes, terminator: bytes) -> bytes:
        """Line breaks around terminators mean nothing; one inside a segment is a wrapped line or a lost terminator."""
        smooth = block.replace(terminator + b"\n", terminator).replace(b"\n" + terminator, terminator).lstrip(b"\n")
        if b"\n" not in smooth:
            return smooth
        mark = re.escape(terminator)
        around = rb"\s*\n\s*" + mark + rb"\s*|" + mark + rb"[ \t]*\n\s*"
        smooth = re.sub(around, lambda _: terminator, block).strip(b"\n")
        if b"\n" not in smooth:
            return smooth
        return self._joined_lines(block) if _is_wrapped(block) else self._mended(smooth, terminator)

    def _joined_lines(self, block: bytes) -> bytes:
        self._say("lines are wrapped at a fixed width; they were joined")
        return block.replace(b"\n", b"")

    def _mended(self, block: bytes, terminator: bytes) -> bytes:
        first, *lines = block.split(b"\n")
        out = [first]
        for line in lines:
            tag, separator, _ = line.partition(self.delimiters.element)
            lost = bool(separator) and tag.strip().decode("latin-1") in KNOWN_TAGS
            out.append(terminator + line if lost else line)
            self._say("a segment ends with a line break only" if lost else "a segment is broken over two lines")
        return b"".join(out)

    def _say(self, message: str) -> None:
        """Reports once per file, near where it was first seen."""
        if message not in self._said:
            self._said.add(message)
            self.findings.append(FileNote(message, self.number + 1))

    def _text(self, data: bytes) -> str:
        """UTF-8, or segment by segment Latin-1; delimiters outside ASCII make it Latin-1 throughout."""
        if not b"".join(self.delimiters).isascii():
            return data.decode("latin-1")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            terminator = self.delimiters.terminator
            return terminator.decode().join(_decode(part) for part in data.split(terminator))


def _has_long(segment: Segment) -> bool:
    """By elements: an ISA is always longer than any bound, and none of its elements is."""
    return max(map(len, segment)) > LONG_ELEMENT


def _begins(data: bytes, *, complete: bool) -> int:
    """Where the X12 text begins; -1 where it does not, or cannot be determined before more is read."""
    offset = len(data) - len(data.lstrip(b" \t\r\n\x00\xef\xbb\xbf"))
    head = data[offset:]
    if (len(head) < HEADER_WINDOW and not complete) or not head:
        return -1
    if head.startswith(b"ISA") and read_header(head):
        return offset
    if head.startswith((b"GS", b"ST")) and guess_header(head[: 1 << 16]):
        return offset
    at = head.find(b"ISA")
    while at >= 0:
        if read_header(head, at) is not None and (complete or len(head) - at >= HEADER_WINDOW):
            return offset + at
        at = head.find(b"ISA", at + 3)
    return -1


def _is_wrapped(block: bytes) -> bool:
    """Whether all whole lines have one length, as mainframes write records."""
    lines = block.split(b"\n")
    return len(lines) >= 4 and len({len(line) for line in lines[1:-1]}) == 1 and len(lines[1]) >= len(lines[-1])


def _cap(skipped: bytes, dropped: int) -> tuple[bytes, int]:
    limit = 1 << 18
    return skipped[:limit], dropped + max(len(skipped) - limit, 0)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
