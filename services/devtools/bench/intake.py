"""Claims per second read from an 835, next to a prototype of some forty lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from projections.rules.adjustment_codes import ReasonCodes
from services.core.clock import Stopwatch
from services.core.errors import ClaimclockError
from services.demo.x12writer import DemoEnvelope, interchange, money, seg
from services.devtools.bench.figures import Tick, interleaved, middle, ratio
from services.devtools.bench.prototype import claims
from services.intake.reader import read
from services.intake.results import FoundEvent, Source
from services.store.shipped_rule_packs import shipped_rulebook

SETS = 20
SENT = datetime(2026, 3, 20, 6, 30)  # noqa: DTZ001  ISA has no zone
PER_FILE = 10_000  # claims of one interchange of a long file
SIZE_OF_CLAIM = 411  # bytes of one, about
CODE_TABLE = ReasonCodes.of_rulebook(shipped_rulebook(), date(2026, 11, 1))
CODES = (("97530", 3800), ("97110", 3000), ("97140", 2800), ("97112", 3400))


def bench_intake(directory: Path, count: int, rounds: int, tick: Tick) -> dict[str, Any]:
    """The `intake` part of the report. Raises ClaimclockError where the two readers do not find the same money."""
    tick("835")
    path = directory / "bench.835"
    path.write_text(_remittances(count), "ascii")
    size = path.stat().st_size
    found = interleaved(
        {"reader": lambda: _own(path, count), "prototype": lambda: _prototype(path, count)}, rounds, tick
    )
    return {
        "claims": count,
        "megabytes": round(size / 1e6, 1),
        "rounds": rounds,
        "claims_per_second": middle(found["reader"]),
        "prototype_claims_per_second": middle(found["prototype"]),
        "times_the_prototype": ratio(found["prototype"], found["reader"]),
    }


def _own(path: Path, count: int) -> float:
    watch = Stopwatch()
    return _rate(_claims_in(path), count, watch.seconds)


def _claims_in(path: Path) -> int:
    source = Source(
        name=path.name,
        sha256="0" * 64,
        correlation_id="bench",
        practice="default",
        received_at=None,
        zone=ZoneInfo("UTC"),
    )
    with path.open("rb") as stream:
        events = (item.event for item in read(stream, source, CODE_TABLE) if isinstance(item, FoundEvent))
        return sum("ordinal" in event["data"] for event in events)


def long_835(path: Path, count: int) -> None:
    """Writes an 835 of many claims in sets of one remittance each, without holding it in memory."""
    shares = [PER_FILE] * (count // PER_FILE) + ([count % PER_FILE] if count % PER_FILE else [])
    with path.open("w", encoding="ascii") as out:
        for share in shares:
            out.write(_remittances(share))


def count_claims() -> int:
    """In a process of its own: reads the file of the first argument. Raises ClaimclockError if claims are missing."""
    path, wanted = Path(sys.argv[1]), int(sys.argv[2])
    _rate(seen := _claims_in(path), wanted, 1.0)
    return seen


def _prototype(path: Path, count: int) -> float:
    watch = Stopwatch()
    with path.open("rb") as stream:
        seen = sum(1 for _ in claims(stream))
    return _rate(seen, count, watch.seconds)


def _rate(seen: int, count: int, seconds: float) -> float:
    if seen != count:
        raise ClaimclockError(f"a reader found {seen} of the benchmark's {count} claims")
    return count / seconds


def _remittances(count: int) -> str:
    """Balanced claims of three lines each, some denied, in twenty remittances."""
    random = Random(count)  # noqa: S311 - invented data, not secrets
    envelope = DemoEnvelope(sender="1999999984", receiver="1999999968", control=1, sent=SENT, group="HP")
    share = [count // SETS + (number < count % SETS) for number in range(SETS)]
    return interchange(envelope, [_remittance(random, number, wanted) for number, wanted in enumerate(share)])


def _remittance(random: Random, number: int, wanted: int) -> list[str]:
    body: list[str] = []
    total = 0
    for place in range(wanted):
        paid, segments = _claim(random, f"CC{number:02d}{place:06d}")
        total += paid
        body += segments
    paid_on = f"{date(2026, 3, 20):%Y%m%d}"
    return [
        seg(
            "BPR",
            "I",
            money(total),
            "C",
            "ACH",
            "CCP",
            "01",
            "999900012",
            "DA",
            "55001200",
            "1990000102",
            "",
            "01",
            "999900025",
            "DA",
            "7781440",
            paid_on,
        ),
        f"TRN*1*BENCH{number:05d}*1990000102",
        f"DTM*405*{paid_on}",
        "N1*PR*BENCH PAYER*XV*1990000102",
        "N1*PE*BENCH CLINIC*XX*1999999984",
        "LX*1",
        *body,
    ]


def _claim(random: Random, claim_id: str) -> tuple[int, list[str]]:
    lines: list[str] = []
    charged = paid = share = 0
    denied = random.random() < 0.1
    for number, (code, price) in enumerate(random.sample(CODES, 3), 1):
        units = random.randint(1, 3)
        charge, allowed = 2 * price * units, 0 if denied else price * units
        patient = allowed // 5
        charged, paid, share = charged + charge, paid + allowed - patient, share + patient
        lines += _line(number, f"HC:{code}:GP", units, charge, allowed)
    status = "4" if denied else "1"
    head = seg("CLP", claim_id, status, money(charged), money(paid), money(share), "MB", f"ICN{claim_id}", "11", "1")
    return paid, [head, "NM1*QC*1*BENCH*PAT****MI*1AA0A00AA00", "NM1*82*1*BENCH*THERA****XX*1999999976", *lines]


def _line(number: int, code: str, units: int, charge: int, allowed: int) -> Iterator[str]:
    patient = allowed // 5
    yield seg("SVC", code, money(charge), money(allowed - patient), "", str(units))
    yield "DTM*472*20260302"
    yield f"CAS*CO*{'45' if allowed else '50'}*{money(charge - allowed)}"
    if allowed:
        yield f"CAS*PR*2*{money(patient)}"
    yield f"REF*6R*{number}"
    if allowed:
        yield f"AMT*B6*{money(allowed)}"
