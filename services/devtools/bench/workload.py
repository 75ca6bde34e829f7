"""What benchmarks are fed with: a synthetic clinic's year, read by the intake from its own X12 files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from projections.rules.adjustment_codes import ReasonCodes
from services.demo.volume import write_year
from services.intake.reader import read
from services.intake.results import FoundEvent, Source
from services.store.shipped_rule_packs import shipped_rulebook

ZONE = ZoneInfo("America/Chicago")
EVENTS_PER_CLAIM = 4  # sent, acknowledged twice, answered; the acknowledgment of a set counts for several
CODE_TABLE = ReasonCodes.of_rulebook(shipped_rulebook(), date(2026, 11, 1))


def year_bodies(count: int) -> list[bytes]:
    """The first `count` events of a year of about count / 4 claims, in the order its files arrive, as published."""
    with tempfile.TemporaryDirectory(prefix="claimclock-bench-") as directory:
        write_year(Path(directory), count // EVENTS_PER_CLAIM + 10)
        events = _events(Path(directory))
        return [
            json.dumps(event, separators=(",", ":")).encode() for event, _ in zip(events, range(count), strict=False)
        ]


def _events(directory: Path) -> Iterator[dict[str, object]]:
    for path in sorted(directory.glob("*_*")):
        source = Source(
            name=path.name, sha256="0" * 64, correlation_id=path.stem, practice="default", received_at=None, zone=ZONE
        )
        with path.open("rb") as stream:
            yield from (item.event for item in read(stream, source, CODE_TABLE) if isinstance(item, FoundEvent))
