"""A year of days with known errors among every lawful oddity: every error found, nobody accused."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from events.adjustment import Adjustment
from projections.pricing.compare import Comparer
from projections.pricing.pricer import Assumption, Pricer, PricingSettings
from projections.pricing.remit import PayerAnswer
from projections.pricing.verdicts import DayLine
from tests.projections.pricing.days import cas, contract, line, rules

CODES = ("97530", "97110", "97140", "97112", "97116", "97535", "97035")
CHARGES = dict(zip(CODES, map(Decimal, ("75.00", "60.00", "58.00", "62.00", "55.00", "64.00", "30.00")), strict=True))
GOLD = dict(zip(CODES, ("40.00", "32.00", "30.00", "35.00", "31.00", "33.00", "14.00"), strict=True))
OLD = dict(zip(CODES, ("38.50", "31.00", "29.00", "34.00", "30.00", "32.00", "13.00"), strict=True))
SILVER = dict(zip(CODES, ("36.10", "28.90", "27.20", "31.70", "28.30", "30.40", "11.60"), strict=True))
CONTRACTS = (
    contract(
        contract_id="gold",
        version=1,
        rates=OLD,
        effective_from="2025-01-01",
        scope={"payer_id": "ACME", "plan": "GOLD"},
    ),
    contract(contract_id="gold", version=2, rates=GOLD, scope={"payer_id": "ACME", "plan": "GOLD"}),
    contract(contract_id="silver", rates=SILVER, scope={"payer_id": "ACME", "plan": "SILVER"}),
    contract(
        contract_id="birch",
        scope={"payer_id": "BIRCH"},
        method="percent_of_medicare",
        percent=115,
        basis={"mppr": True},
    ),
    contract(contract_id="cedar", scope={"payer_id": "CEDAR"}, rates=GOLD, cap="110.00", lesser_of=True),
)
PRICER = Pricer(rules(), CONTRACTS, PricingSettings())
PLAIN = {"ACME": "GOLD", "BIRCH": None, "CEDAR": None, "MEDICARE": None}


class Payer:
    """Answers days rightly, with every lawful column, and now and then wrongly, keeping account of it."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.errors = {}

    def day(self, number):
        dos = date(2026, 1, 2) + timedelta(days=self.random.randrange(350))
        payer = self.random.choice(list(PLAIN))
        lines = []
        for claim in range(self.random.choice((1, 1, 1, 2))):
            modifier = "GO" if claim else "GP"
            for n, code in enumerate(self.random.sample(CODES, self.random.choice((1, 2, 3, 3, 4))), start=1):
                units = self.random.choice((1, 1, 2, 3))
                assisted = ("CO" if claim else "CQ",) if self.random.random() < 0.1 and payer == "MEDICARE" else ()
                lines.append(
                    line(
                        code,
                        units,
                        CHARGES[code] * units,
                        modifier,
                        *assisted,
                        claim=f"{number}-{claim}",
                        number=n,
                        plan=PLAIN[payer],
                        billing_npi="1234567893",
                    )
                )
        if self.random.random() < 0.15:
            lines.append(
                line(
                    "97010",
                    1,
                    "20.00",
                    "GP",
                    claim=f"{number}-0",
                    number=9,
                    billing_npi="1234567893",
                    plan=PLAIN[payer],
                )
            )
        return dos, payer, self.answer(dos, payer, lines)

    def answer(self, dos, payer, lines):
        keys = [one.key for one in lines]
        assume, cause, decided = Assumption(), None, list(lines)
        rivals = {one.claim for one in lines}
        refused = set(self.random.sample(keys, 1)) if self.random.random() < 0.05 else set()
        if not refused and self.random.random() < 0.06:
            assume, cause, decided = self.error(dos, payer, lines)
        elif not refused and payer == "MEDICARE" and len(rivals) == 2:
            # The other claim came first and took the full unit.
            other = [one for one in lines if one.claim.endswith("-1") and one.procedure != "97010"]
            best = max(other, key=lambda one: PRICER.medicare(dos).schedule.fee(one.procedure).rank)
            taken = PRICER(lines, dos, payer, assume=Assumption(full_on=best.key))
            if sum(p.expected_allowed for p in PRICER(lines, dos, payer)) - sum(p.expected_allowed for p in taken) <= 2:
                assume = Assumption(full_on=best.key)
        left = Decimal(self.random.choice((0, 0, 0, 60))) if payer == "MEDICARE" else Decimal(0)
        paid = {
            p.key: p
            for p in PRICER(
                [one for one in decided if one.key not in refused], dos, payer, deductible_left=left, assume=assume
            )
        }
        right = {p.key: p.expected_allowed for p in PRICER(decided, dos, payer)}
        if cause:
            wrong = {
                key
                for key in keys
                if right[key] is not None and right[key] - paid[key].expected_allowed > Decimal("0.15")
            }
            self.errors.update(dict.fromkeys(wrong, cause))
        return [
            DayLine(line=billed, payer_id=payer, answer=self.said(billed, d, paid.get(billed.key), payer))
            for billed, d in zip(lines, decided, strict=True)
        ]

    def error(self, dos, payer, lines):
        book = {c.name: c for c in PRICER.contracts.contracts}
        if payer == "ACME":
            kind = self.random.choice(("old_rate", "wrong_plan", "downcoded"))
            if kind == "downcoded":
                return (
                    Assumption(),
                    None,
                    [replace(one, procedure="97035") if one.procedure == "97530" else one for one in lines],
                )
            return Assumption(contract=book["gold@1" if kind == "old_rate" else "silver@1"]), kind, list(lines)
        if payer == "CEDAR":
            return Assumption(), None, list(lines)
        if payer == "MEDICARE" and not any({"CQ", "CO"} & {*one.modifiers} for one in lines):
            return Assumption(locality="WI"), "wrong_locality", list(lines)
        return Assumption(full_on=""), "no_full_unit", list(lines)

    def said(self, billed, decided, priced, payer):
        if priced is None:
            return PayerAnswer(
                charge=billed.charge,
                paid=Decimal(0),
                adjustments=cas(f"CO-{self.random.choice(('50', '197', '16'))} {billed.charge}"),
            )
        if priced.expected_allowed is None or not priced.expected_allowed:
            return PayerAnswer(charge=billed.charge, paid=Decimal(0), adjustments=cas(f"CO-97 {billed.charge}"))
        shown = {"procedure": decided.procedure, "units": decided.units}
        if priced.parts:
            parts = priced.parts
            columns = [
                ("CO", "45", parts.contractual),
                ("CO", "59", parts.reduction),
                ("PR", "1", parts.deductible),
                ("PR", "2", parts.coinsurance),
                ("CO", "45", parts.assistant_cut),
                ("CO", "253", parts.sequestration),
            ]
            paid = priced.expected_paid
            shown["remarks"] = ("N851",) if parts.assistant_cut else ()
            if self.random.random() < 0.5:
                shown["allowed"] = priced.expected_allowed
        else:
            copay = min(Decimal(self.random.choice((0, 20))), priced.expected_allowed)
            columns = [("CO", "45", billed.charge - priced.expected_allowed), ("PR", "3", copay)]
            paid = priced.expected_allowed - copay
        adjustments = tuple(Adjustment(group=g, reason=r, amount=a) for g, r, a in columns if a)
        return PayerAnswer(charge=billed.charge, paid=paid, adjustments=adjustments, **shown)


def test_every_error_is_found_and_nobody_is_accused():
    payer, comparer = Payer(2026), Comparer(PRICER)
    found, recoded, lines = {}, 0, 0
    for number in range(1500):
        dos, _, day = payer.day(number)
        compared = comparer.compare_day(day, dos)
        lines += len(compared)
        found.update({c.key: c.cause for c in compared if c.verdict == "underpaid"})
        recoded += sum(c.verdict == "recoded" for c in compared)
    hits = found.keys() & payer.errors.keys()
    named = Counter(payer.errors[key] == found[key] for key in hits)
    print(  # noqa: T201  the figures are the result
        f"{lines} lines, {len(payer.errors)} short: recall {len(hits) / len(payer.errors):.4f}, "
        f"precision {len(hits) / len(found):.4f}, cause right {named[True] / len(hits):.4f}, {recoded} recoded"
    )
    assert found.keys() - payer.errors.keys() == set()
    assert payer.errors.keys() - found.keys() == set()
    assert named[True] / len(hits) > 0.95
    assert recoded > 0
