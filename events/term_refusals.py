"""What is not understood in a policy that is to be published: each place with a pointer and what to write instead.

Only publishing refuses. A policy that was logged before is read all the same, and the term in question gives no date.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from events.term_words import Anchor, Counts, Roll, TermUnit, Whichever, known_words, read_word
from events.terms import AppealLimit, PolicyPublished, TermLimit
from events.values import Fact

LONGEST = 36_500  # a hundred years of days: a longer window is a slip of the pen
PRIVATE = "x_"  # fields that begin with it are the publisher's own: kept and never judged
DOS, NOTICE = "dos", "notice"  # `effective_by`
_WORDS = {
    "anchor": Anchor,
    "unit": TermUnit,
    "counts": Counts,
    "roll": Roll,
    "weekend_roll": Roll,
    "whichever": Whichever,
}


class Misunderstood(NamedTuple):
    pointer: str
    message: str


class UnknownTermError(ValueError):
    """A term that nothing here understands; `faults` points at each."""

    def __init__(self, faults: list[Misunderstood]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.message}" for fault in faults))
        self.faults = faults


def refuse_unknown_terms(policy: PolicyPublished) -> None:
    """Raises UnknownTermError where any part of the policy would be guessed at or left out."""
    if faults := list(misunderstood(policy)):
        raise UnknownTermError(faults)


def misunderstood(policy: PolicyPublished) -> Iterator[Misunderstood]:
    """Every place of the policy that is not understood."""
    yield from _unknown_fields(policy, "")
    for name, value in policy:
        if isinstance(value, TermLimit):
            yield from _limit(value, f"/{name}")
        elif isinstance(value, Fact):
            yield from _unknown_fields(value, f"/{name}")
    for place, allowed in enumerate(policy.visit_limits):
        yield from _unknown_fields(allowed, f"/visit_limits/{place}")
    for place, limit in enumerate(policy.appeals):
        yield from _limit(limit, f"/appeals/{place}")
    yield from _levels(policy)
    if policy.effective_by not in (None, DOS, NOTICE):
        yield Misunderstood("/effective_by", f"is not understood; use {DOS} or {NOTICE}")
    if policy.effective_from and policy.effective_to and policy.effective_to <= policy.effective_from:
        yield Misunderstood("/effective_to", "is not later than effective_from")


def refuse_unknown_fields(fact: Fact) -> None:
    """Raises UnknownTermError where a contract, however deep, says what nothing here understands."""
    if faults := list(_unknown_within(fact, "")):
        raise UnknownTermError(faults)


def _unknown_within(value: Any, where: str) -> Iterator[Misunderstood]:
    if isinstance(value, Fact):
        yield from _unknown_fields(value, where)
        for name, field in type(value).model_fields.items():
            yield from _unknown_within(getattr(value, name), f"{where}/{field.alias or name}")
    elif isinstance(value, tuple):
        for place, part in enumerate(value):
            yield from _unknown_within(part, f"{where}/{place}")


def unknown_fields(fact: Fact) -> list[str]:
    """The names of its fields that nothing here understands."""
    return sorted(name for name in fact.model_extra or () if not name.startswith(PRIVATE))


def _unknown_fields(fact: Fact, where: str) -> Iterator[Misunderstood]:
    known = ", ".join(sorted(field.alias or name for name, field in type(fact).model_fields.items()))
    for name in unknown_fields(fact):
        pointer = f"{where}/{name.replace('~', '~0').replace('/', '~1')}"  # RFC 6901
        yield Misunderstood(pointer, f"is not a known term; known are {known}; begin it with x_ to keep it")


def _limit(limit: TermLimit, where: str) -> Iterator[Misunderstood]:
    yield from _unknown_fields(limit, where)
    for name, kind in _WORDS.items():
        spelled: Any = getattr(limit, name)
        if spelled and read_word(kind, spelled) is None:
            yield Misunderstood(f"{where}/{name}", f"is not understood; use one of {known_words(kind)}")
    if not 0 <= limit.length <= LONGEST:
        yield Misunderstood(f"{where}/length", f"is from 1 to {LONGEST}; 0 says that the payer grants none")
    if bool(limit.others) != bool(limit.whichever):
        yield Misunderstood(f"{where}/whichever", "goes together with `or`: write earlier or later")
    for place, other in enumerate(limit.others):
        yield from _limit(other, f"{where}/or/{place}" if len(limit.others) > 1 else f"{where}/or")


def _levels(policy: PolicyPublished) -> Iterator[Misunderstood]:
    """Levels are distinguished: each has one window."""
    seen: set[int] = set()
    for place, limit in enumerate(policy.appeals):
        for level in levels_of(limit, place):
            if level in seen or level < 1:
                yield Misunderstood(f"/appeals/{place}/level", f"level {level} stands twice, or is no level")
            seen.add(level)


def levels_of(limit: AppealLimit, place: int) -> tuple[int, ...]:
    """The levels a window is for; without any named, the one of its place in the list (from 0)."""
    return limit.levels or (limit.level or place + 1,)
