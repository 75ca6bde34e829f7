"""A three-therapist clinic's October 2026, and the older claims still open then, as the files it sent and received.

Everything is drawn from one seed: the same seed gives the same bytes. Names sort in order of arrival; nothing arrives
after `DEMO_AT`. Times in file names and in ISA09/10 are of `DEMO_ZONE`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

from services.demo import (
    desk,
    payers,
    shapes_correcting,
    shapes_denying,
    shapes_paying,
    shapes_remits,
    shapes_sending,
)
from services.demo import (
    expected as truth,
)
from services.demo.backlog_claims import older_lives, tell_older
from services.demo.clinic import Book, appointment_book
from services.demo.cloud_events import CloudEventJson
from services.demo.decide import decide
from services.demo.expected import Manifest
from services.demo.file_batches import Mail, all_mail, remittances, render
from services.demo.malformed_files import loose_mail
from services.demo.people import Census
from services.demo.prices import contract_lines
from services.demo.shapes import StoryShape, Where, act_out
from services.demo.story import Life, Month
from services.demo.world import DEMO_AT, DEMO_ZONE

__all__ = ["DEMO_AT", "DEMO_ZONE", "Manifest", "write_month"]

FIRST_CLAIM, FIRST_OLD_CLAIM = 100201, 100101
PLAIN = (
    StoryShape(
        name="paid_right",
        shows="reductions and sequestration as they should be",
        where=Where(payers=(payers.MEDICARE,), lines=2),
        count=2,
        tell=shapes_denying.answered,
    ),
    StoryShape(
        name="conflicting_event",
        shows="one identity, two contents",
        where=Where(payers=(payers.LAKESHORE,)),
        count=1,
        tell=shapes_denying.answered,
    ),
)
SHAPES = (
    *shapes_remits.REMITS,
    *shapes_denying.DENYING,
    *shapes_correcting.CORRECTING,
    *shapes_paying.PAYING,
    *shapes_sending.SENDING,
    *PLAIN,
)


def write_month(directory: Path, seed: int = 2026) -> Manifest:
    """Write all files and `manifest.json` into a directory, which is created if need be. Returns the manifest."""
    month, observed = build_month(seed)
    directory.mkdir(parents=True, exist_ok=True)
    manifest = truth.new_manifest(seed)
    for mail, text in render(_arrived(month)):
        (directory / mail.name).write_text(text, "ascii", newline="")
        manifest.files.append(truth.describe_file(mail, text))
    _fill(manifest, month, observed)
    (directory / "manifest.json").write_text(manifest.to_json(), "ascii", newline="")
    return manifest


Observed = dict[tuple[str, str], tuple[date, int]]


def build_month(seed: int) -> tuple[Month, Observed]:
    """The scripts of all claims, and Medicare's latest figure per patient and bucket."""
    random = Random(seed)  # noqa: S311 - invented data, not secrets
    census = Census(random)
    book = appointment_book(random, census, FIRST_CLAIM)
    old = older_lives(random, census, FIRST_OLD_CLAIM)
    month = Month(lives=_lives(book), seen=book.seen)
    for life in month.lives:
        life.ordinary()
    act_out(month, SHAPES)
    tell_older(month, old)
    _found_shapes(month)
    _old_rate(month)
    reports = desk.balances(book, truth.finalised(month.lives))
    month.desk += [*desk.terms(), *desk.registrations(month.lives), *reports]
    desk.work(month)
    return month, _latest(reports)


def _lives(book: Book) -> list[Life]:
    """A life for every visit. Deductibles are used up in the order of service."""
    left: dict[str, int] = {}
    lives = []
    for seen in book.seen:
        claim = seen.claim
        patient = claim.patient
        deductible = left.get(patient.id, patient.deductible)
        entry = decide(claim, book.prices.get(claim.claim_id, ()), deductible)
        left[patient.id] = deductible - sum(a for line in entry.lines for _, reason, a in line.cas if reason == "1")
        lives.append(Life(claim=claim, entry=entry, tag=seen.tag, ordinal=seen.ordinal, evaluation=seen.evaluation))
    return lives


def _found_shapes(month: Month) -> None:
    """Shapes that the appointment book makes by itself."""
    found: dict[str, list[str]] = defaultdict(list)
    for life in month.lives:
        claim_id = life.claim.claim_id
        modifiers = {m for line in life.claim.lines for m in line.modifiers}
        if life.evaluation:
            found["evaluation_day"].append(claim_id)
        if life.tag == "dual":
            found["pt_ot_same_day"].append(claim_id)
        if life.tag == "dependent":
            found["dependent_patient"].append(claim_id)
        if modifiers & {"CQ", "CO"}:
            found["assistant_line_n851"].append(claim_id)
        if "KX" in modifiers:
            found["kx_present"].append(claim_id)
        if life.tag == "deductible" and life.entry.paid == 0:
            found["deductible_only"].append(claim_id)
    month.shapes |= found


def _old_rate(month: Month) -> None:
    """Cedar Bluff's contract error: every 97110 since July is allowed by the schedule that ended in June."""
    for life in month.lives:
        claim = life.claim
        if claim.payer != payers.CEDAR or not any(truth.arrived(p) for p in life.postings):
            continue
        owed = contract_lines(claim.lines, payers.rates(claim.payer, "", claim.dos.isoformat()))
        for price, paid in zip(owed, life.entry.lines, strict=True):
            if price.allowed != paid.allowed and any(p.entry.allowed for p in life.postings):
                month.underpaid.append((life, paid.line.number, "old_rate", price.allowed - paid.allowed))
    month.shapes["underpaid_old_rate"] = sorted(
        {life.claim.claim_id for life, _, cause, _ in month.underpaid if cause == "old_rate"}
    )


def _latest(reports: Iterable[CloudEventJson]) -> Observed:
    latest: Observed = {}
    for report in reports:
        data = report["data"]
        as_of = date.fromisoformat(data["as_of"])
        key = (data["patient_id"], data["bucket"])
        if key not in latest or latest[key][0] < as_of:
            latest[key] = (as_of, int(Decimal(data["used_amount"]) * 100))
    return latest


def _arrived(month: Month) -> list[Mail]:
    mail = all_mail(month)
    mail = sorted([*mail, *loose_mail(month, mail)], key=lambda item: item.name)
    mail = [item for item in mail if truth.received_by_cut(item.arrives)]
    names = {item.name for item in mail}
    assert len(names) == len(mail), "two files of one name"
    return mail


def _fill(manifest: Manifest, month: Month, observed: Observed) -> None:
    manifest.claims = truth.claim_truth(month.lives)
    manifest.remits = truth.remit_truth(remittances(month))
    manifest.thresholds = truth.threshold_truth(month, observed)
    manifest.variances = truth.variance_truth(month)
    shows = {shape.name: shape.shows for shape in SHAPES}
    for name, claims in sorted(month.shapes.items()):
        manifest.shapes[name] = {"shows": shows.get(name, name.replace("_", " ")), "claims": claims}
    manifest.totals = truth.totals(manifest)
