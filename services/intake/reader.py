"""The one entry point to all readers: a file's bytes in, CloudEvents, refusals and notes out, in the file's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from projections.rules.adjustment_codes import ReasonCodes
from services.intake.acknowledgments_277ca import read_277ca
from services.intake.acknowledgments_999 import read_999
from services.intake.bank_files import is_bank_file, read_bank_file
from services.intake.claim_status_277 import read_277
from services.intake.claims_837 import read_837p
from services.intake.clearinghouse_json import TranslatedSegments, is_clearinghouse_json
from services.intake.detect import EMPTY, JSON, OTHER, Peeked, kind_of
from services.intake.eligibility_271 import read_271
from services.intake.envelope import EnvelopeWalk, SetReader
from services.intake.ndjson import read_json
from services.intake.remittance_835 import RemittanceReader
from services.intake.results import ReadResult, RefusedPiece, Source, clipped
from services.intake.x12 import ByteStream, Segments, SegmentSource

_EVENTS_ELSEWHERE = "JSON events within an uploaded archive; send them to POST /v1/events, or with claimclock ingest"


def read(stream: BinaryIO | ByteStream, source: Source, codes: ReasonCodes) -> Iterator[ReadResult]:
    """Everything in a file of 837P, 835, 277CA, 277, 999, 271 (several in one file are fine), JSON or a bank file.

    Streams: memory does not grow with the file. Bad input never raises; what cannot be read comes out as Refused.
    Only the stream's own errors (a disk, a network) pass through. `codes` sorts 835 claims into paid, denied, rejected.
    """
    peeked = Peeked(stream)
    kind, reason = kind_of(peeked.head)
    report = kind == JSON and is_clearinghouse_json(peeked.head)
    bank = is_bank_file(peeked.head) if kind == OTHER else None
    if bank is not None:
        yield from read_bank_file(peeked, bank, source)
    elif kind in (EMPTY, OTHER):
        yield RefusedPiece(
            reason=reason, segment=None, transaction=None, raw=clipped(peeked.head.decode("utf-8", "replace"))
        )
    elif kind == JSON and not report:
        yield from read_json(peeked, source) if source.takes_events else _no_events(peeked)
    else:
        tokens = TranslatedSegments(peeked) if report else Segments(peeked)
        yield from EnvelopeWalk(tokens, source, _readers(codes)).items()


def segments_in(stream: ByteStream) -> SegmentSource:
    """The segments of a kept file, counted as the reader counted them."""
    peeked = Peeked(stream)
    report = kind_of(peeked.head)[0] == JSON and is_clearinghouse_json(peeked.head)
    return TranslatedSegments(peeked) if report else Segments(peeked)


def _readers(codes: ReasonCodes) -> Mapping[str, SetReader]:
    return {
        "837P": read_837p,
        "835": RemittanceReader(codes).read,
        "277CA": read_277ca,
        "277": read_277,
        "999": read_999,
        "271": read_271,
    }


def _no_events(peeked: Peeked) -> Iterator[ReadResult]:
    yield RefusedPiece(
        reason=_EVENTS_ELSEWHERE,
        segment=None,
        transaction="NDJSON",
        raw=clipped(peeked.head.decode("utf-8", "replace")),
    )
