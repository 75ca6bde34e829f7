"""The shapes of a comparison: what is compared, how much may differ, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from events.terms import Tolerances
from events.values import ZERO
from projections.pricing.lines import HUNDRED, PricedLine, PriceLine, PriceStep
from projections.pricing.remit import PayerAnswer
from projections.rules.policy_choice import PayerTerms
from projections.rules.rulebook import Rulebook, Ruling
from projections.tables.vocabulary import PriceCause, PriceVerdict


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far allowed may lie from expected. `percent` is in percent points of the expected amount."""

    per_unit: Decimal = Decimal("0.05")
    per_claim: Decimal = Decimal("1.00")
    percent: Decimal = ZERO

    def line(self, units: Decimal, expected: Decimal) -> Decimal:
        """For one line."""
        limit = self.per_unit * units
        return max(limit, expected * self.percent / HUNDRED) if self.percent else limit

    def total(self, claims: int, expected: Decimal) -> Decimal:
        """For a sum over claims."""
        limit = self.per_claim * claims
        return max(limit, expected * self.percent / HUNDRED) if self.percent else limit


EXACT = Tolerance(per_unit=ZERO, per_claim=ZERO)  # where it is not known how far amounts may lie apart


def tolerance_on(rules: Rulebook, on: date, policy: Tolerances | None = None) -> Tolerance:
    """The default tolerance, with what the payer's policy says instead."""
    ruling = rules.pick("tolerance", on)
    values = ruling.values if isinstance(ruling, Ruling) else {}
    app = {name: Decimal(str(values[name])) for name in ("per_unit", "per_claim", "percent") if name in values}
    own = {} if policy is None else {name: value for name in app if (value := getattr(policy, name)) is not None}
    return Tolerance(**{**app, **own})


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """A line of a patient's day as billed to one payer, with that payer's answer if there is one.

    `sequence`: P, S or T. The same claim and line number under an earlier payer is its prior answer. `terms`: what is
    known of the claim that the payer's policies may distinguish; without it, the line's plan.
    """

    line: PriceLine
    payer_id: str
    answer: PayerAnswer | None = None
    sequence: str = "P"
    terms: PayerTerms | None = None

    @property
    def payer(self) -> PayerTerms:
        return self.terms or PayerTerms(self.payer_id, self.line.plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a line was paid next to what it should have been paid, for the code and units the payer decided on.

    `allowed` is the amount compared; `allowed_stated` and `allowed_rebuilt` are both sides of the cross-check and
    `agrees` their verdict. `variance` is expected less allowed: positive means short. `cause` and `evidence` say
    what most likely explains it. For a later payer the amounts are what it owed after the earlier ones and what it
    took on. `number` is None for a claim answered without its lines. `expected_as_billed` is set where another code
    was decided on than was billed.
    """

    line: PriceLine
    payer_id: str
    sequence: str
    number: int | None
    procedure: str
    units: Decimal
    verdict: PriceVerdict
    expected_allowed: Decimal | None
    expected_patient: Decimal | None
    expected_paid: Decimal | None
    allowed: Decimal | None
    allowed_stated: Decimal | None
    allowed_rebuilt: Decimal
    agrees: bool
    variance: Decimal | None
    cause: PriceCause | None
    evidence: tuple[str, ...]
    notes: tuple[str, ...]
    priced: PricedLine
    expected_as_billed: Decimal | None = None

    @property
    def at_stake(self) -> Decimal | None:
        """What could be won: the difference; for a denied line its price; for a recoded one what the code cost too."""
        if self.verdict in (PriceVerdict.DENIED, PriceVerdict.BUNDLED) and not self.allowed:
            return self.expected_allowed
        if self.expected_as_billed is not None and self.allowed is not None:
            return self.expected_as_billed - self.allowed
        return self.variance

    @property
    def key(self) -> str:
        return self.line.key

    @property
    def contract(self) -> str | None:
        return self.priced.contract

    @property
    def rule_names(self) -> tuple[str, ...]:
        return self.priced.rule_names

    @property
    def steps(self) -> tuple[PriceStep, ...]:
        """The expected amount's steps, then what the comparison found."""
        found = [*self.priced.steps, *(PriceStep(note, None) for note in self.notes)]
        if self.variance is not None:
            found.append(
                PriceStep("expected {} less allowed {}", self.variance, "", (self.expected_allowed, self.allowed))
            )
        if self.expected_as_billed is not None and self.allowed is not None:
            stake = "{} as billed less allowed {}: what the other code costs"
            found.append(PriceStep(stake, self.at_stake, "", (self.expected_as_billed, self.allowed)))
        return (*found, *(PriceStep(text, None) for text in self.evidence))
