"""What payers of the invented world owe. Independent of the product's own pricing, so that each can check the other.

All money is whole cents. Medicare: national physician fee schedule 2026, conversion factor 33.4009, GPCI 1, as
published in the CMS relative value file of July 2026 (non-QP); multiple-procedure reduction by unit and day, ranked by
practice expense (CMS Pub 100-04 ch. 5 sec. 10.7); 20% coinsurance; assistant 85% of the Medicare part (SSA sec.
1834(v)); sequestration 2%.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.demo.world import DemoLine

PART_B_DEDUCTIBLE = 283_00  # calendar year 2026, CMS-8091-N
KX_THRESHOLD = 2480_00  # 2026, each bucket

# procedure -> (one unit in full, one unit with half the practice expense, practice expense RVU x 100)
MEDICARE: dict[str, tuple[int, int, int]] = {
    "97110": (2906, 2221, 41),
    "97112": (3273, 2488, 47),
    "97113": (3707, 2672, 62),
    "97116": (2906, 2221, 41),
    "97124": (2973, 2088, 53),
    "97140": (2772, 2121, 39),
    "97150": (1804, 1403, 24),
    "97530": (3507, 2505, 60),
    "97533": (6079, 3858, 133),
    "97535": (3240, 2388, 51),
    "97542": (3106, 2371, 44),
    "97161": (9786, 7482, 138),
    "97164": (6747, 4993, 105),
    "97165": (10054, 7615, 146),
    "97168": (6847, 5044, 108),
    "97750": (3373, 2455, 55),
    "97760": (4609, 3156, 87),
    "92507": (7615, 5995, 97),
    "92526": (8417, 6463, 117),
    "92523": (22646, 17753, 293),
}


@dataclass(frozen=True, slots=True)
class Share:
    """How the patient takes part: what is left of the deductible, a copay per visit, coinsurance in percent."""

    deductible: int = 0
    copay: int = 0
    coinsurance: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """A line's price before reductions, and what is allowed after them."""

    full: int
    allowed: int


def percent(cents: int, rate: int) -> int:
    """`rate` percent of an amount, rounded half up to the cent; amounts are never negative here."""
    return (cents * rate + 50) // 100


def medicare_day(claims: Iterable[Sequence[DemoLine]], *, every_unit_reduced: bool = False) -> list[list[Price]]:
    """Prices of all lines of one patient's day, claim by claim: one unit of the day in full, all others reduced."""
    days = [list(lines) for lines in claims]
    ranked = max(
        (
            (MEDICARE[line.procedure][2], MEDICARE[line.procedure][0], -c, -n)
            for c, lines in enumerate(days)
            for n, line in enumerate(lines)
        ),
        default=None,
    )
    best = (-1, -1) if ranked is None or every_unit_reduced else (-ranked[2], -ranked[3])
    return [
        [_medicare_line(line, in_full=(c, n) == best) for n, line in enumerate(lines)] for c, lines in enumerate(days)
    ]


def _medicare_line(line: DemoLine, *, in_full: bool) -> Price:
    full, reduced, _ = MEDICARE[line.procedure]
    allowed = reduced * line.units + (full - reduced if in_full else 0)
    return Price(full * line.units, allowed)


def contract_lines(lines: Sequence[DemoLine], rates: dict[str, int]) -> list[Price]:
    """Prices by a schedule of rates per unit."""
    return [Price(rates[line.procedure] * line.units, rates[line.procedure] * line.units) for line in lines]
