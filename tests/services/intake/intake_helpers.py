"""Builds small X12 files and reads them; shared by the intake tests."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from events.envelope import Envelope
from events.registry import understand
from services.intake.results import FileNote, FileSeen, FoundEvent, ReadResult, RefusedPiece, Source
from tests.events.samples import unknown_fields
from tests.services.intake.reading import read

SHA = "ab" * 32
RECEIVED = datetime(2026, 3, 3, 15, 30, tzinfo=UTC)
SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "x12"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the public X12 samples are not next to this repository"
)


def source(**changes: Any) -> Source:
    fields: dict[str, Any] = {
        "name": "a file",
        "sha256": SHA,
        "correlation_id": "c-1",
        "practice": "default",
        "received_at": RECEIVED,
        "zone": ZoneInfo("America/New_York"),
    }
    return Source(**(fields | changes))


def items_of(data: bytes | str, **changes: Any) -> list[ReadResult]:
    raw = data.encode() if isinstance(data, str) else data
    return list(read(io.BytesIO(raw), source(**changes)))


def events_of(data: bytes | str | list[ReadResult], kind: str = "", **changes: Any) -> list[dict[str, Any]]:
    """The events found, each checked against the vocabulary as the projector will: it declares all that a reader says.

    What a publisher sent as NDJSON may say more.
    """
    items = data if isinstance(data, list) else items_of(data, **changes)
    found = [item.event for item in items if isinstance(item, FoundEvent)]
    for event in found:
        said = understand(Envelope.model_validate(json.loads(json.dumps(event))))
        assert not list(unknown_fields(said.data)), event["type"]
    return [event for event in found if kind in event["type"]]


def refused_of(data: bytes | str | list[ReadResult], **changes: Any) -> list[RefusedPiece]:
    items = data if isinstance(data, list) else items_of(data, **changes)
    return [item for item in items if isinstance(item, RefusedPiece)]


def notes_of(data: bytes | str | list[ReadResult]) -> list[str]:
    items = data if isinstance(data, list) else items_of(data)
    return [item.message for item in items if isinstance(item, FileNote)]


def seen_of(data: bytes | str | list[ReadResult]) -> list[str]:
    items = data if isinstance(data, list) else items_of(data)
    return [item.transaction for item in items if isinstance(item, FileSeen)]


def isa(control: int = 1, *, sender: str = "SENDER", receiver: str = "RECEIVER", release: str = "00501") -> str:
    repetition = "^" if release >= "00501" else "U"
    return (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*260302*1015*{repetition}*{release}"
        f"*{control:09d}*0*P*:"
    )


def interchange(code: str, version: str, *bodies: str, control: int = 1, **isa_fields: Any) -> str:
    """A whole file: one ST set for each body (segments joined with ~)."""
    group = {"835": "HP", "837": "HC", "277": "HN", "999": "FA", "997": "FA"}.get(code, "XX")
    segments = [isa(control, **isa_fields), f"GS*{group}*GSFROM*GSTO*20260302*1015*{control}*X*{version}"]
    for number, body in enumerate(bodies, 1):
        inner = [part for part in body.strip("~\n").split("~") if part.strip()]
        segments.append(f"ST*{code}*{number:04d}")
        segments += [part.strip() for part in inner]
        segments.append(f"SE*{len(inner) + 2}*{number:04d}")
    segments += [f"GE*{len(bodies)}*{control}", f"IEA*1*{control:09d}"]
    return "~".join(segments) + "~"


def clp(status: str = "1", charge: str = "100", paid: str = "0", rest: str = "", claim: str = "X1") -> str:
    """A CLP loop; `rest` follows the CLP."""
    return f"CLP*{claim}*{status}*{charge}*{paid}**MB*ICN*11*1~{rest}"


def era(*claims: str, amount: str = "0", trace: str = "TRACE1", head: str = "", tail: str = "", **more: Any) -> str:
    """An 835 with the given CLP loops."""
    return interchange(
        "835", "005010X221A1", era_body(*claims, amount=amount, trace=trace, head=head, tail=tail), **more
    )


def era_body(*claims: str, amount: str = "0", trace: str = "TRACE1", head: str = "", tail: str = "") -> str:
    start = (
        f"BPR*I*{amount}*C*ACH************20260302~TRN*1*{trace}*1512345678~{head}"
        "N1*PR*EXAMPLE HEALTH*XV*87726~REF*2U*2UNUMBER~N1*PE*CLINIC*XX*1234567893~LX*1~"
    )
    return start + "~".join(claim.strip("~") for claim in claims) + "~" + tail


PAID = "CLP*A1*1*100*80*20*MB*ICN1*11*1~NM1*QC*1*DOE*JANE****MI*MEMBER1~SVC*HC:97110:GP*100*80**2~DTM*472*20260115~CAS*PR*2*20~REF*6R*1~AMT*B6*100"
DENIED = "CLP*A2*1*60*0**MB*ICN2*11*1~SVC*HC:97530:GP:59*60*0**1~DTM*472*20260116~CAS*CO*50*60~LQ*HE*N115"
DEDUCTIBLE = "CLP*A3*1*100*0*70*MB*ICN3*11*1~SVC*HC:97140:GP*100*0**1~DTM*472*20260117~CAS*PR*1*70~CAS*CO*45*30"

CLAIM_HEAD = (
    "BHT*0019*00*BATCH7*20260228*2330*CH~NM1*41*2*CLINIC*****46*SUB1~NM1*40*2*EXCHANGE*****46*REC1~"
    "HL*1**20*1~NM1*85*2*CLINIC*****XX*1234567893~REF*EI*123456789~"
    "HL*2*1*22*0~SBR*P*18*GROUP9******CI~NM1*IL*1*DOE*JANE****MI*MEMBER1~DMG*D8*19700102*F~"
    "NM1*PR*2*EXAMPLE HEALTH*****PI*87726~"
)
CLAIM = (
    "CLM*PT-100/7 A*215***11:B:1*Y*A*Y*Y~HI*ABK:M545*ABF:M25561~NM1*82*1*SMITH*ANN****XX*1093817465~"
    "LX*1~SV1*HC:97110:GP*120*UN*2*11**1~DTP*472*D8*20260226~REF*6R*L1~"
    "LX*2~SV1*HC:97530:GP:59*95*UN*1***1:2~DTP*472*RD8*20260226-20260227~"
)


def claims(*parts: str, version: str = "005010X222A1", **more: Any) -> str:
    return interchange("837", version, CLAIM_HEAD + "".join(parts or (CLAIM,)), **more)
