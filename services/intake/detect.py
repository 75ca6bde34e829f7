"""Detects from the first bytes what a file is, whatever its name says."""

from __future__ import annotations

import codecs
import re

from services.intake.x12 import ByteStream

HEAD = 1 << 16
X12, JSON, EMPTY, OTHER = "X12", "JSON", "empty", "other"
_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n\x00\x1e"
_X12_START = re.compile(rb"(?:ISA|GS|ST)[^A-Za-z0-9\s]")
_X12_INSIDE = re.compile(rb"ISA[^A-Za-z0-9\s][^\r\n]{30}")
_FOREIGN = (
    (b"\x1f\x8b", "a gzip archive within another file"),
    (b"PK\x03\x04", "a ZIP archive within another file"),
    (b"%PDF", "a PDF document"),
    (b"MSH|", "an HL7 version 2 message"),
    (b"FHS|", "an HL7 version 2 batch"),
    (b"UNA", "an EDIFACT interchange"),
    (b"UNB", "an EDIFACT interchange"),
    (b"<", "XML or HTML"),
)


class Peeked:
    """A byte stream whose beginning can be looked at. UTF-16, known by its byte order mark, comes out as UTF-8."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        start = b""
        while len(start) < HEAD and (more := self._stream.read(HEAD - len(start))):
            start += more
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self.head = self._plain(start, final=not start)

    def _plain(self, data: bytes, *, final: bool) -> bytes:
        if self._decoder is None:
            return data
        return self._decoder.decode(data, final=final).encode("utf-8", "replace")

    def read(self, size: int, /) -> bytes:
        """The beginning first, then the rest; pieces may be shorter or longer than asked for."""
        if self.head:
            head, self.head = self.head, b""
            return head
        while data := self._stream.read(size):
            if plain := self._plain(data, final=False):
                return plain
        return self._plain(b"", final=True)


def kind_of(head: bytes) -> tuple[str, str]:
    """X12, JSON, empty or other; for the latter two also what to show a person."""
    start = head.removeprefix(_BOM).lstrip(_BLANK)
    if not start:
        return EMPTY, "the file is empty"
    if _X12_START.match(start):
        return X12, ""
    if start[:1] in (b"{", b"["):
        return JSON, ""
    if _X12_INSIDE.search(head):
        return X12, ""
    for mark, name in _FOREIGN:
        if start.startswith(mark):
            return OTHER, f"{name}: neither X12 nor JSON events"
    return OTHER, "neither X12 (no ISA, GS or ST found) nor JSON events"
