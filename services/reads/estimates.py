"""Minutes in, claim and expected payment out: the rules engine and the pricer put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from events.values import ZERO
from projections.pricing.lines import PricedLine, PriceLine, explained
from projections.pricing.pricer import Pricer, PricingSettings
from projections.rules.policies import PayerTerms
from projections.rules.programs import ORIGINAL_MEDICARE, program_of
from projections.session_rules.estimate import estimate, judged_lines, planned
from projections.session_rules.estimate_request import EstimateRequest, SessionRequest
from projections.session_rules.planning import PlannedLine
from projections.session_rules.whole_day import JudgedLine
from projections.terms.terms_in_force import MEDICARE, Reference

EXPECTED = ("expected_allowed", "expected_patient", "expected_paid")


@dataclass(kw_only=True)
class _Recorder:
    """Prices billed lines for the estimate, and keeps what each price was made of."""

    pricer: Pricer
    deductible_left: Decimal
    beside: Sequence[PriceLine] = ()
    place: str | None = None
    priced: list[PricedLine] = field(default_factory=list)

    def __call__(self, lines: Sequence[PlannedLine], dos: date, payer: str, /) -> Sequence[Decimal | None]:
        asked = [
            PriceLine(
                key=str(number),
                procedure=line.procedure,
                units=Decimal(line.units),
                charge=line.charge,
                modifiers=line.modifiers,
                number=number,
                place_of_service=self.place,
            )
            for number, line in enumerate(lines, start=1)
        ]
        answers = self.pricer([*asked, *self.beside], dos, payer, deductible_left=self.deductible_left)
        self.priced = list(answers)[: len(asked)]
        return [line.expected_allowed for line in self.priced]


def make_estimate(request: EstimateRequest, reference: Reference) -> dict[str, Any]:
    """The public answer: per billed line and in total what should be allowed, by whom it is owed, and why.

    Several sessions of the patient's day, such as PT and OT, are judged and priced together, so that one unit of the
    day is paid in full: the first one's answer, with the others in `also` and the sums in `day`. The deductible is
    used up by the first; a later session without a `running` of its own goes on where an earlier one of its
    threshold ended.
    """
    settings = PricingSettings(locality=request.locality, edition=request.edition)
    sessions = [_for_payer(session, reference) for session in request.sessions]
    answers: list[dict[str, Any]] = []
    for place in range(len(sessions)):
        left = ZERO if place else request.deductible_left
        answer = _session_answer(sessions, place, reference, settings, left)
        if sessions[place].running is None and (used := _used_before(answer, answers)) is not None:
            sessions[place] = sessions[place].model_copy(update={"running": used})
            answer = _session_answer(sessions, place, reference, settings, left)
        answers.append(answer)
    if len(answers) == 1:
        return answers[0]
    sums = {name: _total([answer[name] for answer in answers]) for name in EXPECTED}
    told = [answer | {"discipline": each.discipline} for answer, each in zip(answers, sessions, strict=True)]
    return told[0] | {"also": told[1:], "day": sums}


def _used_before(answer: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """Where the last earlier session of the same threshold ended; None where that is not known."""
    bucket = (answer["threshold"] or {}).get("bucket")
    told = [other["threshold"] for other in earlier if bucket and (other["threshold"] or {}).get("bucket") == bucket]
    return Decimal(told[-1]["running_after"]) if told and told[-1]["running_after"] else None


def _session_answer(
    sessions: Sequence[SessionRequest],
    place: int,
    reference: Reference,
    settings: PricingSettings,
    deductible_left: Decimal,
) -> dict[str, Any]:
    """One session's answer, next to the other sessions of the day."""
    request = sessions[place]
    others = [(other, planned(other, reference.rules)) for other in sessions if other is not request]
    beside = [
        (line, other.place_of_service)
        for number, (other, plan) in enumerate(others, start=1)
        for line in judged_lines(plan.lines, [None] * len(plan.lines), other.discipline, f"session {number}")
    ]
    pricer = Pricer(reference.rules, reference.contracts, settings)
    recorder = _Recorder(
        pricer=pricer,
        deductible_left=deductible_left,
        beside=[_asked(*each) for each in beside],
        place=request.place_of_service,
    )
    answer = estimate(request, reference.rules, recorder, [line for line, _ in beside])
    prices = iter(recorder.priced)
    for line in answer["lines"]:
        line.update(_money(next(prices, None)) if line["units"] else _amounts("0.00"))
    for name in EXPECTED:
        answer[name] = _total([line[name] for line in answer["lines"] if line["units"] and not line["denied"]])
    return answer


def _asked(line: JudgedLine, place: str | None) -> PriceLine:
    return PriceLine(
        key=f"{line.claim}/{line.number}",
        procedure=line.procedure,
        units=line.units,
        charge=line.charge,
        modifiers=line.modifiers,
        claim=line.claim,
        number=line.number,
        place_of_service=place,
    )


def _for_payer(request: SessionRequest, reference: Reference) -> SessionRequest:
    """The session as the payer's that its id means, of the program asked for, else of the one its policy states.

    A payer standing in for Original Medicare pays by its fee schedule.
    """
    payer = reference.payer(request.payer)
    stated = request.program or reference.terms.program(PayerTerms(payer), request.dos)
    if program_of(reference.rules, request.dos, payer, stated) == ORIGINAL_MEDICARE:
        payer, stated = MEDICARE, ORIGINAL_MEDICARE
    return request.model_copy(update={"payer": payer, "program": stated})


def _money(priced: PricedLine | None) -> dict[str, Any]:
    if priced is None:
        return _amounts(None)
    return {
        "expected_allowed": _text(priced.expected_allowed),
        "expected_patient": _text(priced.expected_patient),
        "expected_paid": _text(priced.expected_paid),
        "price_explanation": [step.to_json() for step in explained(priced.steps)],
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
