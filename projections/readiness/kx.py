"""KX over a patient's year: lines that went out without it or carry it needlessly, and visits that will need it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from events.values import CENT, ZERO
from projections.readiness.items import readiness_item
from projections.readiness.rows import About, KnownVisit, finding_rows
from projections.rules.rulebook import Unknown
from projections.session_rules.documentation import statement_findings
from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.threshold_limits import Limits, limits_on
from projections.tables.threshold_facts import ThresholdLine
from projections.tables.visits import FindingRow
from projections.tables.vocabulary import VisitState
from projections.terms.terms_in_force import MEDICARE, Reference
from projections.thresholds.fold import Threshold
from projections.work.item import WorkItem

KxFindings = list[tuple[About, Finding]]


def fold_kx(
    key: str, practice: str, threshold: Threshold, visits: Sequence[KnownVisit], reference: Reference
) -> tuple[list[FindingRow], list[WorkItem]]:
    """Findings and readiness items of one year and bucket. `visits`: those of which the unbilled ones count."""
    found = _claims(threshold, reference)
    items: list[WorkItem] = []
    used = threshold.projected
    for visit in sorted(visits, key=lambda visit: (visit.dos, visit.visit_id)):
        if visit.state == VisitState.UNBILLED and visit.summary.to_bill:
            used, judged = _visit(visit, used, reference)
            about = About(visit.patient_id, visit.dos, None, visit.visit_id)
            found += [(about, finding) for finding in judged]
            item = readiness_item(visit, [finding.listed() for finding in judged], reference, "KX")
            items += [item] if item else []
    return finding_rows(key, practice, found), items


def _claims(threshold: Threshold, reference: Reference) -> KxFindings:
    """What the year's own lines show: each named with the amounts before and after it."""
    found: KxFindings = []
    for line in threshold.lines_missing_kx:
        found += _missing(line, threshold, reference, is_current=True)
    for line in threshold.lines_kx_unknown:
        said = f"{line.procedure} was billed without KX, its price not known; {line.running_before:.2f} used before it"
        judged = _rules(line, reference).find("kx.price_unknown", said, "review KX manually", line=line.line)
        found += [(_about(line, threshold, is_current=True), finding) for finding in judged]
    for line in threshold.lines_sent_bare:
        found += _missing(line, threshold, reference, is_current=False)
    for line in threshold.lines_needless_kx:
        rules = _rules(line, reference)
        said = f"{line.procedure} carries KX; {line.running_after:.2f} of {_limit(threshold)} used, this line included"
        judged = rules.find("kx.unneeded", said, "use KX only once the threshold is crossed", line=line.line)
        found += [(_about(line, threshold, is_current=True), finding) for finding in judged]
    return found


def _missing(line: ThresholdLine, threshold: Threshold, reference: Reference, *, is_current: bool) -> KxFindings:
    after = f"to {line.running_after:.2f}" if line.running_after is not None else "at any price"
    said = (
        f"{line.procedure} was billed without KX; it takes the amount used from {line.running_before:.2f} {after}, "
        f"over {_limit(threshold)}"
    )
    change = "add KX if the record supports it; once adjudicated, request a reopening"
    judged = _rules(line, reference).find("kx.missing", said, change, line=line.line, worth=line.amount)
    return [(_about(line, threshold, is_current=is_current), finding) for finding in judged]


def _rules(line: ThresholdLine, reference: Reference) -> Ruleset:
    return reference.ruleset(line.dos, MEDICARE)


def _about(line: ThresholdLine, threshold: Threshold, *, is_current: bool) -> About:
    return About(threshold.patient_id, line.dos, line.claim_id, None, line.attempt, is_current)


def _limit(threshold: Threshold) -> str:
    return str(threshold.limits.get("threshold", "the threshold"))


def _visit(visit: KnownVisit, used: Decimal, reference: Reference) -> tuple[Decimal, list[Finding]]:
    """The lines of a claim still to be written that need KX, after all that is used and in flight."""
    rules = reference.ruleset(visit.dos, MEDICARE, None, visit.discipline)
    limits = limits_on(rules)
    if isinstance(limits, Unknown):
        return used, []
    found: list[Finding] = []
    for number, procedure, amount in visit.summary.to_bill:
        before, used = used, used + (amount or ZERO)
        if limits.exceeds(used if amount else used + CENT, limits.threshold):
            found += _needed(number, procedure, (before, used if amount else None), limits, rules)
        elif amount is None:
            said = f"{procedure} has no known price: whether it takes the amount used, {before:.2f}, over is not known"
            found += rules.find("kx.price_unknown", said, "review KX manually", line=number)
    needed = any(finding.rule == "kx.needed" for finding in found)
    return used, found + (statement_findings(visit.summary.attested, rules) if needed else [])


def _needed(
    number: int, procedure: str, amounts: tuple[Decimal, Decimal | None], limits: Limits, rules: Ruleset
) -> list[Finding]:
    """`amounts`: what is used before the line and after it, None where its price is not known."""
    before, after = amounts
    to = f"to {after:.2f}" if after is not None else "at any price"
    said = f"{procedure} takes the amount used from {before:.2f} {to}, over {limits.threshold:.2f}"
    return rules.find(
        "kx.needed",
        said,
        "bill it with KX, if the record supports it",
        line=number,
        worth=None if after is None else after - before,
    )
