"""Transaction sets that API clearinghouses deliver as JSON, turned back into the segments of X12 they were made of.

Two shapes, distinguished by their keys (docs/intake.md lists the fields):

- the *report* of Change Healthcare, Optum and Stedi for an 835 or a 277CA: `{"transactions": [{"detailInfo": …}]}` or
  `{"transactions": [{"payers": …}]}`, fields named in words;
- *typed X12* of Stedi, of any set: `{"heading": …, "detail": …, "summary": …}`, keys that end with the segment's tag
  or the element's number (`financial_information_BPR`, `payment_method_code_04`).

The readers of X12 then read these segments, so that identities are the same whichever way a set comes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.intake.delimiters import Delimiters
from services.intake.elements import Json, Segment
from services.intake.report_277ca_json import acknowledgment_segments
from services.intake.report_835_json import remittance_segments
from services.intake.results import ReadResult, RefusedPiece, clipped
from services.intake.typed_x12_json import typed_sets
from services.intake.x12 import ByteStream

LARGEST: Final = 64 << 20  # bytes of one JSON file, which is read as a whole
_CHUNK: Final = 1 << 20
_KEYS: Final = re.compile(rb'"(?:transactions|heading)"\s*:')
_EVENT: Final = re.compile(rb'"specversion"\s*:')
_BLANK: Final = " \t\r\n\ufeff\x1e"
_GROUPS: Final = {"835": "HP", "277": "HN", "999": "FA", "837": "HC", "271": "HB"}
_NOTHING: Final = (
    "JSON that is neither CloudEvents nor an 835 or 277CA report (no detailInfo, payers or heading in it); "
    "docs/intake.md shows the shapes that are read"
)


def is_clearinghouse_json(head: bytes) -> bool:
    """Whether JSON, by its beginning, holds a transaction set and no CloudEvents."""
    return bool(_KEYS.search(head)) and not _EVENT.search(head)


class TranslatedSegments:
    """The segments a JSON file stands for; iterates once, as `x12.Segments` does over X12."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.number = 0
        self.unterminated = 0
        self.has_long = True  # not counted here
        self.delimiters = Delimiters(b"*", b":", b"^", b"~")
        self.findings: list[ReadResult] = []

    def __iter__(self) -> Iterator[Segment]:
        for document in self._documents():
            for segment in self._sets_of(document):
                self.number += 1
                yield segment

    def take_findings(self) -> list[ReadResult]:
        """What was found since the last call."""
        found, self.findings = self.findings, []
        return found

    def joined(self, segments: list[Segment]) -> str:
        """The segments as X12."""
        return "".join("*".join(segment) + "~" for segment in segments)

    def _documents(self) -> Iterator[Any]:
        """One JSON document after the other; numbers stay text, as they are written."""
        data = b""
        while len(data) <= LARGEST and (more := self._stream.read(_CHUNK)):
            data += more
        text = data.decode("utf-8", "replace").strip(_BLANK)
        if len(data) > LARGEST:
            self._refuse(f"a JSON file of more than {LARGEST >> 20} MB; ask the clearinghouse for the X12", text)
            return
        while text:
            try:
                document, end = _DECODER.raw_decode(text)
            except (ValueError, RecursionError):
                self._refuse("the JSON is damaged or incomplete; send the whole file", text)
                return
            text = text[end:].strip(_BLANK)
            yield from document if isinstance(document, list) else (document,)

    def _sets_of(self, document: Any) -> Iterator[Segment]:
        """Every transaction set of one document, each within an envelope."""
        sets = list(_sets(document)) if isinstance(document, dict) else []
        if not sets:
            self._refuse(_NOTHING, json.dumps(document))
        test = isinstance(document, dict) and _says_test(document)
        for segments in sets:
            yield from _enveloped(segments, is_test=test)

    def _refuse(self, reason: str, text: str) -> None:
        self.findings.append(RefusedPiece(reason=reason, segment=None, transaction="JSON", raw=clipped(text)))


def _no_constant(name: str) -> str:
    return name


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant)


def _sets(document: Json) -> Iterator[list[Segment]]:
    """The segments of each set, ST first and without SE."""
    transactions = document.get("transactions")
    for transaction in transactions if isinstance(transactions, list) else ():
        if not isinstance(transaction, dict):
            continue
        if "payers" in transaction:
            yield acknowledgment_segments(transaction)
        elif "detailInfo" in transaction or "financialInformation" in transaction:
            yield remittance_segments(transaction)
    yield from typed_sets(document)


def _says_test(document: Mapping[str, Any]) -> bool:
    meta = document.get("meta")
    return isinstance(meta, dict) and str(meta.get("applicationMode", "")).lower() == "test"


def _enveloped(segments: list[Segment], *, is_test: bool) -> Iterator[Segment]:
    """A set in an interchange of its own, dated as the set dates itself."""
    start = segments[0]
    day, time = _made(segments)
    version = start[3] if len(start) > 3 else ""
    yield ["ISA", *[""] * 8, day[2:], time[:4], "^", "00501", "", "0", "T" if is_test else "P", ":"]
    yield ["GS", _GROUPS.get(start[1], ""), "", "", day, time, "", "X", version]
    yield from segments
    yield ["SE", str(len(segments) + 1), start[2] if len(start) > 2 else ""]
    yield ["GE", "1", ""]
    yield ["IEA", "1", ""]


def _made(segments: list[Segment]) -> tuple[str, str]:
    """The day and time of a set: BHT04/05, else the production date, else the day of payment."""
    for tag, at, clock in (("BHT", 4, 5), ("DTM", 2, 0), ("BPR", 16, 0)):
        found = next((s for s in segments if s[0] == tag and len(s) > at and s[at]), None)
        if found is not None:
            return found[at], found[clock] if clock and len(found) > clock else ""
    return "", ""
