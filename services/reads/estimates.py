"""Minutes in, claim and expected payment out: the rules engine and the pricer put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from events.values import ZERO
from projections.pricing.lines import PricedLine, PriceLine, explained
from projections.pricing.pricer import Pricer, PricingSettings
from projections.rules.policies import PayerTerms
from projections.rules.programs import ORIGINAL_MEDICARE, program_of
from projections.session_rules.estimate import estimate, judged_lines, planned
from projections.session_rules.estimate_request import EstimateRequest
from projections.session_rules.planning import PlannedLine
from projections.session_rules.whole_day import JudgedLine
from projections.terms.terms_in_force import MEDICARE, Reference


@dataclass
class _Recorder:
    """Prices billed lines for the estimate, and keeps what each price was made of."""

    pricer: Pricer
    deductible_left: Decimal
    beside: Sequence[PriceLine] = ()
    priced: list[PricedLine] = field(default_factory=list)

    def __call__(self, lines: Sequence[PlannedLine], dos: date, payer: str, /) -> Sequence[Decimal | None]:
        asked = [
            PriceLine(str(number), line.procedure, Decimal(line.units), line.charge, line.modifiers, number=number)
            for number, line in enumerate(lines, start=1)
        ]
        answers = self.pricer([*asked, *self.beside], dos, payer, deductible_left=self.deductible_left)
        self.priced = list(answers)[: len(asked)]
        return [line.expected_allowed for line in self.priced]


def make_estimate(
    request: EstimateRequest,
    reference: Reference,
    *,
    deductible_left: Decimal = ZERO,
    settings: PricingSettings | None = None,
    others: Sequence[EstimateRequest] = (),
) -> dict[str, Any]:
    """The public answer with, per billed line and in total, what should be allowed, by whom it is owed, and why.

    `settings`: a locality or conversion factor other than the practice's own. `others`: further sessions of the same
    patient and day, which are judged and priced together with this one.
    """
    request = _for_payer(request, reference)
    plans = [(other.session, planned(other, reference.rules)) for other in others]
    beside = [
        line
        for place, (session, plan) in enumerate(plans, start=1)
        for line in judged_lines(plan.lines, [None] * len(plan.lines), session.discipline, f"session {place}")
    ]
    recorder = _Recorder(Pricer(reference.rules, reference.contracts, settings), deductible_left, _asked(beside))
    answer = estimate(request, reference.rules, recorder, beside)
    prices = iter(recorder.priced)
    for line in answer["lines"]:
        line.update(_money(next(prices, None)) if line["units"] else _amounts("0.00"))
    for name in ("expected_allowed", "expected_patient", "expected_paid"):
        answer[name] = _total([line[name] for line in answer["lines"] if line["units"] and not line["denied"]])
    return answer


def make_day_estimate(
    requests: Sequence[EstimateRequest],
    reference: Reference,
    *,
    deductible_left: Decimal = ZERO,
    settings: PricingSettings | None = None,
) -> dict[str, Any]:
    """Several sessions of one patient and day, such as PT and OT: the first one's answer, with the others in `also`.

    All are judged and priced together, so that one unit of the day is paid in full. The deductible is the first one's.
    """
    requests = [_for_payer(request, reference) for request in requests]
    answers = [
        make_estimate(
            request,
            reference,
            deductible_left=ZERO if place else deductible_left,
            settings=settings,
            others=[other for other in requests if other is not request],
        )
        | {"discipline": request.session.discipline}
        for place, request in enumerate(requests)
    ]
    sums = {
        name: _total([answer[name] for answer in answers])
        for name in ("expected_allowed", "expected_patient", "expected_paid")
    }
    return answers[0] | {"also": answers[1:], "day": sums}


def _asked(lines: Sequence[JudgedLine]) -> list[PriceLine]:
    return [
        PriceLine(
            f"{line.claim}/{line.number}",
            line.procedure,
            line.units,
            line.charge,
            line.modifiers,
            claim=line.claim,
            number=line.number,
        )
        for line in lines
    ]


def _for_payer(request: EstimateRequest, reference: Reference) -> EstimateRequest:
    """The session as the payer's that its id means, of the program asked for, else of the one its policy states.

    A payer standing in for Original Medicare pays by its fee schedule.
    """
    session = request.session
    payer = reference.payer(session.payer_id)
    stated = session.program or reference.terms.program(PayerTerms(payer), session.dos)
    if program_of(reference.rules, session.dos, payer, stated) == ORIGINAL_MEDICARE:
        payer, stated = MEDICARE, ORIGINAL_MEDICARE
    return replace(request, session=replace(session, payer_id=payer, program=stated))


def _money(priced: PricedLine | None) -> dict[str, Any]:
    if priced is None:
        return _amounts(None)
    return {
        "expected_allowed": _text(priced.expected_allowed),
        "expected_patient": _text(priced.expected_patient),
        "expected_paid": _text(priced.expected_paid),
        "price_explanation": explained(priced.steps),
        "contract": priced.contract,
        "price_unknown": priced.reason,
    }


def _amounts(amount: str | None) -> dict[str, Any]:
    """The fields of a line that no price was asked for."""
    return {
        "expected_allowed": amount,
        "expected_patient": amount,
        "expected_paid": amount,
        "price_explanation": [],
        "contract": None,
        "price_unknown": None,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _total(amounts: Sequence[str | None]) -> str | None:
    """None as soon as one part is unknown."""
    if any(amount is None for amount in amounts):
        return None
    return f"{sum((Decimal(amount) for amount in amounts if amount is not None), ZERO):.2f}"
