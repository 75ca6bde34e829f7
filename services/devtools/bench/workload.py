"""What benchmarks are fed with: a synthetic clinic's year, read by the intake from its own X12 files."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from projections.rules.adjustment_codes import ReasonCodes
from services.core.errors import ClaimclockError
from services.demo.volume import write_year
from services.intake.reader import read
from services.intake.results import FoundEvent, Source
from services.store.shipped_rule_packs import shipped_rulebook

ZONE = ZoneInfo("America/Chicago")
EVENTS_PER_CLAIM = 3  # at least: sent, acknowledged, answered; an acknowledgment may count for several claims
CODE_TABLE = ReasonCodes.of_rulebook(shipped_rulebook(), date(2026, 11, 1))


def year_bodies(count: int) -> list[bytes]:
    """The first `count` events of a year of about count / 3 claims, in the order its files arrive, as published."""
    with tempfile.TemporaryDirectory(prefix="claimclock-bench-") as directory:
        write_year(Path(directory), count // EVENTS_PER_CLAIM + 10)
        events = islice(_events(Path(directory)), count)
        bodies = [json.dumps(event, separators=(",", ":")).encode() for event in events]
    if len(bodies) < count:
        raise ClaimclockError(f"the synthetic year has {len(bodies)} events, not the {count} that are to be measured")
    return bodies


def read_year() -> None:
    """The process of a yardstick: reads every file of the directory that it is given, and keeps nothing."""
    for _ in _events(Path(sys.argv[1])):
        pass


def _events(directory: Path) -> Iterator[dict[str, object]]:
    for path in sorted(directory.glob("*_*")):
        source = Source(
            name=path.name, sha256="0" * 64, correlation_id=path.stem, practice="default", received_at=None, zone=ZONE
        )
        with path.open("rb") as stream:
            yield from (item.event for item in read(stream, source, CODE_TABLE) if isinstance(item, FoundEvent))
