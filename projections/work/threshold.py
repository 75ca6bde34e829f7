"""What a patient's therapy threshold asks a person to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from events.values import ZERO
from projections.tables.threshold_facts import ThresholdLine
from projections.tables.vocabulary import CountedAs, ListKind
from projections.terms.terms_in_force import MEDICARE, Reference
from projections.thresholds.fold import BucketLine, Threshold
from projections.work.item import EVER, ItemDraft, WorkItem
from projections.work.people import with_people

MENDABLE = (CountedAs.PENDING, CountedAs.DENIED)  # a line that was paid without KX needs nothing


def threshold_items(threshold: Threshold, lines: Iterable[BucketLine], reference: Reference) -> list[WorkItem]:
    """One item for each claim that has lines over the threshold without KX which can still be fixed.

    `lines`: the year's, with what people did about the items of their claims.
    """
    work = {line.claim_id: line.work for line in lines if line.work}
    by_claim: dict[str, list[ThresholdLine]] = {}
    for line in (*threshold.lines_missing_kx, *threshold.lines_kx_unknown):
        if line.state in MENDABLE:
            by_claim.setdefault(line.claim_id, []).append(line)
    items = []
    for claim_id, bare in by_claim.items():
        items += with_people(
            [ItemDraft(_item(threshold, claim_id, bare), EVER)], work.get(claim_id, ()), reference.zone
        )
    return items


def _item(threshold: Threshold, claim_id: str, lines: Sequence[ThresholdLine]) -> WorkItem:
    numbers = ", ".join(str(line.line) for line in lines)
    states = " and ".join(sorted({str(line.state) for line in lines}))
    before, amount = lines[0].running_before, sum((line.amount or ZERO for line in lines), ZERO)
    unpriced = [line for line in lines if line.amount is None]
    unsure = any(line in threshold.lines_kx_unknown for line in lines)
    after = "their price is not known" if unpriced else f"{before + amount:.2f} with these lines"
    return WorkItem(
        kind=ListKind.THRESHOLD,
        claim_id=claim_id,
        payer_id=MEDICARE,
        patient_id=threshold.patient_id,
        item=f"{threshold.year} {threshold.bucket}",
        due=None,
        lost_on=None,
        amount_at_risk=amount,
        category="kx",
        discipline="OT" if threshold.bucket == "OT" else None,
        reason=f"{'Possibly over' if unsure else 'Over'} the threshold of {threshold.limits.get('threshold')} without "
        f"KX: line {numbers} ({states}); {before:.2f} used before, {after}",
        next_action="Check that the record supports KX; if it does, correct the claim or request a reopening",
        explanation=threshold.explanation,
    )
