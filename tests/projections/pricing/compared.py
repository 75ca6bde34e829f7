"""A day's lines compared with what a payer allowed for them."""

from tests.projections.pricing.days import (
    DOS,
    RATES,
    as_priced,
    comparer,
    contract,
    pricer,
)

ACME, MEDICARE = "ACME", "MEDICARE"
SIMPLE = contract(rates={**RATES, "97535": "33.00", "97010": "0.00"})


def verdicts(compared):
    return [c.verdict for c in compared]


def medicare_day(lines, **more):
    priced = pricer()(lines, DOS, MEDICARE, **more)
    return [as_priced(billed, p) for billed, p in zip(lines, priced, strict=True)]


def compare(day, *contracts, dos=DOS, **more):
    return comparer(*contracts).compare_day(day, dos, **more)
