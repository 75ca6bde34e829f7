"""Entries of remittances that came more than once: the same through two channels, a second copy, a check issued again.

The same entry (remittance, payer's claim number, status, how many of the same came before) from two sources counts
once; where the two do not say the same, the one that came first counts and the claim is flagged. An answer that is
repeated word for word under another header of the same date is a second copy until a person says otherwise
(`remittance.reviewed.v1`) and counts nothing. Repeated under a later date it counts, and is named as a check issued
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

from events.event_data import MessageData
from events.normal_forms import number_form
from events.remittance import REVERSAL, SEQUENCES, ClaimRejected, RemittanceEntry, RemittanceReviewed, remit_key
from events.values import ZERO
from projections.claims.repeat_facts import Contradicted, RepeatedEntry
from projections.history import EventId, LoggedEvent

Content = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Sifted:
    """A claim's history without what repeats, and what was excluded.

    `waiting`: second copies that a person must judge. `reissued`: answers that count though they came before.
    `contradicted`: two sources say different things of one entry: which, and what differs.
    """

    history: list[LoggedEvent]
    waiting: tuple[RepeatedEntry, ...] = ()
    reissued: tuple[RepeatedEntry, ...] = ()
    contradicted: tuple[Contradicted, ...] = ()
    typed: tuple[LoggedEvent, ...] = ()  # typed from paper, and replaced by their 835

    @property
    def flags(self) -> dict[str, bool]:
        return {
            "second_copy": bool(self.waiting),
            "paid_again": bool(self.reissued),
            "conflict": bool(self.contradicted),
            "test_file": any(is_test_file(event.data) for event in self.history),
        }


@dataclass
class _Aside:
    events: set[EventId] = field(default_factory=set)
    contradicted: list[Contradicted] = field(default_factory=list)


def sift(history: Sequence[LoggedEvent]) -> Sifted:
    """Excludes what repeats. The history is in business order and stays so."""
    entries = [event for event in history if is_entry(event.data)]
    if len(entries) < 2:
        return Sifted(history=list(history))
    aside = _Aside()
    typed = _typed_in_vain(entries)
    aside.events |= {event.name for event in typed}
    for same in _told_twice([event for event in entries if event.name not in aside.events]):
        _keep_one(same, aside)
    entries = [event for event in entries if event.name not in aside.events]
    reviews = _reviews(history)
    waiting, reissued = _copies(entries, reviews, aside)
    return Sifted(
        history=[event for event in history if event.name not in aside.events],
        waiting=tuple(waiting),
        reissued=tuple(reissued),
        contradicted=tuple(aside.contradicted),
        typed=tuple(typed),
    )


def _typed_in_vain(entries: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    """Answers typed from paper whose 835 came: of the same check, date, dates of service, amount.

    Who paid is compared by its place among the payers of the claim: people and payers write a payer's name differently.
    """
    electronic = {_paper_form(event.data) for event in entries if not _is_typed(event.data)}
    return [event for event in entries if _is_typed(event.data) and _paper_form(event.data) in electronic]


def _is_typed(data: Any) -> bool:
    return bool(data.said("entered_by"))


def _paper_form(data: Any) -> Content:
    days = tuple(sorted({line.dos for line in data.lines if line.dos}))
    place = SEQUENCES.get(data.status_code or "", data.payer_sequence or "P")
    return (number_form(data.remit.trace_number), data.remit.payment_date, days, data.paid or ZERO, place)


def is_entry(data: Any) -> bool:
    """Whether it is what a remittance says of one claim."""
    return isinstance(data, RemittanceEntry) or (isinstance(data, ClaimRejected) and data.remit is not None)


def is_test_file(data: Any) -> bool:
    """Whether it came in an interchange that its sender marked as a test (ISA15 T)."""
    return isinstance(data, MessageData) and data.test_file


def counted_once(events: Iterable[LoggedEvent]) -> list[LoggedEvent]:
    """The entries of one remittance, each once no matter who sent it."""
    entries = list(events)
    aside = _Aside()
    by_claim: dict[str, list[LoggedEvent]] = {}
    for event in entries:
        by_claim.setdefault(number_form(event.data.claim_id), []).append(event)
    for mine in by_claim.values():
        for same in _told_twice(mine):
            _keep_one(same, aside)
    return [event for event in entries if event.name not in aside.events]


def _told_twice(entries: Sequence[LoggedEvent]) -> list[list[LoggedEvent]]:
    """Groups of events that are one entry: the n-th of its name from each source."""
    by_name: dict[tuple[str, str, str], dict[tuple[str, bool], list[LoggedEvent]]] = {}
    for event in entries:
        data = event.data
        name = (remit_key(data.remit), number_form(data.payer_claim_number), data.status_code or "")
        by_name.setdefault(name, {}).setdefault((event.source, is_test_file(data)), []).append(event)
    groups: dict[tuple[tuple[str, str, str], int], list[LoggedEvent]] = {}
    for name, sources in by_name.items():
        for events in sources.values():
            for place, same in enumerate(_by_ordinal(events)):
                groups.setdefault((name, place), []).extend(same)
    return [same for same in groups.values() if len(same) > 1]


def _by_ordinal(events: Iterable[LoggedEvent]) -> list[list[LoggedEvent]]:
    """One source's entries of one name in their order; repeated word for word under one ordinal, they are one."""
    found: dict[tuple[int, Content], list[LoggedEvent]] = {}
    for event in sorted(events, key=lambda e: (e.data.ordinal or 0, e.time, e.id)):
        found.setdefault((event.data.ordinal or 0, content_of(event.data)), []).append(event)
    return list(found.values())


def _keep_one(same: Sequence[LoggedEvent], aside: _Aside) -> None:
    kept, *others = sorted(same, key=lambda e: (is_test_file(e.data), e.time, e.source, e.id))
    for other in others:
        aside.events.add(other.name)
        if content_of(other.data) != content_of(kept.data):
            aside.contradicted.append(Contradicted(kept.name, other.name, differences(kept.data, other.data)))


def content_of(data: Any) -> Content:
    """What an entry says, without references and names that channels drop."""
    return (
        data.charge or ZERO,
        data.paid or ZERO,
        data.patient_responsibility or ZERO,
        _adjustments(data),
        tuple(sorted(data.remark_codes)),
        tuple(
            (line.procedure, line.charge, line.paid, line.dos, _adjustments(line), tuple(sorted(line.remark_codes)))
            for line in data.lines
        ),
    )


def _adjustments(part: Any) -> tuple[Any, ...]:
    return tuple(sorted((a.group, number_form(a.reason), a.amount) for a in part.adjustments))


def differences(first: Any, other: Any) -> tuple[str, ...]:
    """What two tellings of one entry differ in, with the amounts."""
    amounts = (("charge", "charge"), ("paid", "paid"), ("patient share", "patient_responsibility"))
    found = [
        f"{label} {getattr(other, name) or ZERO:.2f} instead of {getattr(first, name) or ZERO:.2f}"
        for label, name in amounts
        if (getattr(other, name) or ZERO) != (getattr(first, name) or ZERO)
    ]
    names = ("charge", "paid", "patient share", "adjustments", "remark codes", "lines")
    parts = zip(names[3:], content_of(first)[3:], content_of(other)[3:], strict=True)
    return (*found, *(name for name, mine, theirs in parts if mine != theirs))


def _reviews(history: Iterable[LoggedEvent]) -> dict[frozenset[str], bool]:
    """Pairs of remittances that a person judged: whether they are the same. The latest word counts."""
    found: dict[frozenset[str], bool] = {}
    for event in history:
        if isinstance(data := event.data, RemittanceReviewed):
            other = data.same_as or data.other_than
            if other is not None:
                found[frozenset({remit_key(data.remit), remit_key(other)})] = data.same_as is not None
    return found


def _copies(
    entries: Sequence[LoggedEvent], reviews: Mapping[frozenset[str], bool], aside: _Aside
) -> tuple[list[RepeatedEntry], list[RepeatedEntry]]:
    waiting: list[RepeatedEntry] = []
    reissued: list[RepeatedEntry] = []
    reversals = _reversal_days(entries)
    for same in _word_for_word(entries):
        days = () if _takes_back(same[0].data) else reversals.get(number_form(same[0].data.payer_claim_number), ())
        for first, again in combinations(sorted(same, key=lambda e: (_dated(e), e.time, remit_key(e.data.remit))), 2):
            if any(_dated(first) <= day <= _dated(again) for day in days):
                continue  # paid, taken back and paid again is no copy
            if aside.events & {first.name, again.name}:
                continue
            repeat, judged = _repeat(first, again), reviews.get(frozenset(map(_key, (first, again))))
            if judged or (judged is None and _dated(first) == _dated(again)):
                aside.events.add(again.name)
                if judged is None:
                    waiting.append(repeat)
            elif judged is None:
                reissued.append(repeat)
    return waiting, reissued


def _reversal_days(entries: Iterable[LoggedEvent]) -> dict[str, list[date]]:
    """When each payer's claim number was taken back."""
    found: dict[str, list[date]] = {}
    for event in entries:
        if _takes_back(event.data):
            found.setdefault(number_form(event.data.payer_claim_number), []).append(_dated(event))
    return found


def _takes_back(data: Any) -> bool:
    return data.status_code == REVERSAL or min(data.charge or ZERO, data.paid or ZERO) < ZERO


def _word_for_word(entries: Iterable[LoggedEvent]) -> list[list[LoggedEvent]]:
    """Answers that have one control number and say the same, in different remittances."""
    groups: dict[tuple[str, str, Content], dict[str, LoggedEvent]] = {}
    for event in entries:
        data = event.data
        if data.payer_claim_number and data.status_code != REVERSAL:
            name = (number_form(data.payer_claim_number), data.status_code or "", content_of(data))
            groups.setdefault(name, {}).setdefault(_key(event), event)
    return [list(found.values()) for found in groups.values() if len(found) > 1]


def _key(event: LoggedEvent) -> str:
    return remit_key(event.data.remit)


def _dated(event: LoggedEvent) -> date:
    return event.data.remit.payment_date or event.time.date()


def _repeat(first: LoggedEvent, again: LoggedEvent) -> RepeatedEntry:
    one, other = first.data.remit, again.data.remit
    return RepeatedEntry(
        first=remit_key(one),
        again=remit_key(other),
        first_trace=one.trace_number,
        again_trace=other.trace_number,
        first_date=one.payment_date,
        again_date=other.payment_date,
        paid=again.data.paid or ZERO,
        received_at=again.time,
        event=again.name,
    )
