"""The one entry point to all readers: a file's bytes in, CloudEvents, refusals and notes out, in the file's order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from projections.rules.adjustment_codes import ReasonCodes
from services.intake.acknowledgments_277 import read_277ca
from services.intake.acknowledgments_999 import read_999
from services.intake.bank_files import is_bank_file, read_bank_file
from services.intake.claims_837 import read_837p
from services.intake.detect import EMPTY, JSON, OTHER, Peeked, kind_of
from services.intake.eligibility_271 import read_271
from services.intake.envelope import EnvelopeWalk
from services.intake.ndjson import read_json
from services.intake.remittance_835 import RemittanceReader
from services.intake.results import ReadResult, RefusedPiece, Source, clipped
from services.intake.x12 import ByteStream, Segments


def read(stream: BinaryIO | ByteStream, source: Source, codes: ReasonCodes) -> Iterator[ReadResult]:
    """Everything in a file of 837P, 835, 277CA, 999, 271 (several in one file are fine), JSON events or a bank file.

    Streams: memory does not grow with the file. Bad input never raises; what cannot be read comes out as Refused.
    Only the stream's own errors (a disk, a network) pass through. `codes` sorts 835 claims into paid, denied, rejected.
    """
    peeked = Peeked(stream)
    kind, reason = kind_of(peeked.head)
    bank = is_bank_file(peeked.head) if kind == OTHER else None
    if bank is not None:
        yield from read_bank_file(peeked, bank, source)
    elif kind in (EMPTY, OTHER):
        yield RefusedPiece(reason, None, None, clipped(peeked.head.decode("utf-8", "replace")))
    elif kind == JSON:
        yield from read_json(peeked, source)
    else:
        readers = {
            "837P": read_837p,
            "835": RemittanceReader(codes).read,
            "277CA": read_277ca,
            "999": read_999,
            "271": read_271,
        }
        yield from EnvelopeWalk(Segments(peeked), source, readers).items()
