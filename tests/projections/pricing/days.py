"""Builders for tests of pricing: lines, contracts, remittance answers."""

from datetime import date
from decimal import Decimal
from functools import cache

from events.adjustment import Adjustment
from events.contract import ContractPublished
from projections.pricing.compare import Comparer
from projections.pricing.lines import PriceLine
from projections.pricing.pricer import Pricer, PricingSettings
from projections.pricing.remit import PayerAnswer
from projections.pricing.verdicts import DayLine
from services.store.shipped_rule_packs import shipped_rulebook

DOS = date(2026, 3, 2)
RATES = {"97530": "40.00", "97110": "32.00", "97140": "30.00"}
CHARGES = {"97530": "75.00", "97110": "60.00", "97140": "58.00", "97161": "150.00", "97535": "70.00", "92507": "120.00"}

rules = cache(shipped_rulebook)


def line(procedure, units=1, charge=None, *modifiers, claim="c1", number=None, key=None, **more):
    """A line; its charge is the usual one of the code unless given ("none": not known)."""
    number = number if number is not None else next(_numbers)
    if charge is None and procedure in CHARGES:
        charge = Decimal(CHARGES[procedure]) * Decimal(units)
    charge = None if charge in (None, "none") else Decimal(charge)
    return PriceLine(
        key=key or f"{claim}/{number}",
        procedure=procedure,
        units=Decimal(units),
        charge=charge,
        modifiers=modifiers or ("GP",),
        claim=claim,
        number=number,
        **more,
    )


_numbers = iter(range(1, 10_000_000))


def claim_a():
    return [
        line("97530", 2, "150.00", "GP", number=1),
        line("97110", 1, "60.00", "GP", number=2),
        line("97140", 1, "58.00", "GP", number=3),
    ]


def contract(**fields):
    defaults = {
        "contract_id": "acme",
        "version": 1,
        "scope": {"payer_id": "ACME"},
        "effective_from": "2026-01-01",
        "method": "per_unit",
    }
    if "rates" in fields and isinstance(fields["rates"], dict):
        fields["rates"] = [{"procedure": code, "amount": amount} for code, amount in fields["rates"].items()]
    return ContractPublished.model_validate({**defaults, **fields})


def pricer(*contracts, **settings):
    return Pricer(rules(), contracts, PricingSettings(**settings))


def comparer(*contracts, **settings):
    return Comparer(pricer(*contracts, **settings))


def allowed(priced):
    return [None if p.expected_allowed is None else str(p.expected_allowed) for p in priced]


def patient(priced):
    return [str(p.expected_patient) for p in priced]


def paid(priced):
    return [str(p.expected_paid) for p in priced]


def total(priced):
    return str(sum(p.expected_allowed for p in priced))


def cas(*texts):
    """Adjustments from texts such as "CO-45 79.86"."""
    found = []
    for text in texts:
        code, amount = text.split()
        group, reason = code.split("-")
        found.append(Adjustment(group=group, reason=reason, amount=Decimal(amount)))
    return tuple(found)


def answered(billed, paid, *adjustments, payer="ACME", sequence="P", **said):
    """A line with an answer. What is neither paid nor adjusted otherwise is CO-45, so that the line balances."""
    adjustments = cas(*adjustments)
    rest = billed.charge - Decimal(paid) - sum((a.amount for a in adjustments), Decimal(0))
    if rest and said.pop("balance", True):
        adjustments = (Adjustment(group="CO", reason="45", amount=rest), *adjustments)
    return DayLine(
        line=billed,
        payer_id=payer,
        answer=PayerAnswer(charge=billed.charge, paid=Decimal(paid), adjustments=adjustments, **said),
        sequence=sequence,
    )


def as_priced(billed, priced, payer="MEDICARE", **said):
    """A Medicare line answered exactly as priced, with every column of the remittance."""
    parts = priced.parts
    columns = [
        ("CO-45", parts.contractual),
        ("CO-59", parts.reduction),
        ("PR-1", parts.deductible),
        ("PR-2", parts.coinsurance),
        ("CO-253", parts.sequestration),
        ("CO-144", Decimal(0)),
    ]
    adjustments = cas(*(f"{code} {amount}" for code, amount in columns if amount))
    return DayLine(
        line=billed,
        payer_id=payer,
        answer=PayerAnswer(charge=billed.charge, paid=priced.expected_paid, adjustments=adjustments, **said),
    )
