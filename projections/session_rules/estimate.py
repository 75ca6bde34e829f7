"""What a session should be billed as, before it becomes a claim: units, modifiers, KX, and what is to be said.

CMS Pub 100-04 ch. 5 §10.3, §20.1, §20.2. The figures of the threshold explain themselves, line by line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from events.claim import KX
from events.values import ZERO
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.rules.rulebook import Rulebook, Unknown
from projections.session_rules.diagnoses import diagnosis_findings
from projections.session_rules.estimate_request import SessionRequest
from projections.session_rules.findings import DENYING, Finding, Ruleset, worst_first
from projections.session_rules.learned import learned_findings
from projections.session_rules.planning import ClaimPlan, PlannedLine, plan_session, ruleset_for
from projections.session_rules.procedures import bucket_of, discipline_modifier
from projections.session_rules.threshold_limits import Crossing, Limits, limits_on, run
from projections.session_rules.unchecked import unchecked
from projections.session_rules.whole_day import JudgedLine, day_findings


class LinePricer(Protocol):
    """Expected allowed amount of each line, multiple-procedure reduction included; None where it is not known.

    The lines are those of one patient and day; a line's `charge` is None where it was not given.
    """

    def __call__(self, lines: Sequence[PlannedLine], dos: date, payer: str, /) -> Sequence[Decimal | None]: ...


def planned(request: SessionRequest, rulebook: Rulebook) -> ClaimPlan:
    """The claim a request's session should become, with the modifiers that were asked for."""
    session = request.session
    plan = plan_session(session, ruleset_for(session, rulebook), request.charges)
    lines = tuple(
        replace(line, modifiers=tuple(dict.fromkeys((*line.modifiers, *request.modifiers.get(line.procedure, ())))))
        for line in plan.lines
    )
    return replace(plan, lines=lines)


def estimate(
    request: SessionRequest, rulebook: Rulebook, pricer: LinePricer, beside: Sequence[JudgedLine] = ()
) -> dict[str, Any]:
    """The public answer: minutes, units, lines in the order given, findings, and the threshold.

    `total_units` are the units earned by time, `total_billed_units` those of all lines. Line numbers count from one.
    `beside`: what other sessions of the day bill. What is expected leaves out the lines (`denied`) that a finding says
    will not be paid.
    """
    session = request.session
    rules = ruleset_for(session, rulebook)
    plan = planned(request, rulebook)
    prices = _prices(plan.lines, pricer, session.dos, session.payer_id)
    threshold, crossing = _threshold(plan, prices, request.running, rules)
    lines = _with_kx(plan.lines, crossing)
    judged = judged_lines(plan.lines, prices, session.discipline)
    findings = [
        *plan.findings,
        *day_findings(judged, beside, rules, planned=True),
        *learned_findings(judged, beside, session.diagnoses, rules),
        *(diagnosis_findings(session.diagnoses, rules) if session.diagnoses else ()),
        *_kx_findings(crossing, limits_on(rules), rules),
    ]
    denied = {finding.line for finding in findings if finding.grade in DENYING and finding.line}
    return {
        "total_timed_minutes": plan.allocation.total_minutes,
        "total_units": plan.total_units,
        "total_billed_units": plan.billed_units,
        "method": plan.allocation.rule.method,
        "tie": plan.allocation.tie,
        "units_explanation": plan.allocation.explanation,
        "lines": [
            _line_json(n, line, prices[n - 1]) | {"denied": n in denied} for n, line in enumerate(lines, start=1)
        ],
        "expected_allowed": _total(plan.lines, prices, denied),
        "findings": [finding.as_json() for finding in worst_first(findings)],
        "threshold": threshold,
        "threshold_reason": None if threshold else _reason(limits_on(rules)),
        "not_checked": unchecked(rules, {line.procedure for line in plan.lines}, session.diagnoses),
    }


def _prices(lines: Sequence[PlannedLine], pricer: LinePricer, dos: date, payer: str) -> list[Decimal | None]:
    """Prices in the order of all lines; nothing is expected for a line that is not billed."""
    billed = [line for line in lines if line.billed]
    answers = iter(pricer(billed, dos, payer) if billed else ())
    return [next(answers, None) if line.billed else ZERO for line in lines]


def judged_lines(
    lines: Sequence[PlannedLine], prices: Sequence[Decimal | None], discipline: str, name: str = ""
) -> list[JudgedLine]:
    """The lines as the whole day is judged: the same judgment that a visit and a claim get."""
    return [
        JudgedLine(
            claim=name,
            number=number,
            procedure=line.procedure,
            modifiers=line.modifiers,
            units=Decimal(line.units),
            charge=line.charge,
            worth=line.charge if price is None else price,
            discipline=discipline,
        )
        for number, (line, price) in enumerate(zip(lines, prices, strict=True), start=1)
        if line.billed
    ]


def _with_kx(lines: Sequence[PlannedLine], crossing: Crossing | None) -> list[PlannedLine]:
    if crossing is None:
        return list(lines)
    return [
        replace(line, modifiers=(*line.modifiers, KX)) if number in crossing.needing else line
        for number, line in enumerate(lines, start=1)
    ]


def _threshold(
    plan: ClaimPlan, prices: Sequence[Decimal | None], running: Decimal | None, rules: Ruleset
) -> tuple[dict[str, Any] | None, Crossing | None]:
    """The threshold's public form and how the lines ran; None for payers it does not bind."""
    limits = limits_on(rules)
    if isinstance(limits, Unknown) and rules.program != ORIGINAL_MEDICARE:
        return None, None
    if isinstance(limits, Unknown) or running is None:
        return _unknown_threshold(limits, running, rules), None
    counted = [_counted(line, price, rules) for line, price in zip(plan.lines, prices, strict=True)]
    crossing = run(running, counted, limits, [line.charge if line.billed else ZERO for line in plan.lines])
    kept = _billed_only(crossing, plan.lines)
    return _threshold_json(plan, counted, kept, limits, rules), kept


def _counted(line: PlannedLine, price: Decimal | None, rules: Ruleset) -> Decimal | None:
    """What a line adds to its bucket: its modifier decides; nothing where it is not billed or not therapy."""
    if not line.billed or bucket_of(rules, line.modifiers) is None:
        return ZERO
    return price


def _billed_only(crossing: Crossing, lines: Sequence[PlannedLine]) -> Crossing:
    """KX belongs on billed therapy lines only: a line without a modifier of its discipline takes none."""
    able = {number for number, line in enumerate(lines, start=1) if line.billed and line.modifiers}
    needing, unsure = (tuple(n for n in numbers if n in able) for numbers in (crossing.needing, crossing.unsure))
    return replace(crossing, needing=needing, unsure=unsure)


def _unknown_threshold(limits: Limits | Unknown, running: Decimal | None, rules: Ruleset) -> dict[str, Any]:
    known = None if isinstance(limits, Unknown) else limits
    why = limits.reason if isinstance(limits, Unknown) else "the amount already used was not given"
    used = None if running is None else f"{running:.2f}"
    return {
        "year": rules.on.year,
        "bucket": _bucket(rules),
        "limit": known and f"{known.threshold:.2f}",
        "running_before": used,
        "running_after": None,
        "band": None,
        "crossing_line": None,
        "lines_needing_kx": None,
        "lines_kx_unknown": [],
        "explanation": f"{why}: whether KX is needed is not known",
    }


def _threshold_json(
    plan: ClaimPlan, counted: Sequence[Decimal | None], crossing: Crossing, limits: Limits, rules: Ruleset
) -> dict[str, Any]:
    return {
        "year": rules.on.year,
        "bucket": _bucket(rules),
        "limit": f"{limits.threshold:.2f}",
        "running_before": f"{crossing.before:.2f}",
        "running_after": None if crossing.unpriced else f"{crossing.after:.2f}",
        "band": None if crossing.unsure else limits.band(crossing.after),
        "crossing_line": crossing.crossing_line,
        "lines_needing_kx": None if crossing.unsure else list(crossing.needing),
        "lines_kx_unknown": list(crossing.unsure),
        "explanation": _explain(plan, counted, crossing, limits),
    }


def _bucket(rules: Ruleset) -> str | None:
    modifier = discipline_modifier(rules, rules.discipline or "")
    return bucket_of(rules, (modifier,)) if modifier else None


def _explain(plan: ClaimPlan, counted: Sequence[Decimal | None], crossing: Crossing, limits: Limits) -> str:
    steps = [
        f"{limits.pack}: used before {crossing.before:.2f}, limit {limits.threshold:.2f}, KX if {limits.comparator}"
    ]
    for number, (line, price) in enumerate(zip(plan.lines, counted, strict=True), start=1):
        if not line.billed:
            continue
        amount = "of unknown price" if price is None else f"{price:.2f}"
        used = crossing.running[number - 1]
        verdict = "KX" if number in crossing.needing else "KX not known" if number in crossing.unsure else "no KX"
        crossed = ", crosses" if number == crossing.crossing_line else ""
        steps.append(f"line {number} {line.procedure} ×{line.units} {amount}: {used:.2f} {verdict}{crossed}")
    return "; ".join(steps)


def _kx_findings(crossing: Crossing | None, limits: Limits | Unknown, rules: Ruleset) -> list[Finding]:
    if isinstance(limits, Unknown):
        return (
            rules.find("kx.unknown", f"{limits.reason}: KX not checked") if rules.program == ORIGINAL_MEDICARE else []
        )
    if crossing is None:
        said = "the amount already used is not known: KX not checked"
        return rules.find("kx.unknown", said, "look up the amount used before billing")
    found: list[Finding] = []
    if crossing.unpriced:
        said = f"lines {', '.join(map(str, crossing.unpriced))} have no known price: the amount used is a lower bound"
        found += rules.find("kx.price_unknown", said, "review KX manually")
    for number in crossing.needing[:1]:
        said = f"the amount used exceeds {limits.threshold:.2f} from line {number} on"
        found += rules.find("kx.needed", said, "attest that the record supports continued care", line=number)
    band = limits.band(crossing.after)
    if band == "review":
        said = f"{crossing.after:.2f} exceeds {limits.review:.2f}: the payer may review the record"
        found += rules.find("kx.review", said, "make sure every note of the episode supports medical necessity")
    if band == "alert":
        said = f"{crossing.after:.2f} has reached {limits.alert:.2f}, close to the threshold of {limits.threshold:.2f}"
        found += rules.find("kx.alert", said, "prepare the documentation that KX requires")
    return found


def _line_json(number: int, line: PlannedLine, price: Decimal | None) -> dict[str, Any]:
    return {
        "number": number,
        "procedure": line.procedure,
        "units": line.units,
        "modifiers": list(line.modifiers),
        "charge": None if line.charge is None else f"{line.charge:.2f}",
        "expected_allowed": None if price is None else f"{price:.2f}",
        "explanation": line.explanation,
    }


def _total(lines: Sequence[PlannedLine], prices: Sequence[Decimal | None], denied: Collection[int]) -> str | None:
    """The sum over billed lines that are not denied; None as soon as one price is unknown."""
    wanted = [
        price
        for number, (line, price) in enumerate(zip(lines, prices, strict=True), start=1)
        if line.billed and number not in denied
    ]
    known = [price for price in wanted if price is not None]
    return f"{sum(known, ZERO):.2f}" if len(known) == len(wanted) else None


def _reason(limits: Limits | Unknown) -> str | None:
    return limits.reason if isinstance(limits, Unknown) else None
