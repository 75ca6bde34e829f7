"""Every real file goes in, and a claim's page equals what the file says, by an independent reading of its segments."""

import json
from collections import defaultdict
from decimal import Decimal

import pytest

from projections.cut import NO_CUT
from services.intake.results import FoundEvent, Source
from services.reads.claims import claim_page
from services.reads.read_context import ReadContext
from services.reads.thresholds import thresholds
from services.reads.underpayments import underpayments
from services.reads.worklists import worklist
from tests.services.intake.reading import read
from tests.services.projector.conftest import NOW, ZONE, make_projector

# Files whose claims cannot be distinguished by an independent reading: no sound ISA, or amounts that are no numbers.
UNSOUND = ("example835One", "irobayna_stupidedi__1.edi")


def segments(text):
    """The file's segments by its own ISA, written without a look at the intake code."""
    text = text.lstrip("\ufeff")
    element, terminator = text[3], text[105]
    return [part.strip().split(element) for part in text.split(terminator) if part.strip()]


def stated(path):
    """CLP01 -> sums of charge, paid and patient responsibility of its entries, each different entry once."""
    sums, header, seen = defaultdict(lambda: [Decimal(0)] * 3), None, set()
    for part in segments(path.read_text("utf-8", "replace")):
        if part[0] == "BPR":
            header, ordinal = tuple(part), 0
        elif part[0] == "TRN":
            header = (*header, tuple(part))
        elif part[0] == "CLP":
            ordinal += 1
            if (header, ordinal, tuple(part)) not in seen:
                seen.add((header, ordinal, tuple(part)))
                figures = [Decimal(part[n]) if len(part) > n and part[n] else Decimal(0) for n in (3, 4, 5)]
                sums[part[1]] = [a + b for a, b in zip(sums[part[1]], figures, strict=True)]
    return sums


def project_file(engine, path, start=1):
    source = Source(
        name=path.name, sha256="0" * 64, correlation_id=path.name, practice="default", received_at=NOW, zone=ZONE
    )
    with path.open("rb") as stream:
        items = list(read(stream, source))
    events = [item.event for item in items if isinstance(item, FoundEvent)]
    projector = make_projector(engine)
    for begin in range(0, len(events), 500):
        batch = events[begin : begin + 500]
        projector.process([(f"{start}-{begin + n}", {b"event": json.dumps(e).encode()}) for n, e in enumerate(batch)])
    return ReadContext(engine=engine, references=projector.references, practice="default", at=NOW, cut=NO_CUT)


def remittances(samples):
    return sorted(p for p in (samples / "835").iterdir() if not any(name in p.name for name in UNSOUND))


def test_every_remitted_claim_shows_what_the_file_paid(new_engine, samples):
    checked = 0
    for path in remittances(samples):
        context = project_file(new_engine(), path)
        for claim_id, (_charge, paid, owed) in stated(path).items():
            page = claim_page(context, claim_id.strip()) if claim_id.strip("0 ") else None
            if page is None:
                continue
            assert Decimal(page["paid"]) == paid, (path.name, claim_id)
            assert not page["stale"]
            if owed and not any(entry["kind"] in ("reversal", "rejection") for entry in page["entries"]):
                assert Decimal(page["patient_responsibility"]) == owed, (path.name, claim_id)
            checked += 1
    assert checked > 40


def test_every_submitted_claim_shows_its_charge_and_lines(new_engine, samples):
    checked = 0
    for path in sorted((samples / "837P").iterdir()):
        context = project_file(new_engine(), path)
        text = path.read_text("utf-8", "replace")
        if not text.startswith("ISA") or len(text.split("\n")[0]) not in range(100, 10**7):
            continue
        parts = segments(text)
        charges = {p[1].strip(): Decimal(p[2]) for p in parts if p[0] == "CLM" and len(p) > 2 and _number(p[2])}
        for claim_id, charge in charges.items():
            try:
                page = claim_page(context, claim_id)
            except Exception:  # noqa: BLE001  parked with a reason: the reader's own tests look at those
                continue
            assert Decimal(page["charge"]) == charge, (path.name, claim_id)
            checked += 1
    assert checked > 60


def _number(text):
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False


@pytest.mark.parametrize("name", ["835", "837P", "277CA", "999", "other"])
def test_the_lists_stand_on_any_file(new_engine, samples, name):
    engine = new_engine()
    for number, path in enumerate(sorted((samples / name).iterdir()), 1):
        context = project_file(engine, path, number)
    for item in worklist(context, "today").items:
        assert item["reason"]
        assert item["next_action"]
    thresholds(context)
    underpayments(context, everything=True)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM stale").scalar() == 0
