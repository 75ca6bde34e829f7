"""What Medicare does after the fee: lesser of charge, deductible, coinsurance, assistant, sequestration; half up.

Sources: SSA 1833(a)(1) coinsurance, 1834(v) assistants; Budget Control Act sequestration (CARC 253); CMS Pub 100-04.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from events.values import ZERO, round_cents
from projections.pricing.lines import ONE, Parts, PriceStep, as_percent
from projections.rules.rulebook import Rulebook, Ruling, Unknown

ALLOWED = "allowed"


@dataclass(frozen=True, kw_only=True)
class MedicareTerms:
    """The terms of one date. Rates are fractions of one; `assistant` is the part that is kept."""

    coinsurance: Decimal
    sequestration: Decimal
    assistant: Decimal
    assistant_modifiers: frozenset[str]
    assistant_applies_to: str
    coinsurance_name: str
    sequestration_name: str
    assistant_name: str

    @property
    def rule_names(self) -> tuple[str, ...]:
        return self.coinsurance_name, self.assistant_name, self.sequestration_name

    def assists(self, modifiers: tuple[str, ...]) -> bool:
        """Whether an assistant's reduction applies to a line with these modifiers."""
        return self.assistant != ONE and not self.assistant_modifiers.isdisjoint(modifiers)


class MedicareShares(NamedTuple):
    """A priced line without the line: all that its procedure, units and charge decide."""

    allowed: Decimal
    patient: Decimal
    paid: Decimal
    steps: tuple[PriceStep, ...]
    parts: Parts


def medicare_terms(rules: Rulebook, on: date, assistant_applies_to: str | None = None) -> MedicareTerms | Unknown:
    """The terms of a date of service; Unknown where a pack does not cover it."""
    rulings: list[Ruling] = []
    for kind in ("coinsurance", "sequestration", "assistant_price"):
        ruling = rules.pick(kind, on)
        if isinstance(ruling, Unknown):
            return ruling
        rulings.append(ruling)
    coinsurance, sequestration, assistant = rulings
    return MedicareTerms(
        coinsurance=Decimal(str(coinsurance.values["rate"])),
        sequestration=Decimal(str(sequestration.values["rate"])),
        assistant=Decimal(str(assistant.values["factor"])),
        assistant_modifiers=frozenset(assistant.values["modifiers"]),
        assistant_applies_to=assistant_applies_to or str(assistant.values["applies_to"]),
        coinsurance_name=coinsurance.name,
        sequestration_name=sequestration.name,
        assistant_name=assistant.name,
    )


def settle_line(
    terms: MedicareTerms,
    whole: Decimal,
    computed: Decimal,
    *,
    charge: Decimal | None,
    deductible_left: Decimal,
    steps: tuple[PriceStep, ...],
    assisted: bool,
) -> MedicareShares:
    """From the fee of a line to what is paid. `whole`: the fee had no unit been reduced; `steps`: those before."""
    trail = list(steps)
    price = _lesser(computed, charge, trail)
    allowed = _assisted_allowed(terms, price, trail) if assisted and terms.assistant_applies_to == ALLOWED else price
    deductible, coinsurance = _patient_share(terms, allowed, deductible_left, trail)
    share = allowed - deductible - coinsurance
    trail.append(PriceStep("Medicare's share: {} - {} - {}", share, "", (allowed, deductible, coinsurance)))
    kept = _assisted_share(terms, share, trail) if assisted and terms.assistant_applies_to != ALLOWED else share
    sequestration = round_cents(kept * terms.sequestration)
    trail.append(
        _rate_step("sequestration {} of {}", terms.sequestration, kept, sequestration, terms.sequestration_name)
    )
    paid = kept - sequestration
    trail.append(PriceStep("Medicare pays {} - {}", paid, "", (kept, sequestration)))
    top = whole if charge is None else min(charge, whole)
    parts = Parts(
        whole,
        None if charge is None else charge - top,
        top - price,
        deductible,
        coinsurance,
        (price - allowed) + (share - kept),
        sequestration,
    )
    return MedicareShares(allowed, deductible + coinsurance, paid, tuple(trail), parts)


def _lesser(computed: Decimal, charge: Decimal | None, trail: list[PriceStep]) -> Decimal:
    if charge is None:
        return computed
    price = min(computed, charge)
    trail.append(PriceStep("lower of the charge {} and the fee {}", price, "", (charge, computed)))
    return price


def _assisted_allowed(terms: MedicareTerms, price: Decimal, trail: list[PriceStep]) -> Decimal:
    allowed = round_cents(price * terms.assistant)
    trail.append(_rate_step("assistant: {} of the fee {}", terms.assistant, price, allowed, terms.assistant_name))
    return allowed


def _patient_share(
    terms: MedicareTerms, allowed: Decimal, deductible_left: Decimal, trail: list[PriceStep]
) -> tuple[Decimal, Decimal]:
    deductible = ZERO
    if deductible_left:
        deductible = min(allowed, deductible_left)
        trail.append(PriceStep("of the remaining deductible {}, this line takes", deductible, "", (deductible_left,)))
    rest = allowed - deductible
    coinsurance = round_cents(rest * terms.coinsurance)
    trail.append(_rate_step("coinsurance {} of {}", terms.coinsurance, rest, coinsurance, terms.coinsurance_name))
    return deductible, coinsurance


def _assisted_share(terms: MedicareTerms, share: Decimal, trail: list[PriceStep]) -> Decimal:
    kept = round_cents(share * terms.assistant)
    trail.append(_rate_step("assistant: {} of Medicare's share {}", terms.assistant, share, kept, terms.assistant_name))
    return kept


def _rate_step(template: str, rate: Decimal, base: Decimal, figure: Decimal, source: str) -> PriceStep:
    return PriceStep(template, figure, source, (as_percent(rate), base))
