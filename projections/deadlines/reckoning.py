"""Where a window ends, with every step of the sum in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from events.term_words import Anchor, Counts, Whichever
from projections.calendar import add_days
from projections.deadlines.anchors import AnchorDay
from projections.deadlines.base import say_day
from projections.history import EventId
from projections.rules.policies import Missing, NotGranted, Term, Terms
from projections.rules.windows import Window

DayOf = Callable[[Anchor], AnchorDay]
_RECEIPTS = (Anchor.RECEIPT, Anchor.NOTICE_RECEIPT)


class Reckoning(NamedTuple):
    """Where a window ends: the date, who says so, and each step with its figures.

    `latest` is the last legal day where `due` is a cautious one. `started_on` and `started_by`: the day that decided
    and the event that brought it.
    """

    due: date | None
    rule: str
    counts: Counts
    steps: tuple[str, ...]
    latest: date | None = None
    started_on: date | None = None
    started_by: EventId | None = None
    hidden: bool = False  # not known, and may be over


def reckon(term: Term, day_of: DayOf, terms: Terms | None = None) -> Reckoning:
    """The end of a window, moved where it rolls. `terms` remember sums that many claims share."""
    return _reckon(term, day_of, terms, cautious=False)


def reckon_cautious(term: Term, day_of: DayOf, terms: Terms | None = None) -> Reckoning:
    """As `reckon`; `due` then counts from the notice itself and never moves, `latest` from its receipt and moves."""
    return _reckon(term, day_of, terms, cautious=True)


def _reckon(term: Term, day_of: DayOf, terms: Terms | None, *, cautious: bool) -> Reckoning:
    if isinstance(term, Missing | NotGranted):
        return Reckoning(due=None, rule=term.rule, counts=Counts.RECEIPT, steps=(f"No date: {term.reason}",))
    limbs = [_limb(term, day_of(term.anchor), terms, cautious=cautious)]
    limbs += [_reckon(other, day_of, terms, cautious=cautious) for other in term.others]
    return limbs[0] if len(limbs) == 1 else _chosen(term, limbs)


def _chosen(term: Window, limbs: Sequence[Reckoning]) -> Reckoning:
    """The limb that counts.

    One whose day has not come ends nothing yet; one that may be over without our knowing leaves no date where the
    earlier counts.
    """
    known = [limb for limb in limbs if limb.due is not None]
    steps = tuple(step for limb in limbs for step in limb.steps)
    earlier = term.whichever == Whichever.EARLIER
    if not known or (earlier and any(limb.hidden for limb in limbs)):
        unsure = ("The earlier date applies, and one of them is not known: no date",) if known else ()
        return limbs[0]._replace(due=None, latest=None, started_on=None, started_by=None, steps=(*steps, *unsure))
    pick = min if earlier else max
    counting = pick(known, key=_last_day)
    told = f"The {term.whichever} of them applies: {say_day(_last_day(counting))}"
    open_still = ("; the others have not started",) if len(known) < len(limbs) else ()
    return counting._replace(steps=(*steps, told + "".join(open_still)))


def _last_day(limb: Reckoning) -> date:
    return limb.due or date.max


def _limb(term: Window, day: AnchorDay, terms: Terms | None, *, cautious: bool) -> Reckoning:
    key = ("window end", term, day.on, day.words, day.received if term.anchor in _RECEIPTS else None, cautious)
    found = terms.remember(key, lambda: _sum(term, day, cautious=cautious)) if terms else None
    found = found or _sum(term, day, cautious=cautious)
    return found._replace(started_on=day.on, started_by=day.event, hidden=day.on is None and day.hidden)


def _sum(term: Window, day: AnchorDay, *, cautious: bool) -> Reckoning:
    if day.on is None:
        return Reckoning(
            due=None,
            rule=term.rule,
            counts=term.counts,
            steps=(f"{term.rule}: {term.span} from {day.words}, which is not known",),
        )
    return _cautious_sum(term, day, day.on) if cautious else _plain_sum(term, day, day.on)


def _plain_sum(term: Window, day: AnchorDay, on: date) -> Reckoning:
    last = term.end(on)
    due = term.rolled(last)
    steps = [f"{term.rule}: {term.span} from {day.words}", f"{say_day(on)} + {term.span} = {say_day(last)}"]
    if due != last:
        steps.append(f"{say_day(last)} is not a business day; moved to {say_day(due)}")
    steps.append("Measured by the payer's receipt" if term.counts == Counts.RECEIPT else "Measured by the date sent")
    return Reckoning(due=due, rule=term.rule, counts=term.counts, steps=(*steps, *_provenance(term)))


def _provenance(term: Window) -> tuple[str, ...]:
    return (term.provenance,) if term.provenance else ()


def _cautious_sum(term: Window, day: AnchorDay, on: date) -> Reckoning:
    due = term.end(on)
    title = f"{term.name} ({term.citation})" if term.name and term.citation else f"level {term.level} appeal"
    steps = [
        f"{term.rule}: {title}, {term.span} from {day.words}",
        f"Cautious: {say_day(on)} + {term.span} = {say_day(due)}",
    ]
    start = on
    if term.presumed_receipt_days:
        start = add_days(on, term.presumed_receipt_days)
        steps.append(f"Receipt presumed {term.presumed_receipt_days} days later: {say_day(start)}")
    elif term.anchor in _RECEIPTS and day.received and day.received > on:
        start = day.received
        steps.append(f"Received {say_day(start)}")
    last = term.end(start)
    latest = term.rolled(last)
    moved = f", not a business day: moved to {say_day(latest)}" if latest != last else ""
    steps.append(f"Latest: {say_day(start)} + {term.span} = {say_day(last)}{moved}")
    steps += _provenance(term)
    return Reckoning(due=min(due, latest), latest=latest, rule=term.rule, counts=term.counts, steps=tuple(steps))
