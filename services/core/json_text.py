"""JSON text taken apart without being read, so that one value that cannot be read harms no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

BLANK = " \t\r\n"
_CLOSED_BY = {"{": "}", "[": "]"}
_BRACKET = re.compile(r'["\[\]{}]')
_IN_STRING = re.compile(r'[\\"]')
_BARE = re.compile(r"[^,\]]*")  # up to what ends an element, blanks and all


class UnbalancedError(ValueError):
    """Brackets that do not match: where a value ends cannot be said."""


class ValueEnd:
    """Finds where a JSON value ends, however deeply it is nested; its text comes in one piece or in many."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._in_string = self._begun = self._is_bare = False
        self._escaped = 0  # characters of the next piece that an escape at the end of this one takes

    def find(self, piece: str, at: int = 0) -> int | None:
        """The place in the piece behind the value, looked for from `at`; None where it goes on in the next piece.

        Raises UnbalancedError.
        """
        if not self._begun and at < len(piece):
            self._begun, self._is_bare = True, piece[at] not in '{["'
        if self._is_bare or not self._begun:
            found = _BARE.match(piece, at)
            return found.end() if found and found.end() < len(piece) else None
        at, self._escaped = at + self._escaped, 0
        while (mark := (_IN_STRING if self._in_string else _BRACKET).search(piece, at)) is not None:
            at = mark.end() + (mark[0] == "\\")  # what follows a backslash is no end of a string
            self._pass(mark[0])
            if not self._open and not self._in_string:
                return at
        self._escaped = max(0, at - len(piece))
        return None

    def _pass(self, mark: str) -> None:
        if mark == '"':
            self._in_string = not self._in_string
        elif mark in _CLOSED_BY:
            self._open.append(_CLOSED_BY[mark])
        elif mark != "\\" and (not self._open or self._open.pop() != mark):
            raise UnbalancedError("brackets do not match")


def array_elements(text: str) -> Iterator[str]:
    """The text of each element of a JSON array. Raises UnbalancedError where they cannot be separated."""
    text = text.strip(BLANK)
    if not text.startswith("["):
        raise UnbalancedError("not an array")
    at = _after_blanks(text, 1)
    while text[at : at + 1] != "]":
        end = ValueEnd().find(text, at)
        if end is None:
            raise UnbalancedError("the array has no end")
        yield text[at:end]
        at = _after_blanks(text, end)
        if text[at : at + 1] == ",":
            at = _after_blanks(text, at + 1)
        elif text[at : at + 1] != "]":
            raise UnbalancedError("no comma between two elements")
    if at + 1 != len(text):
        raise UnbalancedError("text after the end of the array")


def flattened(text: str) -> str:
    """An object's text with null for every object and array in it; anything else as it is."""
    kept, at, here = [], text.find("{") + 1, 0
    while at and (found := _BRACKET.search(text, at)) is not None:
        try:
            end = ValueEnd().find(text, found.start())
        except UnbalancedError:
            break
        if end is None:
            break
        if found[0] != '"':
            kept += [text[here : found.start()], "null"]
            here = end
        at = end
    return "".join([*kept, text[here:]])


def _after_blanks(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in BLANK:
        at += 1
    return at


def why_unreadable(error: Exception) -> str:
    """Why JSON could not be read, in words that repeat nothing of it."""
    match error:
        case json.JSONDecodeError():
            return f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return "not UTF-8"
        case RecursionError():
            return "nested too deeply"
        case _:
            return "a whole number has more than 4,300 digits: send it as text"
