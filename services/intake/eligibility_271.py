"""Reads the 271 (005010X279A1): what a payer answers about a patient's coverage.

Levels (HL03): 20 the payer, 21 who asked, 22 the subscriber, 23 a dependent. An EB says one thing each: active or not
(1 to 8), copay (B), coinsurance (A), deductible (C), a limit (F), another payer (R). What the answer does not say is
left out, and so is an amount where it states several: in which of them a visit falls is not for a reader to guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from services.intake.claim_parties import PartyName
from services.intake.context import Body, Issuer, SetContext, digest
from services.intake.elements import (
    LONGEST_ID,
    Json,
    Segment,
    cents,
    day,
    element,
    is_blank_id,
    quantity,
    stated_day,
    undated,
    whole,
)
from services.intake.results import FileNote, FoundEvent, ReadResult

_PAYER, _SUBSCRIBER, _DEPENDENT = "20", "22", "23"
_ACTIVE, _INACTIVE = frozenset("12345"), frozenset("678")
_THERAPY = frozenset({"PT", "AD", "AE", "AF"})  # EB03: physical, occupational, physical medicine, speech
_WHOLE_PLAN = "30"
_REMAINING, _VISITS, _OUT_OF_NETWORK, _FAMILY = "29", "VS", "N", "FAM"  # EB06, EB09, EB12, EB02
_SEQUENCES = {"PRP": "P", "SEP": "S", "TTP": "T"}  # NM101 of another payer
_DATES = ("472", "307")  # DTP01: of service, of eligibility
_NO_TIME = "the time of receipt is unknown: none was given, and the envelope has no date"
_MOST_VISITS = 10_000
_MOST_SHARE = 100  # of one; more is no share in any spelling
T = TypeVar("T")


@dataclass(slots=True)
class _Person:
    """A subscriber's or dependent's loop."""

    segments: list[Segment] = field(default_factory=list)
    first: int = 0

    @property
    def answers(self) -> list[Segment]:
        return [segment for segment in self.segments if segment[0] == "EB"]

    def named(self, *codes: str) -> Segment:
        found = (s for s in self.segments if s[0] == "NM1" and element(s, 1) in codes)
        return next(found, [])


def read_271(context: SetContext, body: Body) -> Iterator[ReadResult]:
    """One event for each person the set answers about, in its order."""
    moment = context.received()
    issuer = Issuer.of(context, moment) if moment else None
    payer: Segment = []
    header: Segment = []
    subscriber = _Person()
    for level, person in _loops(context, body):
        if level == "":
            header = next((segment for segment in person.segments if segment[0] == "BHT"), [])
        elif level == _PAYER:
            payer = person.named("PR", "2B", "36", "GP", "P5")
        elif level in (_SUBSCRIBER, _DEPENDENT):
            subscriber = person if level == _SUBSCRIBER else subscriber
            if body.unfinished and body.number < person.first + len(person.segments):
                yield context.refused(
                    "the file ends inside this loop; send the whole file", person.first, person.segments, cut=True
                )
            elif issuer is None:
                yield context.refused(_NO_TIME, person.first, person.segments)
            else:
                yield from _Answer(
                    context=context, issuer=issuer, header=header, payer=payer, subscriber=subscriber, person=person
                ).items()


def _loops(context: SetContext, body: Body) -> Iterator[tuple[str, _Person]]:
    """The loops by HL03; what stands before the first has none."""
    level, person = "", _Person(first=context.first)
    for segment in body:
        if segment[0] == "HL":
            yield level, person
            level, person = element(segment, 3), _Person(first=body.number)
        person.segments.append(segment)
    yield level, person


@dataclass(slots=True, kw_only=True)
class _Answer:
    """What is said of one person."""

    context: SetContext
    issuer: Issuer
    header: Segment
    payer: Segment
    subscriber: _Person
    person: _Person

    def items(self) -> Iterator[ReadResult]:
        segments, first = self.person.segments, self.person.first
        if not self.person.answers and not any(s[0] == "AAA" for s in segments):
            return  # a subscriber who only leads to a dependent
        if problem := self._problem():
            yield self.context.refused(problem, first, segments)
            return
        data = self._data()
        contenthash = digest(self.context.normalised([self.payer, *self.subscriber.segments, *segments]))
        said = tuple(element(self.header, at) for at in (3, 4, 5))
        event_id = f"271-{digest(data['payer_id'], *said, contenthash, length=32)}"
        span = (first, first + len(segments) - 1)
        yield from (FileNote(fault, first) for fault in self._faults())
        event = self.issuer.event(
            "eligibility.checked.v1", event_id, data["patient_id"], data, contenthash=contenthash, span=span
        )
        yield FoundEvent(event)

    def _faults(self) -> list[str]:
        """What was unreadable but stopped nothing."""
        faults = undated(self.header, 4) if self.header else []
        for segment in self.person.segments:
            if segment[0] == "DMG":
                stated_day(segment, 2, faults)
            elif segment[0] == "DTP" and element(segment, 1) in _DATES:
                stated_day(segment, 3, faults, f" after qualifier {segment[1]}")
            elif segment[0] == "EB":
                readers = {"A": (8, _percent), "B": (7, _amount), "C": (7, _amount), "F": (10, _visits)}
                at, value = readers.get(element(segment, 1), (0, _amount))
                is_other = value is _visits and element(segment, 9) != _VISITS  # a limit of another kind is not read
                if at and element(segment, at) and not is_other and value(segment) is None:
                    faults.append(f"EB{at:02d} is not a number")
        return faults

    def _problem(self) -> str:
        if not self._payer_id():
            return "the payer has neither an id nor a name (2100A NM1)"
        if not self._patient_id():
            return "the patient has neither a member id nor a name (NM1)"
        if self._on() is None:
            return "no day that the answer is about (DTP 472 or 307, BHT04)"
        if self._is_active() is None:
            refused = any(s[0] == "AAA" for s in self.person.segments)
            return "the payer could not answer (AAA)" if refused else "says neither active nor inactive (EB01 1 to 8)"
        return ""

    def _data(self) -> Json:
        data: Json = {
            "patient_id": self._patient_id(),
            "payer_id": self._payer_id(),
            "on": self._on(),
            "active": self._is_active(),
        }
        optional = {
            "payer_name": element(self.payer, 3),
            "plan": self._plan(),
            "member_id": self._member(),
            "copay": _text(self._only("B", _amount)),
            "coinsurance": _text(self._only("A", _percent)),
            "deductible_left": _text(self._only("C", _amount, remaining=True)),
            "visits_left": self._only("F", _visits, remaining=True),
            "other_payers": self._others(),
        }
        return data | {name: value for name, value in optional.items() if value not in (None, "", [])}

    def _payer_id(self) -> str:
        return element(self.payer, 9) or element(self.payer, 3)

    def _member(self) -> str:
        member = element(self.subscriber.named("IL"), 9)
        return member if len(member) <= LONGEST_ID else ""

    def _patient_id(self) -> str:
        """As an 837P makes it: the member id, for a dependent with a hash of name and birth date."""
        member = self._member()
        named = self.person.named("IL", "03")
        name = PartyName(tuple(element(named, at) for at in (3, 4, 5)))
        name.birth_date = next((element(s, 2) for s in self.person.segments if s[0] == "DMG"), "")
        if is_blank_id(member):
            return f"unidentified-{name.mark}" if any(name.name) else ""
        return member if element(named, 1) == "IL" else f"{member}-{name.mark}"

    def _on(self) -> str | None:
        """The day of service asked about, else the day of the answer."""
        for kind in _DATES:
            for segment in self.person.segments:
                stated = element(segment, 3)
                if segment[0] == "DTP" and element(segment, 1) == kind and "-" not in stated and day(stated):
                    return day(stated)
        return day(element(self.header, 4))

    def _is_active(self) -> bool | None:
        """What is said of therapy decides, else of the whole plan, else of anything."""
        said = [eb for eb in self.person.answers if element(eb, 1) in _ACTIVE | _INACTIVE]
        for chosen in (_about(said, _THERAPY, self.context), _about(said, {_WHOLE_PLAN}, self.context), said):
            if chosen:
                return any(element(eb, 1) in _ACTIVE for eb in chosen)
        return None

    def _plan(self) -> str:
        return next((element(eb, 5) for eb in self.person.answers if element(eb, 1) in _ACTIVE and element(eb, 5)), "")

    def _only(self, kind: str, value: Callable[[Segment], T | None], *, remaining: bool = False) -> T | None:
        """The one value stated, in network, of therapy before the whole plan; None where there are several, or none."""
        said = [
            eb
            for eb in self.person.answers
            if element(eb, 1) == kind
            and element(eb, 12) != _OUT_OF_NETWORK
            and element(eb, 2) != _FAMILY
            and (not remaining or element(eb, 6) == _REMAINING)
            and value(eb) is not None
        ]
        for chosen in (_about(said, _THERAPY, self.context), _about(said, {_WHOLE_PLAN}, self.context)):
            values = {value(eb) for eb in chosen}
            if values:
                return values.pop() if len(values) == 1 else None
        return None

    def _others(self) -> list[Json]:
        """The payers named after an EB of kind R."""
        found: list[Json] = []
        other = False
        for segment in self.person.segments:
            if segment[0] == "EB":
                other = element(segment, 1) == "R"
            elif segment[0] == "NM1" and other and (name := element(segment, 9) or element(segment, 3)):
                stated = {
                    "payer_id": name,
                    "name": element(segment, 3),
                    "sequence": _SEQUENCES.get(element(segment, 1)),
                }
                found.append({key: value for key, value in stated.items() if value})
        return found


def _about(answers: Iterable[Segment], services: Iterable[str], context: SetContext) -> list[Segment]:
    """The answers that name one of the service types; one that names none is about the whole plan."""
    wanted = set(services)
    return [eb for eb in answers if wanted & set((element(eb, 3) or _WHOLE_PLAN).split(context.repetition or "^"))]


def _amount(segment: Segment) -> Decimal | None:
    return cents(element(segment, 7))


def _percent(segment: Segment) -> Decimal | None:
    share = quantity(element(segment, 8))
    return None if share is None or abs(share) > _MOST_SHARE else (share * 100).normalize()


def _visits(segment: Segment) -> int | None:
    return whole(element(segment, 10), _MOST_VISITS) if element(segment, 9) == _VISITS else None


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
