"""Therapy dollars used by one patient, year and bucket: confirmed, pending and projected, each explained.

Original Medicare counts allowed amounts, deductible and coinsurance inside, in the order it processes claims
(42 USC 1395l(g); CMS Pub 100-04 ch. 5 §10). Denied lines do not count, reversals subtract, sequestration changes
nothing. Payers' own figures replace everything they finalised up to their date, so that nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from events.patient import BalanceObserved
from projections.adjustments import ZERO
from projections.history import Happening
from projections.reference import Reference
from projections.rulebook import Ruling

KX = "KX"


@dataclass(frozen=True, slots=True)
class Finalised:
    """What one remittance allowed for a line: negative for a reversal."""

    on: date
    received_at: str
    allowed: Decimal


@dataclass(frozen=True, slots=True)
class BucketLine:
    """A line of the year that belongs to this bucket. `pending`: in flight and priced; None where no price is known."""

    claim_id: str
    ref: str
    number: int
    procedure: str
    has_kx: bool
    dos: date
    sent_at: str
    finalised: tuple[Finalised, ...]
    in_flight: bool
    expected: Decimal | None
    denied: bool


@dataclass(frozen=True)
class Step:
    """One line in the order the threshold is used up."""

    line: BucketLine
    amount: Decimal
    before: Decimal
    when: str
    is_pending: bool

    @property
    def after(self) -> Decimal:
        return self.before + self.amount


@dataclass(frozen=True)
class Threshold:
    patient_id: str
    year: int
    bucket: str
    confirmed: Decimal
    pending: Decimal
    band: str
    lines_missing_kx: tuple[dict[str, Any], ...]
    lines_needless_kx: tuple[dict[str, Any], ...]
    crossing: dict[str, Any] | None
    forecast: dict[str, Any] | None
    observed: dict[str, Any] | None
    limits: dict[str, Any]
    explanation: tuple[str, ...]

    @property
    def projected(self) -> Decimal:
        return self.confirmed + self.pending


def fold_threshold(
    patient_id: str,
    year: int,
    bucket: str,
    lines: Iterable[BucketLine],
    observations: Iterable[Happening],
    reference: Reference,
) -> Threshold:
    """The year's figures. Lines must be of Original Medicare, of this year of service and bucket."""
    ordered = sorted(lines, key=lambda line: (line.claim_id, line.number))
    ruling = reference.rules.pick("kx", date(year, 1, 1))
    observed = latest_observation(observations, year, bucket)
    base = observed.used_amount if observed else ZERO
    since = observed.as_of if observed else None
    steps = _steps(ordered, base, since)
    confirmed = base + sum((step.amount for step in steps if not step.is_pending), ZERO)
    pending = sum((step.amount for step in steps if step.is_pending), ZERO)
    over = _over(ruling)
    return Threshold(
        patient_id=patient_id,
        year=year,
        bucket=bucket,
        confirmed=confirmed,
        pending=pending,
        band=_band(confirmed + pending, ruling),
        lines_missing_kx=tuple(_kx_row(s) for s in steps if over(s.after) and s.amount >= ZERO and not s.line.has_kx)
        + tuple(_denied_rows(ordered, steps, base, over)),
        lines_needless_kx=tuple(_kx_row(s) for s in steps if s.line.has_kx and s.amount > ZERO and not over(s.after)),
        crossing=next((_kx_row(s) for s in steps if over(s.after) and not over(s.before)), None),
        forecast=_forecast(confirmed + pending, steps, ruling),
        observed=_observed_row(observed),
        limits=dict(ruling.values) if isinstance(ruling, Ruling) else {},
        explanation=_explain(base, observed, steps, ordered, ruling),
    )


def latest_observation(observations: Iterable[Happening], year: int, bucket: str) -> BalanceObserved | None:
    """The payer's newest figure for the bucket: by its own date, then by when we got it; a lower one is legal."""
    fitting = [
        h for h in observations
        if isinstance(h.data, BalanceObserved) and (h.data.year, h.data.bucket) == (year, bucket)
    ]  # fmt: skip
    newest = max(fitting, key=lambda h: (h.data.as_of, h.time, h.source, h.id), default=None)
    return newest.data if newest else None


def _steps(lines: Sequence[BucketLine], base: Decimal, since: date | None) -> list[Step]:
    """Finalised by payment date, then pending by the time sent, then by line number."""
    entries: list[tuple[tuple[Any, ...], BucketLine, Decimal, bool]] = []
    for line in lines:
        for final in line.finalised:
            if since is None or final.on > since:
                order = (0, final.on.isoformat(), final.received_at, line.claim_id, line.number)
                entries.append((order, line, final.allowed, False))
        if line.in_flight and line.expected is not None:
            entries.append(((1, line.sent_at, "", line.claim_id, line.number), line, line.expected, True))
    steps: list[Step] = []
    running = base
    for order, line, amount, is_pending in sorted(entries, key=lambda entry: entry[0]):
        steps.append(Step(line, amount, running, order[1], is_pending))
        running += amount
    return steps


def _over(ruling: object) -> Any:
    """The test against the threshold: strictly over, unless the pack says otherwise. Unknown year: nothing is over."""
    if not isinstance(ruling, Ruling):
        return lambda _amount: False
    limit = Decimal(ruling.values["threshold"])
    if ruling.values.get("comparator") == ">=":
        return lambda amount: amount >= limit
    return lambda amount: amount > limit


def _band(projected: Decimal, ruling: object) -> str:
    if not isinstance(ruling, Ruling):
        return "unknown"
    if projected > Decimal(ruling.values["review"]):
        return "review"
    if _over(ruling)(projected):
        return "kx_required"
    return "alert" if projected >= Decimal(ruling.values["alert"]) else "ok"


def _kx_row(step: Step) -> dict[str, Any]:
    line = step.line
    return {
        "claim_id": line.claim_id, "ref": line.ref, "line": line.number, "procedure": line.procedure,
        "dos": line.dos.isoformat(), "amount": f"{step.amount:.2f}", "running_before": f"{step.before:.2f}",
        "running_after": f"{step.after:.2f}", "state": "pending" if step.is_pending else "finalised",
    }  # fmt: skip


def _denied_rows(
    lines: Sequence[BucketLine], steps: Sequence[Step], base: Decimal, over: Any
) -> list[dict[str, Any]]:
    """Denied lines use nothing up; one that went out without KX when the patient was over is still named."""
    rows = []
    for line in lines:
        if not line.denied or line.has_kx or line.expected is None:
            continue
        # Compared with what was used when it was sent: finalised or sent before it.
        used = base + sum((s.amount for s in steps if _earlier(s, line)), ZERO)
        if over(used + line.expected):
            rows.append(_kx_row(Step(line, line.expected, used, line.sent_at, is_pending=False)) | {"state": "denied"})
    return rows


def _earlier(step: Step, line: BucketLine) -> bool:
    return (step.line.sent_at, step.line.number) < (line.sent_at, line.number)


def _forecast(projected: Decimal, steps: Sequence[Step], ruling: object) -> dict[str, Any] | None:
    """The visit on which the patient crosses at the present rhythm: mean dollars and days between the last visits."""
    if not isinstance(ruling, Ruling) or _over(ruling)(projected):
        return None
    by_day: dict[date, Decimal] = {}
    for step in steps:
        by_day[step.line.dos] = by_day.get(step.line.dos, ZERO) + step.amount
    days = sorted(day for day, amount in by_day.items() if amount > ZERO)[-10:]
    if len(days) < 2:
        return None
    each = sum((by_day[day] for day in days), ZERO) / len(days)
    gap = Decimal((days[-1] - days[0]).days) / (len(days) - 1)
    visits = int((Decimal(ruling.values["threshold"]) - projected) // each) + 1
    on = days[-1] + timedelta(days=int((gap * visits).to_integral_value()))
    return {
        "visits": visits, "on": on.isoformat(), "per_visit": f"{each:.2f}", "days_between": f"{gap:.1f}",
        "explanation": f"{len(days)} visits from {days[0]} to {days[-1]} used {each:.2f} each, {gap:.1f} days apart; "
        f"{projected:.2f} + {visits} x {each:.2f} passes {ruling.values['threshold']}",
    }  # fmt: skip


def _observed_row(observed: BalanceObserved | None) -> dict[str, Any] | None:
    if observed is None:
        return None
    return {
        "used_amount": f"{observed.used_amount:.2f}", "as_of": observed.as_of.isoformat(), "source": observed.source
    }  # fmt: skip


def _explain(
    base: Decimal,
    observed: BalanceObserved | None,
    steps: Sequence[Step],
    lines: Sequence[BucketLine],
    ruling: object,
) -> tuple[str, ...]:
    told = [f"{ruling.name}: threshold {ruling.values['threshold']}, review {ruling.values['review']}, "
            f"alert {ruling.values['alert']}" if isinstance(ruling, Ruling) else getattr(ruling, "reason", "")]  # fmt: skip
    if observed:
        told.append(f"{base:.2f} used at all providers as of {observed.as_of} ({observed.source or 'payer'}); "
                    "what we had finalised by then is inside")  # fmt: skip
    for step in steps:
        what = "in flight, expected" if step.is_pending else f"finalised {step.when}, allowed"
        told.append(
            f"{step.line.claim_id} line {step.line.number} {step.line.procedure} of {step.line.dos}: "
            f"{what} {step.amount:.2f}; {step.before:.2f} -> {step.after:.2f}"
        )
    told += [
        f"{line.claim_id} line {line.number} {line.procedure}: in flight, no price known, not counted"
        for line in lines
        if line.in_flight and line.expected is None
    ]
    return tuple(told)


