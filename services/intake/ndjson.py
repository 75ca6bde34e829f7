"""Reads CloudEvents written as JSON: one object a line, an object over several lines, or an array of them.

What is in an event is judged elsewhere; here it only has to be a JSON object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from services.core.json_text import UnbalancedError, ValueEnd, why_unreadable
from services.intake.results import FileSeen, FoundEvent, ReadResult, RefusedPiece, Source, clipped
from services.intake.x12 import ByteStream

CHUNK = 1 << 16
LONGEST_EVENT = 1 << 22  # bytes of one event, far above any real one
_TRIED_OFTEN = 1 << 16  # bytes up to which an unfinished object is tried at every closing brace
_BLANK = " \t\r\n\x1e"
_BETWEEN = _BLANK + ","  # the elements of an array
_TRANSACTION = "NDJSON"


class NotAnEventError(ValueError):
    """Text that is no usable JSON object. `incomplete` where it only breaks off."""

    def __init__(self, message: str, *, incomplete: bool = False) -> None:
        super().__init__(message)
        self.incomplete = incomplete


def read_json(stream: ByteStream, source: Source) -> Iterator[ReadResult]:
    """Every event of a JSON file; what is none is refused with the number of its line."""
    yield FileSeen(_TRANSACTION, "1.0", 1)
    lines = _lines(stream)
    for number, line in lines:
        if line.strip(_BLANK.encode()):
            if line.lstrip().startswith(b"["):
                yield from _array(line, number, lines, source)
            else:
                yield from _objects(line, number, lines, source)


def _lines(stream: ByteStream) -> Iterator[tuple[int, bytes]]:
    """Numbered lines; an endless one comes in pieces with one number."""
    number, rest = 1, b""
    while chunk := stream.read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield number, line
            number += 1
        if len(rest) > LONGEST_EVENT:
            yield number, rest
            rest = b""
    if rest:
        yield number, rest


def _objects(line: bytes, number: int, lines: Iterator[tuple[int, bytes]], source: Source) -> Iterator[ReadResult]:
    """Objects line by line. One that only breaks off at the end of its line may go on over the next ones."""
    begun = _Begun()
    while True:
        if begun.parts and line.startswith(b"{"):
            yield begun.refused()
        begun.add(line, number)
        if begun.may_be_whole(line):
            try:
                yield _found(begun.text().rstrip().removesuffix(b","), source)
                begun.clear()
            except NotAnEventError as error:
                if not error.incomplete or begun.size > LONGEST_EVENT:
                    yield begun.refused(str(error))
        following = next(lines, None)
        if following is None:
            break
        number, line = following
    if begun.parts:
        yield begun.refused()


class _Begun:
    """The lines of an object that has not come to its end."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.parts: list[bytes] = []
        self.size = self.at = 0

    def add(self, line: bytes, number: int) -> None:
        if line.strip(_BLANK.encode()):
            self.at = self.at or number
            self.parts.append(line)
            self.size += len(line)

    def may_be_whole(self, line: bytes) -> bool:
        """Whether it is worth trying: always for one line; then where a brace closes, at the margin if it is long."""
        if len(self.parts) <= 1 or self.size > LONGEST_EVENT:
            return bool(self.parts)
        closing = line if self.size > _TRIED_OFTEN else line.strip()
        return closing.startswith(b"}") or (self.size <= _TRIED_OFTEN and line.rstrip(b" \t\r,").endswith(b"}"))

    def text(self) -> bytes:
        return b"\n".join(self.parts)

    def refused(self, reason: str = "not JSON: the object has no end") -> RefusedPiece:
        """Gives up on it."""
        text, at = self.text(), self.at
        self.clear()
        return _refused(reason, at, text)


def _found(text: bytes, source: Source) -> FoundEvent:
    value = _decode(text)
    if not isinstance(value, dict):
        raise NotAnEventError("not a JSON object")
    return FoundEvent(_filled(value, source))


def _filled(event: dict[str, Any], source: Source) -> dict[str, Any]:
    """The event unchanged but for what intake fills in where the publisher left it out."""
    defaults = {
        "datacontenttype": "application/json",
        "practice": source.practice,
        "correlationid": source.correlation_id,
    }
    return event | {name: value for name, value in defaults.items() if event.get(name) is None}


def _decode(text: bytes) -> Any:
    try:
        decoded = text.decode("utf-8-sig")
        value = _DECODER.decode(decoded.strip(_BLANK))
    except NotAnEventError:
        raise
    except (RecursionError, ValueError) as error:
        incomplete = isinstance(error, json.JSONDecodeError) and error.pos >= len(error.doc.rstrip())
        raise NotAnEventError(why_unreadable(error), incomplete=incomplete) from None
    _check_text(value, decoded)
    return value


def _check_text(value: Any, decoded: str) -> None:
    """Escapes can write what no database takes: NUL, and halves of surrogate pairs."""
    if "\\u" in decoded:
        written = json.dumps(value, ensure_ascii=False)
        if "\\u0000" in written:
            raise NotAnEventError("holds a NUL character")
        try:
            written.encode()
        except UnicodeEncodeError:
            raise NotAnEventError("holds half a surrogate pair") from None


def _no_constant(name: str) -> NoReturn:
    raise NotAnEventError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _array(line: bytes, number: int, lines: Iterator[tuple[int, bytes]], source: Source) -> Iterator[ReadResult]:
    """The objects of an array; one that cannot be read is refused alone."""
    rest = _ArrayRest(line, number, lines)
    while not rest.has_ended():
        at = rest.at
        try:
            element = rest.element()
        except UnbalancedError as error:
            yield _refused(f"{error}; nothing after it in this array was read", at, rest.last_text())
            rest.drain()
            return
        try:
            yield _found(element, source)
        except NotAnEventError as error:
            yield _refused(str(error), at, element)
    if after := rest.last_text().strip(_BLANK.encode()):
        yield _refused("text after the end of the array", rest.at, after)


class _ArrayRest:
    """What is left of an array: its elements one by one, each over as many lines as it takes."""

    def __init__(self, line: bytes, number: int, lines: Iterator[tuple[int, bytes]]) -> None:
        self.at = number
        self._line, self._lines = _text(line), lines
        self._from = self._line.index("[") + 1
        self._parts: list[str] = []

    def has_ended(self) -> bool:
        """Whether the array's bracket closes here; goes on to where its next element begins otherwise."""
        self._parts = []
        self._skip()
        while self._from == len(self._line) and self._next_line():
            self._skip()
        closes = self._line.startswith("]", self._from)
        self._from += closes
        return closes

    def element(self) -> bytes:
        """The next element. Raises UnbalancedError where it has no end."""
        end = ValueEnd()
        while (found := end.find(self._line, self._from)) is None:
            begun, number = self._line[self._from :], self.at
            if sum(map(len, self._parts)) > LONGEST_EVENT or not self._next_line():
                raise UnbalancedError("not JSON: the array has no end")
            self._parts += [begun] if number == self.at else [begun, "\n"]
        text = "".join([*self._parts, self._line[self._from : found]])
        self._from = found
        return _bytes(text)

    def last_text(self) -> bytes:
        """What was begun and has no end."""
        return _bytes("".join([*self._parts, self._line[self._from :]]))

    def drain(self) -> None:
        for _ in self._lines:
            pass

    def _next_line(self) -> bool:
        following = next(self._lines, None)
        if following is not None:
            self.at, self._line, self._from = following[0], _text(following[1]), 0
        return following is not None

    def _skip(self) -> None:
        while self._from < len(self._line) and self._line[self._from] in _BETWEEN:
            self._from += 1


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _refused(reason: str, line: int, raw: bytes) -> RefusedPiece:
    return RefusedPiece(
        reason=f"line {line}: {reason}",
        segment=line,
        transaction=_TRANSACTION,
        raw=clipped(raw.decode("utf-8", "replace")),
    )
