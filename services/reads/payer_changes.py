"""A payer that changes its behavior: what it allows for a code, how often it denies one, how long it takes.

Each report names the day since when, the size, the dollars so far and the claims behind it. The grounds are so firm
that a year without changes gives none: a change has to show in nearly every line since its day, in nearly none before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import comb, sqrt
from statistics import median
from typing import Any

from sqlalchemy import select

from events.values import from_cents
from projections.keys import parse_key
from projections.tables.line_facts import LineFacts
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import PriceVerdict
from services.reads.read_context import ReadContext

PRICE, LINE, PAYER = READ_TABLES["line_price"], READ_TABLES["claim_line"], READ_TABLES["claim_payer"]
WINDOW = 300  # the newest lines of a group that are looked at: a change long past is no news
BEFORE, AFTER = 8, 5  # lines on each side of a change of price
LEAST_CENTS, LEAST_SHARE, PURE = 100, 0.05, 0.9  # size of a change of price, and how many lines have to show it
RATE_BEFORE, RATE_AFTER, RISE, CHANCE = 20, 6, 0.3, 1e-5  # a change of the denial rate, and the odds that it is chance
DAYS_BEFORE, DAYS_AFTER, DAYS, DEVIATIONS = 20, 10, 5, 4.0  # a change of the days to pay
PayerChange = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One decided line or claim: the day of the notice, the figure looked at, and what it is about."""

    on: date
    value: float
    claim_id: str
    cents: int
    units: float = 1


def payer_changes(context: ReadContext) -> list[PayerChange]:
    """[{payer_id, kind (allowed, denials, days), procedure, code, since, before, after, dollars, claims, text}]."""
    with context.rows() as rows:
        priced = rows.execute(_decided(context.practice)).all()
        answers = rows.execute(_answers(context.practice)).all()
        paid = rows.execute(_days(context.practice)).all()
    found = [*_price_changes(priced), *_denial_changes(priced, answers), *_day_changes(paid)]
    return sorted(found, key=lambda change: (change["since"], change["payer_id"], change["text"]), reverse=True)


def _decided(practice: str) -> Any:
    columns = (
        PRICE.c.payer_id,
        PRICE.c.procedure,
        PRICE.c.claim_id,
        PRICE.c.line,
        PRICE.c.units,
        PRICE.c.allowed,
        PRICE.c.expected_allowed,
        PRICE.c.verdict,
        PRICE.c.notice_date,
    )
    return select(*columns).where(
        PRICE.c.practice == practice,
        PRICE.c.sequence == "P",
        PRICE.c.verdict != PriceVerdict.NOT_ANSWERED,
        PRICE.c.notice_date.is_not(None),
    )


def _answers(practice: str) -> Any:
    return select(LINE.c.claim_id, LINE.c.number, LINE.c.facts).where(LINE.c.practice == practice)


def _days(practice: str) -> Any:
    return select(PAYER).where(
        PAYER.c.practice == practice, PAYER.c.sent_on.is_not(None), PAYER.c.notice_on.is_not(None)
    )


def _grouped(
    rows: Iterable[tuple[tuple[str, ...], Observation]],
) -> Iterator[tuple[tuple[str, ...], list[Observation]]]:
    groups: dict[tuple[str, ...], list[Observation]] = {}
    for name, one in rows:
        groups.setdefault(name, []).append(one)
    for name, seen in sorted(groups.items()):
        yield name, sorted(seen, key=lambda o: (o.on, o.claim_id, o.value))[-WINDOW:]


def _splits(seen: Sequence[Observation], before: int, after: int) -> Iterator[int]:
    """Places where a new day begins with enough on both sides."""
    days = (place for place, (one, two) in enumerate(pairwise(seen), start=1) if one.on < two.on)
    return (place for place in days if place >= before and len(seen) - place >= after)


def _price_changes(rows: Sequence[Any]) -> Iterator[PayerChange]:
    """By what a unit was allowed next to what was expected, so that reductions of a day do not look like a change."""
    told = (
        ((row.payer_id, row.procedure), _unit(row))
        for row in rows
        if row.verdict != PriceVerdict.DENIED and row.allowed is not None and float(row.units) > 0
    )
    for (payer_id, procedure), seen in _grouped(told):
        usual = median(o.cents for o in seen)
        least = max(LEAST_CENTS, LEAST_SHARE * usual)
        clear = [(pure, -place) for place in _splits(seen, BEFORE, AFTER) if (pure := _purity(seen, place, least))]
        if clear:
            place = -max(clear)[1]
            since = seen[place:]
            first, then = median(o.value for o in seen[:place]), median(o.value for o in since)
            dollars = round(sum((first - o.value) * o.units for o in since))
            size = f"{_signed(then - first)} a unit of {procedure}"
            yield _change(payer_id, "allowed", since, dollars, procedure=procedure, size=size)


def _unit(row: Any) -> Observation:
    units = float(row.units)
    value = (row.allowed - (row.expected_allowed or 0)) / units
    return Observation(
        on=row.notice_date, value=value, claim_id=row.claim_id, cents=round(row.allowed / units), units=units
    )


def _purity(seen: Sequence[Observation], place: int, least: float) -> float:
    """The share of lines nearer to their own side's figure than to the other's; 0 where the change is not clear."""
    first, then = median(o.value for o in seen[:place]), median(o.value for o in seen[place:])
    shift = abs(then - first)
    near = [abs(o.value - (first if n < place else then)) < shift / 2 for n, o in enumerate(seen)]
    sides = sum(near[:place]) / place, sum(near[place:]) / (len(seen) - place)
    return sum(near) / len(seen) if shift >= least and min(sides) >= PURE else 0.0


def _denial_changes(rows: Sequence[Any], answers: Iterable[Any]) -> Iterator[PayerChange]:
    """By payer, code and adjustment reason; lines that another reason denied count as not denied by this one."""
    refused = {(row.claim_id, row.line) for row in rows if row.verdict == PriceVerdict.DENIED}
    reasons = {
        place: _reasons(LineFacts.from_json(row.facts))
        for row in answers
        if (place := (row.claim_id, row.number)) in refused
    }
    decided: dict[tuple[str, str], list[tuple[Any, frozenset[str]]]] = {}
    for row in rows:
        denied = (
            reasons.get((row.claim_id, row.line), frozenset()) if row.verdict == PriceVerdict.DENIED else frozenset()
        )
        decided.setdefault((row.payer_id, row.procedure), []).append((row, denied))
    for (payer_id, procedure), lines in sorted(decided.items()):
        for code in sorted(set().union(*(denied for _, denied in lines))):
            told = (
                (
                    (payer_id,),
                    Observation(
                        on=row.notice_date,
                        value=float(code in denied),
                        claim_id=row.claim_id,
                        cents=row.expected_allowed or 0,
                    ),
                )
                for row, denied in lines
            )
            for _, seen in _grouped(told):
                yield from _rate_change(payer_id, procedure, code, seen)


def _reasons(facts: LineFacts) -> frozenset[str]:
    newest = next((a for a in reversed(facts.answers) if a.sequence == "P" and not a.undone), None)
    return frozenset(f"{a.group}-{a.reason}" for a in newest.adjustments) if newest else frozenset()


def _rate_change(payer_id: str, procedure: str, code: str, seen: Sequence[Observation]) -> Iterator[PayerChange]:
    best: tuple[float, int] | None = None
    for place in _splits(seen, RATE_BEFORE, RATE_AFTER):
        before, after = sum(o.value for o in seen[:place]), sum(o.value for o in seen[place:])
        rise = after / (len(seen) - place) - before / place
        chance = _chance(int(after), len(seen) - place, int(before + after), len(seen)) if rise >= RISE else 1.0
        if chance < CHANCE and (best is None or chance < best[0]):
            best = (chance, place)
    if best is not None:
        since = [o for o in seen[best[1] :] if o.value]
        first, then = (sum(o.value for o in part) / len(part) for part in (seen[: best[1]], seen[best[1] :]))
        yield _change(
            payer_id,
            "denials",
            since,
            sum(o.cents for o in since),
            procedure=procedure,
            code=code,
            size=f"{code} on {first:.0%} of {procedure} before, {then:.0%} since",
        )


def _chance(after: int, drawn: int, marked: int, whole: int) -> float:
    """The odds of this many or more among those drawn, were nothing changed (hypergeometric)."""
    most = min(drawn, marked)
    ways = sum(comb(marked, n) * comb(whole - marked, drawn - n) for n in range(after, most + 1))
    return ways / comb(whole, drawn)


def _day_changes(rows: Sequence[Any]) -> Iterator[PayerChange]:
    told = (
        (
            (row.payer_id,),
            Observation(
                on=row.notice_on,
                value=float((row.notice_on - row.sent_on).days),
                claim_id=parse_key(row.key).name,
                cents=row.charge,
            ),
        )
        for row in rows
        if row.notice_on >= row.sent_on
    )
    for (payer_id,), seen in _grouped(told):
        ranks = _ranks([o.value for o in seen])
        clear = [
            (deviations, place)
            for place in _splits(seen, DAYS_BEFORE, DAYS_AFTER)
            if (deviations := abs(_deviations(ranks, place))) >= DEVIATIONS
            and abs(median(o.value for o in seen[place:]) - median(o.value for o in seen[:place])) >= DAYS
        ]
        if clear:
            _, place = max(clear)
            since = seen[place:]
            first, then = median(o.value for o in seen[:place]), median(o.value for o in since)
            yield _change(
                payer_id,
                "days",
                since,
                sum(o.cents for o in since),
                size=f"{first:.0f} days to decide before, {then:.0f} since",
            )


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from one, ties averaged."""
    order = sorted(values)
    return [
        bisect_left(order, value) + (bisect_right(order, value) - bisect_left(order, value) + 1) / 2 for value in values
    ]


def _deviations(ranks: Sequence[float], place: int) -> float:
    """How far the ranks of both sides differ, in standard deviations (the test of Mann and Whitney)."""
    one, two = place, len(ranks) - place
    surplus = sum(ranks[:place]) - one * (one + 1) / 2
    return (surplus - one * two / 2) / sqrt(one * two * (len(ranks) + 1) / 12)


def _signed(cents: float) -> str:
    return f"{'-' if cents < 0 else '+'}{from_cents(abs(round(cents))):.2f}"


def _change(
    payer_id: str,
    kind: str,
    since: Sequence[Observation],
    cents: int,
    *,
    size: str,
    procedure: str = "",
    code: str = "",
) -> PayerChange:
    first = min(o.on for o in since)
    return {
        "payer_id": payer_id,
        "kind": kind,
        "procedure": procedure,
        "code": code,
        "since": first.isoformat(),
        "size": size,
        "dollars": f"{from_cents(cents):.2f}",
        "claims": sorted({o.claim_id for o in since}),
        "text": f"Payer {payer_id} since {first:%b} {first.day}, {first.year}: {size}",
    }
