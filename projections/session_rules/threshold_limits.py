"""The therapy threshold: bands of the amount used, and which lines need KX.

42 USC 1395l(g), CMS Pub 100-04 ch. 5 §10.3: expenses that exceed the amount need KX, so the comparator is a strict
"over"; the pack may say otherwise. The amount counted is what Medicare allows, with deductible and coinsurance inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import ge, gt
from typing import Any

from events.values import CENT, ZERO
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.rules.rulebook import Unknown
from projections.session_rules.findings import Ruleset
from projections.tables.vocabulary import Band

NOT_BOUND = Unknown("the therapy threshold is a rule of Original Medicare, which this payer is not known to be")
_COMPARATORS = {">": gt, ">=": ge}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The amounts of one year, the same for each bucket. `pack` names the version that says so.

    `part_a_places`: places of service that mean a covered Part A stay, in which nothing counts.
    """

    threshold: Decimal
    review: Decimal
    alert: Decimal
    comparator: str
    programs: frozenset[str]
    pack: str = ""
    part_a_places: frozenset[str] = frozenset()

    def exceeds(self, amount: Decimal, limit: Decimal) -> bool:
        return bool(_COMPARATORS.get(self.comparator, gt)(amount, limit))

    def band(self, amount: Decimal) -> Band:
        """`alert` from its amount on; `kx_required` and `review` only above theirs."""
        if self.exceeds(amount, self.review):
            return Band.REVIEW
        if self.exceeds(amount, self.threshold):
            return Band.KX_REQUIRED
        return Band.ALERT if amount >= self.alert else Band.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """How a bucket ran over a session's or claim's lines. Line numbers count from one.

    `after` is a lower bound when some price is unknown (`unpriced`). `unsure`: lines of which it cannot be known
    whether they need KX.
    """

    before: Decimal
    after: Decimal
    running: tuple[Decimal, ...]
    crossing_line: int | None
    needing: tuple[int, ...]
    unpriced: tuple[int, ...]
    unsure: tuple[int, ...] = ()


def read_limits(values: Mapping[str, Any], pack: str = "") -> Limits:
    """A period of the kx pack."""
    threshold = Decimal(values["threshold"])
    return Limits(
        threshold=threshold,
        review=Decimal(values["review"]),
        alert=Decimal(values.get("alert", values["threshold"])),
        comparator=values.get("comparator", ">"),
        programs=frozenset(values.get("programs", (ORIGINAL_MEDICARE,))),
        pack=pack,
        part_a_places=frozenset(values.get("part_a_places", ())),
    )


def limits_on(rules: Ruleset) -> Limits | Unknown:
    """The limits for the date of service. Unknown for a year without a pack, and for payers that are not bound."""
    ruling = rules.pick("kx")
    if isinstance(ruling, Unknown):
        return ruling if rules.program == ORIGINAL_MEDICARE else NOT_BOUND
    limits = read_limits(ruling.values, ruling.name)
    return limits if rules.program in limits.programs else NOT_BOUND


def run(
    before: Decimal, prices: Sequence[Decimal | None], limits: Limits, most: Sequence[Decimal | None] = ()
) -> Crossing:
    """Add lines one by one in their order; a line needs KX when the amount used with it exceeds the threshold.

    `most`: what a line can bring at the utmost, its charge. Where a price is not known the amount used lies between
    two sums: a line needs KX if the lower one exceeds (any price is above nothing), and it is `unsure` if only the
    upper one does, or nothing bounds it.
    """
    running, needing, unsure, unpriced = [], [], [], []
    used, upper = before, before
    bounded, crossing = True, None
    for number, price in enumerate(prices, start=1):
        over_before = limits.exceeds(used, limits.threshold)
        limit = most[number - 1] if number <= len(most) else None
        if price is None:
            unpriced.append(number)
            bounded = bounded and limit is not None
        used, upper = used + (price or ZERO), upper + (price if price is not None else limit or ZERO)
        running.append(used)
        if limits.exceeds(used + (CENT if price is None else ZERO), limits.threshold):
            needing.append(number)
            crossing = crossing if over_before or crossing else number
        elif number >= min(unpriced, default=number + 1) and (not bounded or limits.exceeds(upper, limits.threshold)):
            unsure.append(number)
    return Crossing(
        before=before,
        after=used,
        running=tuple(running),
        crossing_line=crossing,
        needing=tuple(needing),
        unpriced=tuple(unpriced),
        unsure=tuple(unsure),
    )
