"""Finds out which four characters an X12 interchange uses, also where its header is damaged or missing."""

from __future__ import annotations

import re
from typing import NamedTuple

HEADER_WINDOW = 512  # bytes within which a header and the tag after it must lie
_ISA_LENGTH = 106
_ISA_WIDTHS = (3, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1)
_FIRST_REPEATING_VERSION = b"00501"  # before it, ISA11 is "U" and nothing repeats
_BODY_TAGS = rb"(?:ST|BPR|BHT|AK1|TRN|N1|NM1|HL|CLM|CLP|SE)"


class Delimiters(NamedTuple):
    """Single bytes. `repetition` is empty before version 00501."""

    element: bytes
    component: bytes
    repetition: bytes
    terminator: bytes


class Header(NamedTuple):
    delimiters: Delimiters
    remarks: tuple[str, ...]  # what was wrong with it


def read_header(data: bytes, start: int = 0) -> Header | None:
    """The delimiters of the ISA at `start`; None where no ISA can be made out there.

    A sound ISA has fixed widths, but senders get them wrong: then the segment after it shows where it ends.
    """
    window = data[start : start + HEADER_WINDOW]
    mark = window[3:4]
    if not window.startswith(b"ISA") or not _may_delimit(mark):
        return None
    sixteenth = len(
        mark.join(window.split(mark, 15)[:15])
    )  # an ISA has sixteen elements; short ones are searched whole
    next_tag = re.compile(rb"(?<=[^A-Za-z0-9" + re.escape(mark) + rb"])(?:GS|TA1|IEA|ST)" + re.escape(mark))
    following = next_tag.search(window, sixteenth) or next_tag.search(window, 10)
    body = window[: following.start()] if following else _alone(window, mark)
    parts = body.split(mark)
    ending = _ending(parts[-1], window[len(body) :])
    if ending is None or len(parts) < 12:
        return None
    component, terminator = ending
    remarks = _remarks(parts, window, component)
    return Header(
        Delimiters(mark, component or b":", _repetition(parts, mark, component, terminator), terminator), remarks
    )


def _alone(window: bytes, mark: bytes) -> bytes:
    """The ISA text where nothing known follows it: by its width, else by its sixteen separators."""
    if window[103:104] == mark:
        return window[:_ISA_LENGTH]
    parts = window.split(mark, 16)
    return mark.join([*parts[:16], parts[16][:2]]) if len(parts) == 17 else b""


def _ending(tail: bytes, rest: bytes) -> tuple[bytes, bytes] | None:
    """Component separator and terminator out of ISA16 and what is before the next segment."""
    visible = tail.strip(b" \t\r\n")
    line_end = b"\n" if b"\n" in tail else b"\r" if b"\r" in tail else b""
    if len(visible) >= 2:
        component, terminator = visible[:1], visible[-1:]
    elif visible and line_end and not re.search(re.escape(visible) + rb"\s*" + _BODY_TAGS, rest):
        component, terminator = visible, line_end
    elif visible:
        component, terminator = b"", visible  # ISA16 is empty
    else:
        component, terminator = b"", line_end
    if terminator not in (b"\r", b"\n") and not _may_delimit(terminator):
        return None
    return (component if _may_delimit(component) else b""), terminator


def _repetition(parts: list[bytes], mark: bytes, component: bytes, terminator: bytes) -> bytes:
    repetition = parts[11].strip()
    if len(parts) < 13 or parts[12] < _FIRST_REPEATING_VERSION or not _may_delimit(repetition):
        return b""
    return b"" if repetition in (mark, component, terminator) else repetition


def _may_delimit(mark: bytes) -> bool:
    return len(mark) == 1 and not mark.isalnum() and not mark.isspace() and mark != b"\x00"


def _remarks(parts: list[bytes], window: bytes, component: bytes) -> tuple[str, ...]:
    found = []
    if len(parts) != 17 or tuple(map(len, parts[:15])) != _ISA_WIDTHS[:15] or window[103:104] != window[3:4]:
        found.append("the ISA does not have its fixed width of 106 characters; its delimiters were recovered")
    if not component:
        found.append("the ISA names no component separator; ':' is assumed")
    return tuple(found)


def guess_header(data: bytes) -> Header | None:
    """The delimiters of a file that begins with GS or ST instead of ISA; None where they cannot be determined."""
    match = re.match(rb"(?:GS|ST)([^A-Za-z0-9\s])", data)
    if not match:
        return None
    mark = match[1]
    inner = re.escape(mark)
    ended = re.search(rb"([^A-Za-z0-9\s" + inner + rb"])\s*" + _BODY_TAGS + inner, data)
    by_line = re.search(rb"\r?\n" + _BODY_TAGS + inner, data)
    if ended:
        terminator = ended[1]
    elif by_line:
        terminator = b"\n"
    else:
        return None
    coded = re.search(inner + rb"(?:HC|AD|ER|N4|NU|A?BK)([^A-Za-z0-9\s])", data)
    component = coded[1] if coded and coded[1] not in (mark, terminator) else b":"
    remark = "the file has no ISA; its delimiters were recovered from its first segments"
    return Header(Delimiters(mark, component, b"", terminator), (remark,))


def next_interchange(data: bytes, terminator: bytes, start: int, *, complete: bool) -> int:
    """Where a further ISA begins at or after `start`; -1 if nowhere.

    Unless the data is complete, an ISA whose header may not have arrived in full is reported too, so that the caller
    reads on before judging it.
    """
    at = data.find(b"ISA", start)
    while at >= 0:
        before = data[max(at - 8, 0) : at].rstrip(b" \t\r\n\xef\xbb\xbf")
        parted = at == 0 or data[at - 1 : at] in (b"\r", b"\n") or before.endswith(terminator) or not before
        if parted and (read_header(data, at) is not None or (not complete and len(data) - at < HEADER_WINDOW)):
            return at
        at = data.find(b"ISA", at + 3)
    return -1
