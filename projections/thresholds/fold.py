"""Therapy dollars used by one patient, year and bucket: confirmed, pending and projected, each explained.

Original Medicare counts allowed amounts, deductible and coinsurance inside, in the order it processes claims
(42 USC 1395l(g); CMS Pub 100-04 ch. 5 §10). Denied lines do not count, reversals subtract, sequestration changes
nothing. Payers' own figures replace everything they finalized up to their date, so that nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from events.patient import BalanceObserved
from events.values import CENT, ZERO
from projections.history import LoggedEvent
from projections.keys import YearName
from projections.rules.rulebook import Ruling, Unknown
from projections.session_rules.threshold_limits import Limits, read_limits
from projections.tables.columns import Row
from projections.tables.price_facts import Finalized
from projections.tables.threshold_facts import ForecastBasis, ObservedBalance, ThresholdLine
from projections.tables.vocabulary import Band, CountedAs
from projections.tables.work_acts import WorkDone
from projections.terms.terms_in_force import Reference
from projections.thresholds.forecast import basis


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketLine:
    """A line of the year that belongs to this bucket.

    `expected`: what it should bring; None where no price is known, `charge` is then the most it can bring.

    `attempt`: the submission it is in; `sent_without_kx`: earlier ones, of a line that has KX now.
    """

    claim_id: str
    ref: str
    number: int
    procedure: str
    has_kx: bool
    dos: date
    sent_at: str
    finalized: tuple[Finalized, ...]
    in_flight: bool
    expected: Decimal | None
    denied: bool
    charge: Decimal | None = None
    attempt: int | None = None
    sent_without_kx: tuple[int, ...] = ()
    work: tuple[WorkDone, ...] = ()  # what people did about its claim's item

    @property
    def amount(self) -> Decimal:
        """What it takes up of the threshold: what was allowed in the end, else what is expected of it in flight."""
        final = sum((final.allowed for final in self.finalized), ZERO)
        return final + (self.expected or ZERO if self.in_flight else ZERO)


@dataclass(frozen=True, kw_only=True)
class ThresholdStep:
    """One line in the order the threshold is used up."""

    line: BucketLine
    amount: Decimal
    before: Decimal
    when: str
    is_pending: bool

    @property
    def after(self) -> Decimal:
        return self.before + self.amount


@dataclass(frozen=True, kw_only=True)
class Threshold:
    patient_id: str
    year: int
    bucket: str
    confirmed: Decimal
    pending: Decimal
    band: Band
    lines_missing_kx: tuple[ThresholdLine, ...]
    lines_needless_kx: tuple[ThresholdLine, ...]
    lines_kx_unknown: tuple[ThresholdLine, ...]  # in flight without KX, their price not known
    lines_sent_bare: tuple[ThresholdLine, ...]  # have KX now, and went out without it before
    crossing: ThresholdLine | None
    forecast_basis: ForecastBasis | None
    observed: ObservedBalance | None
    limits: Row
    explanation: tuple[str, ...]

    @property
    def projected(self) -> Decimal:
        return self.confirmed + self.pending


def fold_threshold(
    name: YearName, lines: Iterable[BucketLine], observations: Iterable[LoggedEvent], reference: Reference
) -> Threshold:
    """The year's figures. Lines must be of Original Medicare, of this year of service and bucket."""
    year, bucket = name.year, name.bucket
    ordered = sorted(lines, key=lambda line: (line.claim_id, line.number))
    ruling = reference.rules.pick("kx", date(year, 1, 1))
    limits = reference.rules.table(ruling, read_limits) if isinstance(ruling, Ruling) else None
    observed = latest_observation(observations, year, bucket)
    base = observed.used_amount if observed else ZERO
    steps = _steps(ordered, base, observed.as_of if observed else None)
    confirmed = base + sum((step.amount for step in steps if not step.is_pending), ZERO)
    pending = sum((step.amount for step in steps if step.is_pending), ZERO)
    standing = _standing(steps)
    over = [step for step in standing if limits and limits.exceeds(step.after, limits.threshold)]
    under = [s for s in standing if limits and s.amount > ZERO and not limits.exceeds(s.after, limits.threshold)]
    denied = _denied(ordered, steps, base, limits) if limits else []
    unpriced = _unpriced(ordered, steps, base, limits) if limits else []
    return Threshold(
        patient_id=name.patient_id,
        year=year,
        bucket=bucket,
        confirmed=confirmed,
        pending=pending,
        band=limits.band(confirmed + pending) if limits else Band.UNKNOWN,
        lines_missing_kx=(
            *(_counted(s) for s in over if not s.line.has_kx),
            *denied,
            *(row for row, certain in unpriced if certain),
        ),
        lines_needless_kx=tuple(_counted(s) for s in under if s.line.has_kx),
        lines_kx_unknown=tuple(row for row, certain in unpriced if not certain),
        lines_sent_bare=tuple(
            replace(_counted(s), attempt=attempt) for s in over if s.line.has_kx for attempt in s.line.sent_without_kx
        ),
        crossing=_crossing(steps, limits) if limits else None,
        forecast_basis=basis(confirmed + pending, _by_day(ordered), limits) if limits else None,
        observed=_stated(observed),
        limits=dict(ruling.values) if isinstance(ruling, Ruling) else {},
        explanation=_explain(observed, steps, ordered, ruling),
    )


def latest_observation(observations: Iterable[LoggedEvent], year: int, bucket: str) -> BalanceObserved | None:
    """The payer's newest figure for the bucket: by its own date, then by when we got it; a lower one is legal."""
    fitting = [
        h
        for h in observations
        if isinstance(h.data, BalanceObserved) and (h.data.year, h.data.bucket) == (year, bucket)
    ]
    newest = max(fitting, key=lambda h: (h.data.as_of, h.time, h.source, h.id), default=None)
    return newest.data if newest else None


def _steps(lines: Sequence[BucketLine], base: Decimal, since: date | None) -> list[ThresholdStep]:
    """Finalized by payment date, then pending by the time sent, then by line number."""
    entries: list[tuple[tuple[Any, ...], BucketLine, Decimal, bool]] = []
    for line in lines:
        for final in line.finalized:
            if since is None or final.on > since:
                order = (0, final.on.isoformat(), final.received_at, line.claim_id, line.number)
                entries.append((order, line, final.allowed, False))
        if line.in_flight and line.expected is not None:
            entries.append(((1, line.sent_at, "", line.claim_id, line.number), line, line.expected, True))
    steps: list[ThresholdStep] = []
    running = base
    for order, line, amount, is_pending in sorted(entries, key=lambda entry: entry[0]):
        steps.append(ThresholdStep(line=line, amount=amount, before=running, when=order[1], is_pending=is_pending))
        running += amount
    return steps


def _by_day(lines: Iterable[BucketLine]) -> dict[date, Decimal]:
    days: dict[date, Decimal] = {}
    for line in lines:
        days[line.dos] = days.get(line.dos, ZERO) + line.amount
    return days


def _standing(steps: Sequence[ThresholdStep]) -> list[ThresholdStep]:
    """The last step of each line whose money was not all taken back."""
    last: dict[tuple[str, int], ThresholdStep] = {}
    net: dict[tuple[str, int], Decimal] = {}
    for step in steps:
        key = (step.line.claim_id, step.line.number)
        net[key] = net.get(key, ZERO) + step.amount
        if step.amount >= ZERO:
            last[key] = step
    return [step for key, step in last.items() if net[key] > ZERO or step.is_pending]


def _crossing(steps: Sequence[ThresholdStep], limits: Limits) -> ThresholdLine | None:
    """The line that took the patient over, unless a reversal has brought the sum back under."""
    crossing = None
    for step in steps:
        before, after = (limits.exceeds(amount, limits.threshold) for amount in (step.before, step.after))
        if after != before:
            crossing = step if after else None
    return _counted(crossing) if crossing else None


def _counted(step: ThresholdStep) -> ThresholdLine:
    line = step.line
    return ThresholdLine(
        claim_id=line.claim_id,
        ref=line.ref,
        line=line.number,
        procedure=line.procedure,
        dos=line.dos,
        amount=step.amount,
        running_before=step.before,
        running_after=step.after,
        state=CountedAs.PENDING if step.is_pending else CountedAs.FINALIZED,
        attempt=line.attempt,
    )


def _denied(
    lines: Sequence[BucketLine], steps: Sequence[ThresholdStep], base: Decimal, limits: Limits
) -> list[ThresholdLine]:
    """Denied lines use nothing up; one that went out without KX when the patient was over is still named."""
    rows = []
    for line in lines:
        if not line.denied or line.has_kx or line.expected is None:
            continue
        # Compared with what was used when it was sent: finalized or sent before it.
        used = base + sum((s.amount for s in steps if _earlier(s, line)), ZERO)
        if limits.exceeds(used + line.expected, limits.threshold):
            step = ThresholdStep(line=line, amount=line.expected, before=used, when=line.sent_at, is_pending=False)
            rows.append(replace(_counted(step), state=CountedAs.DENIED))
    return rows


def _unpriced(
    lines: Sequence[BucketLine], steps: Sequence[ThresholdStep], base: Decimal, limits: Limits
) -> list[tuple[ThresholdLine, bool]]:
    """Lines in flight without KX whose price is not known, and whether they pass the threshold at any price.

    What was used before is at least the sum of what is known, at most that and the charges of the unpriced ones
    before: no payer allows more. A line that cannot pass even so is left out.
    """
    rows: list[tuple[ThresholdLine, bool]] = []
    most: Decimal | None = ZERO
    waiting = [line for line in lines if line.in_flight and line.expected is None]
    for line in sorted(waiting, key=lambda line: (line.sent_at, line.claim_id, line.number)):
        before = base + sum((s.amount for s in steps if not s.is_pending or _earlier(s, line)), ZERO)
        most = None if most is None or line.charge is None else most + line.charge
        certain = limits.exceeds(before + CENT, limits.threshold)
        if not line.has_kx and (certain or most is None or limits.exceeds(before + most, limits.threshold)):
            step = ThresholdStep(line=line, amount=ZERO, before=before, when=line.sent_at, is_pending=True)
            rows.append((replace(_counted(step), amount=None, running_after=None), certain))
    return rows


def _earlier(step: ThresholdStep, line: BucketLine) -> bool:
    return (step.line.sent_at, step.line.number) < (line.sent_at, line.number)


def _stated(observed: BalanceObserved | None) -> ObservedBalance | None:
    if observed is None:
        return None
    return ObservedBalance(used_amount=observed.used_amount, as_of=observed.as_of, source=observed.source)


def _explain(
    observed: BalanceObserved | None,
    steps: Sequence[ThresholdStep],
    lines: Sequence[BucketLine],
    ruling: Ruling | Unknown,
) -> tuple[str, ...]:
    told = [_said(ruling)]
    if observed:
        told += _inside(observed, lines)
    for step in steps:
        what = "pending, expected" if step.is_pending else f"finalized {step.when}, allowed"
        told.append(
            f"{step.line.claim_id} line {step.line.number} {step.line.procedure} of {step.line.dos}: "
            f"{what} {step.amount:.2f}{_doubt(step)}; {step.before:.2f} -> {step.after:.2f}"
        )
    told += [
        f"{line.claim_id} line {line.number} {line.procedure}: pending, no known price, not counted"
        for line in lines
        if line.in_flight and line.expected is None
    ]
    for line in lines:
        if line.denied:
            told.append(f"{line.claim_id} line {line.number} {line.procedure}: denied, not counted")
    return tuple(told)


def _doubt(step: ThresholdStep) -> str:
    unsure = not step.is_pending and any(final.unconfirmed for final in step.line.finalized)
    return " (unconfirmed: the payer's remittance does not balance; never less than was paid)" if unsure else ""


def _said(ruling: Ruling | Unknown) -> str:
    if isinstance(ruling, Unknown):
        return ruling.reason
    limits = read_limits(ruling.values)
    return f"{ruling.name}: threshold {limits.threshold}, review {limits.review}, alert {limits.alert}"


def _inside(observed: BalanceObserved, lines: Iterable[BucketLine]) -> list[str]:
    """What the observed balance already includes of our own amounts."""
    inside = [final.allowed for line in lines for final in line.finalized if final.on <= observed.as_of]
    source = observed.source or "payer"
    said = f"{observed.used_amount:.2f} used at all providers as of {observed.as_of} ({source})"
    told = [f"{said}; amounts finalized here by then are included"]
    if inside:
        total = sum(inside, ZERO)
        told.append(f"includes {len(inside)} of this practice's amounts, {total:.2f} in total: not counted again")
    return told
