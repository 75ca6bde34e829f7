"""How shapes are declared: a name, what it shows, which claims it takes, and the script it gives them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.demo.story import Life, Month, Tell
from services.demo.world import DemoPayer

ANY: tuple[DemoPayer, ...] = ()
FIRST_DAY, LAST_DAY = date(2026, 10, 1), date(2026, 10, 30)
ANSWERED = date(2026, 10, 14)  # what is served by then, every payer has answered by the demo's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which claims a shape may take. Patients with a part of their own (`tag`) are taken only by naming the tag."""

    payers: tuple[DemoPayer, ...] = ANY
    since: date = FIRST_DAY
    until: date = ANSWERED
    codes: tuple[str, ...] = ()
    lines: int = 1
    tag: str = ""
    plan: str = ""

    def admits(self, life: Life) -> bool:
        claim = life.claim
        return (
            (not self.payers or claim.payer in self.payers)
            and self.since <= claim.dos <= self.until
            and set(self.codes) <= set(claim.codes)
            and len(claim.lines) >= self.lines
            and life.tag == self.tag
            and (not self.plan or claim.patient.plan == self.plan)
            and not life.evaluation
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryShape:
    """`count` 0 takes every claim that fits."""

    name: str
    shows: str
    where: Where
    count: int
    tell: Tell


def on(day: date, tag: str = "") -> Where:
    """Claims of one date of service."""
    return Where(since=day, until=day, tag=tag)


def _scattered(life: Life) -> int:
    """A fixed order that does not crowd all shapes into the first days."""
    return zlib.crc32(life.claim.claim_id.encode())


def act_out(month: Month, shapes: Iterable[StoryShape]) -> None:
    """Give each shape its claims, none to two shapes, the hard to please first. LookupError: too few claims."""
    taken: set[str] = set()
    for shape in sorted(shapes, key=lambda shape: sum(shape.where.admits(life) for life in month.lives)):
        found = [life for life in month.lives if life.claim.claim_id not in taken and shape.where.admits(life)]
        if len(found) < max(shape.count, 1):
            raise LookupError(f"{shape.name}: only {len(found)} claims fit, {shape.count} wanted")
        chosen = sorted(found, key=_scattered)[: shape.count or len(found)]
        for index, life in enumerate(chosen):
            life.forget()
            shape.tell(month, life, index)
        ids = [life.claim.claim_id for life in chosen]
        month.shapes[shape.name] = ids
        taken.update(ids)


def sent(life: Life) -> None:
    """Sent the same evening, accepted by both."""
    life.accepted(life.send(life.claim.dos))
