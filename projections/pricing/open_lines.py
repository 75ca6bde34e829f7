"""Lines of a day while they are being compared, alone or together where their terms give them one amount."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from events.values import ZERO
from projections.pricing.lines import NO_UNITS, PricedLine, PriceLine, PriceStep, plain
from projections.pricing.remit import PayerAnswer, Stated
from projections.pricing.verdicts import Comparison, Tolerance
from projections.tables.vocabulary import PriceCause, PriceVerdict

NEITHER = "the payer did not state what it allowed, and its adjustments do not balance the line"


class OpenLine:
    """One line with one payer's answer, and what has been found out so far."""

    __slots__ = (
        "adjudicated",
        "answer",
        "as_billed",
        "billed",
        "cause",
        "evidence",
        "expected",
        "notes",
        "number",
        "payer_id",
        "priced",
        "sequence",
        "stated",
        "verdict",
    )

    def __init__(
        self, billed: PriceLine, payer_id: str, sequence: str, answer: PayerAnswer | None, stated: Stated | None
    ) -> None:
        self.billed = billed
        self.payer_id = payer_id
        self.sequence = sequence
        self.answer = answer
        self.stated = stated
        self.number: int | None = billed.number
        self.adjudicated = billed if answer is None else _adjudicated(billed, answer)
        self.priced: PricedLine | None = None
        self.expected: Decimal | None = None
        self.as_billed: Decimal | None = None
        self.verdict: PriceVerdict | None = None
        self.cause: PriceCause | None = None
        self.evidence: tuple[str, ...] = ()
        self.notes: list[str] = []

    @property
    def allowed(self) -> Decimal | None:
        return None if self.stated is None else self.stated.allowed

    @property
    def refused(self) -> bool:
        """Nothing was allowed, and a denial or a bundling says why; a zero by price alone is no refusal."""
        stated, answer = self.stated, self.answer
        if stated is None or answer is None or answer.paid or stated.rebuilt:
            return False
        return bool(stated.refused > 0 or stated.bundled > 0 or answer.denied)

    @property
    def payable(self) -> bool:
        """Answered, and not refused."""
        return self.stated is not None and not self.refused

    @property
    def expected_price(self) -> Decimal | None:
        return None if self.priced is None else self.priced.expected_allowed

    @property
    def pool(self) -> str | None:
        """What the line's amount is shared with, where its terms give one amount for several lines."""
        return None if self.priced is None else self.priced.pool

    @property
    def recoded(self) -> bool:
        return self.adjudicated.procedure != self.billed.procedure

    def judge(self, verdict: PriceVerdict, cause: PriceCause | None = None, evidence: tuple[str, ...] = ()) -> None:
        self.verdict, self.cause, self.evidence = verdict, cause, evidence

    def judge_refusal(self) -> None:
        """Class a line of which nothing was allowed."""
        stated = self.stated
        if stated is None:
            return
        expected = self.priced.expected_allowed if self.priced else None
        self.expected = expected
        if expected is not None and not expected:
            self.notes.append("this service is never paid separately, and nothing was allowed")
            self.judge(PriceVerdict.AS_EXPECTED)
        elif stated.refused > 0 or not stated.bundled:
            self.judge(PriceVerdict.DENIED, evidence=stated.refusals)
        else:
            self.judge(PriceVerdict.BUNDLED, evidence=stated.refusals)

    def judge_recode(self, as_billed: PricedLine) -> None:
        """Class a line the payer answered with another code than was billed."""
        self.expected = self.expected_price
        self.as_billed = there = as_billed.expected_allowed
        here = self.expected
        codes = f"{self.billed.procedure} was adjudicated as {self.adjudicated.procedure}"
        if there is None or here is None:
            self.judge(PriceVerdict.RECODED, PriceCause.RECODED, (codes,))
            return
        self.notes += [f"as billed: {step}" for step in _up_to(as_billed.steps, there)]
        cause = PriceCause.RECODED if here == there else PriceCause.DOWNCODED if here < there else PriceCause.UPCODED
        self.judge(PriceVerdict.RECODED, cause, (f"{codes}: {here} instead of {there}",))

    def close(self) -> Comparison:
        """The comparison; only for answered lines that were judged."""
        assert self.stated is not None
        assert self.priced is not None
        stated, priced, expected = self.stated, self.priced, self.expected
        if not stated.agrees and stated.stated is not None:
            self.notes.append(f"the payer states {stated.stated} allowed; its adjustments imply {stated.rebuilt}")
        if self.adjudicated.units != self.billed.units:
            decided, billed = plain(self.adjudicated.units), plain(self.billed.units)
            self.notes.append(f"{decided} of {billed} units billed were adjudicated")
        allowed = stated.allowed
        return Comparison(
            line=self.billed,
            payer_id=self.payer_id,
            sequence=self.sequence,
            number=self.number,
            procedure=self.adjudicated.procedure,
            units=self.adjudicated.units,
            verdict=self.verdict or PriceVerdict.UNKNOWN,
            expected_allowed=expected,
            expected_patient=priced.expected_patient,
            expected_paid=priced.expected_paid,
            allowed=allowed,
            allowed_stated=stated.stated,
            allowed_rebuilt=stated.rebuilt,
            agrees=stated.agrees,
            variance=None if expected is None or allowed is None else expected - allowed,
            cause=self.cause,
            evidence=self.evidence,
            notes=tuple(self.notes),
            priced=priced,
            expected_as_billed=self.as_billed,
        )


def _up_to(steps: Iterable[PriceStep], allowed: Decimal) -> Iterator[PriceStep]:
    """The steps that lead to an allowed amount, without what is done with it then."""
    for step in steps:
        yield step
        if step.figure == allowed:
            return


def _adjudicated(billed: PriceLine, answer: PayerAnswer) -> PriceLine:
    """The code and units the payer decided on; what it does not state is as billed."""
    procedure, units = answer.procedure or billed.procedure, answer.units or billed.units
    if procedure == billed.procedure and units == billed.units:
        return billed
    return replace(billed, procedure=procedure, units=units)


def claim_total(claim: str, answer: PayerAnswer, stated: Stated, lines: list[OpenLine]) -> Unit:
    """A claim that was answered as a whole: its lines are compared as their sum."""
    own = [line for line in lines if line.billed.claim == claim]
    first = own[0].billed
    billed = replace(
        first,
        key=f"{claim}/claim",
        procedure="",
        number=0,
        units=sum((line.billed.units for line in own), NO_UNITS),
        charge=answer.charge,
        modifiers=(),
    )
    total = OpenLine(billed, own[0].payer_id, own[0].sequence, answer, stated)
    total.number = None
    return Unit(own, total)


class Unit:
    """What is compared as one: a line, lines that share one amount, or a claim answered without its lines (`total`)."""

    __slots__ = ("lines", "settled", "total")

    def __init__(self, lines: list[OpenLine], total: OpenLine | None = None) -> None:
        self.lines = lines
        self.total = total
        self.settled = False

    @property
    def single(self) -> OpenLine | None:
        """The line, where there is but one with an answer of its own."""
        return self.lines[0] if len(self.lines) == 1 and self.total is None else None

    @property
    def expected(self) -> Decimal:
        return sum((p.expected_allowed or ZERO for line in self.lines if (p := line.priced)), ZERO)

    @property
    def allowed(self) -> Decimal:
        if self.total is not None:
            return self.total.allowed or ZERO
        return sum((line.allowed or ZERO for line in self.lines), ZERO)

    @property
    def variance(self) -> Decimal:
        return self.expected - self.allowed

    @property
    def units(self) -> Decimal:
        return sum((line.adjudicated.units for line in self.lines), NO_UNITS)

    def limit(self, tolerance: Tolerance) -> Decimal:
        if self.single is not None:
            return tolerance.line(self.single.adjudicated.units, self.expected)
        return tolerance.total(len({line.billed.claim for line in self.lines}), self.expected)

    def settle(self, tolerance: Tolerance) -> bool:
        """Judge what needs no closer look. False: the amounts differ by more than the tolerance."""
        if self.total is not None and self.total.refused:
            self.settled = True
            self._finish_total(self.total)
            self.total.judge_refusal()
            return True
        verdict, reason = self._problem()
        if verdict is not None:
            self.finish(verdict, evidence=(reason,) if reason else ())
        elif abs(self.variance) <= self.limit(tolerance):
            self.finish(PriceVerdict.AS_EXPECTED)
        return self.settled

    def _problem(self) -> tuple[PriceVerdict | None, str | None]:
        for line in self.lines:
            if line.priced is not None and line.priced.problem is not None:
                return line.priced.problem, line.priced.reason
            if self.total is None and line.allowed is None:
                return PriceVerdict.UNKNOWN, NEITHER
        if self.total is not None and self.total.allowed is None:
            return PriceVerdict.UNKNOWN, NEITHER
        return None, None

    def finish(
        self,
        verdict: PriceVerdict | None = None,
        cause: PriceCause | None = None,
        evidence: tuple[str, ...] = (),
        note: str = "",
    ) -> None:
        """Judge every line of the unit: by default under- or overpaid, as the sum says."""
        self.settled = True
        verdict = verdict or (PriceVerdict.UNDERPAID if self.variance > 0 else PriceVerdict.OVERPAID)
        if self.total is not None:
            self._finish_total(self.total)
        for line in [self.total] if self.total is not None else self.lines:
            if line.expected is None and line.priced is not None:
                line.expected = line.priced.expected_allowed
            if note:
                line.notes.append(note)
            line.judge(verdict, cause, evidence)

    def _finish_total(self, total: OpenLine) -> None:
        known = all(line.priced is not None and line.priced.expected_allowed is not None for line in self.lines)
        total.expected = self.expected if known else None
        steps = tuple(step for line in self.lines if line.priced for step in line.priced.steps)
        first = self.lines[0].priced
        assert first is not None
        total.priced = replace(
            first,
            line=total.billed,
            expected_allowed=total.expected,
            expected_patient=None,
            expected_paid=None,
            steps=steps,
            parts=None,
        )

    def excuse(self, tolerance: Tolerance) -> None:
        """Settle a difference that is a refusal of part of the charge."""
        line = self.total or self.single
        if line is None or line.stated is None:
            return
        limit = self.limit(tolerance)
        refused = line.stated.refused + line.stated.bundled
        if refused > 0 and ZERO < self.variance <= refused + limit:
            verdict = PriceVerdict.DENIED if line.stated.refused > 0 else PriceVerdict.BUNDLED
            self.finish(verdict, evidence=line.stated.refusals, note=f"{refused} of the charge was refused")
