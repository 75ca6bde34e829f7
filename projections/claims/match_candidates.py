"""Which claims a response under an unknown number could be about: a score for each, with its reasons in plain words.

Nothing here joins anything. A score orders candidates for a person; it is the sum of the points of its reasons, from 0
to 100, so that anybody can add it up. What both sides do not state gives no points either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from events.claim import ClaimSubmitted
from events.normal_forms import name_form, number_form
from projections.claims.repeated_entries import is_entry
from projections.claims.returned_numbers import RESPONSES, Statement, stated
from projections.history import LoggedEvent
from projections.terms.terms_in_force import Reference

SHOWN_FROM = 30  # points below which a claim is no candidate
LIKELY, STRONG = 55, 80
SHORTEST_PART = 4  # characters of a number that may be the beginning of another
NEARLY = 85  # rapidfuzz's token_sort_ratio, in percent: the same name, misspelled
UNLIKE = 60  # below: another name
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReason:
    """One thing that was compared: as it is on our claim and in the response, what it counts, and why in words."""

    what: str
    ours: str
    theirs: str
    points: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchFacts:
    """What a claim, or the responses under one number, state; `stated` holds the texts, for people."""

    number: str
    statement: Statement
    payer_numbers: frozenset[str]
    names: frozenset[str]
    codes: frozenset[str]
    payers: frozenset[str]  # as terms and claims name them
    answered: bool
    stated: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    def shown(self, name: str) -> str:
        """What is stated under a name, as text; empty where nothing is."""
        return "; ".join(self.stated.get(name, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCandidate:
    """A claim that a response could be about."""

    claim_id: str
    score: int
    reasons: tuple[MatchReason, ...]

    @property
    def strength(self) -> str:
        return "strong" if self.score >= STRONG else "likely" if self.score >= LIKELY else "possible"

    @property
    def differs_in(self) -> tuple[str, ...]:
        """What speaks against it."""
        return tuple(reason.what for reason in self.reasons if reason.points < 0)


def match_facts(number: str, history: Iterable[LoggedEvent], reference: Reference) -> MatchFacts:
    """What the effective events of one number state."""
    events = [event for event in history if isinstance(event.data, (ClaimSubmitted, *RESPONSES))]
    said = _Said()
    for event in events:
        said.add(event.data, reference)
    return MatchFacts(
        number=number,
        statement=stated(events, reference),
        payer_numbers=frozenset(map(number_form, said.payer_numbers)),
        names=frozenset(map(name_form, said.names)),
        codes=frozenset(said.codes),
        payers=frozenset(said.known_payers),
        answered=any(is_entry(event.data) for event in events),
        stated=said.texts(),
    )


@dataclass(kw_only=True)
class _Said:
    payers: dict[str, None] = field(default_factory=dict)
    known_payers: set[str] = field(default_factory=set)
    members: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)
    payer_numbers: dict[str, None] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)
    charges: dict[Decimal, None] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)

    def add(self, data: Any, reference: Reference) -> None:
        for part in (data, data.said("about")):
            payer_id, name = getattr(part, "payer_id", None), getattr(part, "payer_name", None)
            self.payers |= _some(name or payer_id)
            if payer_id or name:
                indicator = getattr(part, "claim_filing_indicator", None)
                self.known_payers.add(reference.payer(payer_id, name, indicator))
            self.members |= _some(getattr(part, "member_id", None) or getattr(part, "patient_id", None))
            self.days |= {day for name in ("service_from", "service_to") if (day := getattr(part, name, None))}
        self.names |= _some(data.said("patient_name"))
        self.payer_numbers |= _some(data.said("payer_claim_number"))
        for name in ("total_charge", "charge", "claim_charge"):
            if (amount := data.said(name)) is not None:
                self.charges[abs(amount)] = None
        for line in (*(data.said("lines") or ()), *(data.said("service_lines") or ())):
            self.days |= {day} if (day := getattr(line, "dos", None)) else set()
            code = getattr(line, "submitted_procedure", None) or line.procedure
            self.codes |= {code} if code else set()

    def texts(self) -> dict[str, tuple[str, ...]]:
        return {
            "payer": tuple(self.payers),
            "member": tuple(self.members),
            "patient": tuple(self.names),
            "payer_number": tuple(self.payer_numbers),
            "dates": tuple(day.isoformat() for day in sorted(self.days)),
            "charge": tuple(f"{amount:.2f}" for amount in self.charges),
            "codes": tuple(sorted(self.codes)),
        }


def _some(text: str | None) -> dict[str, None]:
    return {text: None} if text else {}


Sides = tuple[MatchFacts, MatchFacts]  # response and claim


def candidate(response: MatchFacts, claim: MatchFacts) -> MatchCandidate | None:
    """The claim as a candidate for the response; None where too little speaks for it."""
    reasons = tuple(reason for compare in COMPARED if (reason := compare(response, claim)) is not None)
    score = max(0, min(MOST, sum(reason.points for reason in reasons)))
    if score < SHOWN_FROM:
        return None
    return MatchCandidate(claim_id=claim.number, score=score, reasons=reasons)


def ranked(response: MatchFacts, claims: Iterable[MatchFacts]) -> list[MatchCandidate]:
    """The candidates, the best first; of equal ones the one with the lower number."""
    found = (one for claim in claims if claim.number != response.number and (one := candidate(response, claim)))
    return sorted(found, key=lambda one: (-one.score, one.claim_id))


def _number(response: MatchFacts, claim: MatchFacts) -> MatchReason:
    points, words = _number_points(response.number, claim.number)
    return MatchReason(what="Claim number", ours=claim.number, theirs=response.number, points=points, words=words)


def _number_points(returned: str, claim_id: str) -> tuple[int, str]:
    theirs, ours = number_form(returned), number_form(claim_id)
    if theirs == ours:
        return 30, "the same except for capitalization, punctuation or leading zeros"
    shorter = min(len(theirs), len(ours))
    if shorter >= SHORTEST_PART and theirs.startswith(ours):
        return 25, "the response has something added at the end"
    if shorter >= SHORTEST_PART and ours.startswith(theirs):
        return 25, "the response has only the first part"
    off = Levenshtein.distance(theirs, ours)
    if off <= max(1, len(ours) // 6) and shorter >= SHORTEST_PART:
        return 15, f"nearly the same: {off} {'character differs' if off == 1 else 'characters differ'}"
    return 0, "different numbers"


def _payer_number(response: MatchFacts, claim: MatchFacts) -> MatchReason | None:
    if not response.payer_numbers & claim.payer_numbers:
        return None  # a new answer may bear a new number
    return _reason(
        "Payer's claim number", "payer_number", (response, claim), 35, "the payer gave this claim that number"
    )


def _member(response: MatchFacts, claim: MatchFacts) -> MatchReason | None:
    theirs, ours = response.statement.members, claim.statement.members
    if not theirs or not ours:
        return None
    if theirs & ours:
        points, words = 25, "the same"
    elif min(Levenshtein.distance(a, b) for a in theirs for b in ours) == 1:
        points, words = -10, "one character differs"
    else:
        points, words = -25, "a different member"
    return _reason("Member ID", "member", (response, claim), points, words)


def _name(response: MatchFacts, claim: MatchFacts) -> MatchReason | None:
    if not response.names or not claim.names:
        return None
    likeness = max(fuzz.token_sort_ratio(a, b) for a in response.names for b in claim.names)
    if likeness == 100:
        points, words = 15, "the same name"
    elif likeness >= NEARLY:
        points, words = 10, f"nearly the same name ({likeness:.0f}% alike)"
    elif likeness >= UNLIKE:
        points, words = 0, f"the names are somewhat alike ({likeness:.0f}%)"
    else:
        points, words = -15, "a different name"
    return _reason("Patient", "patient", (response, claim), points, words)


def _days(response: MatchFacts, claim: MatchFacts) -> MatchReason | None:
    theirs, ours = response.statement.days, claim.statement.days
    if not theirs or not ours:
        return None
    if theirs <= ours:
        points, words = 25, "all dates of the response are on the claim"
    elif theirs & ours:
        points, words = 10, "some dates are on the claim, some are not"
    else:
        points, words = -25, "no date in common"
    return _reason("Dates of service", "dates", (response, claim), points, words)


def _charge(response: MatchFacts, claim: MatchFacts) -> MatchReason | None:
    theirs, ours = response.statement.charges, claim.statement.charges
    if not theirs or not ours:
        return None
    same = bool(theirs & ours)
    words = "the same total charge" if same else "a different total charge"
    return _reason("Total charge", "charge", (response, claim), 20 if same else -10, words)


def _payer(response: MatchFacts, claim: MatchFacts) -> MatchReason | None:
    theirs, ours = response.statement, claim.statement
    if not (theirs.payer_ids or theirs.payer_names) or not (ours.payer_ids or ours.payer_names):
        return None
    same = bool(theirs.payer_ids & ours.payer_ids or theirs.payer_names & ours.payer_names)
    words = "a payer of the claim" if same else "not a payer of the claim"
    return _reason("Payer", "payer", (response, claim), 10 if same else -10, words)


def _codes(response: MatchFacts, claim: MatchFacts) -> MatchReason | None:
    if not response.codes or not claim.codes:
        return None
    if response.codes <= claim.codes:
        points, words = 10, "all procedure codes of the response are on the claim"
    elif response.codes & claim.codes:
        points, words = 5, "some procedure codes are on the claim"
    else:
        points, words = -10, "no procedure code in common"
    return _reason("Procedures", "codes", (response, claim), points, words)


def _waiting(response: MatchFacts, claim: MatchFacts) -> MatchReason | None:
    if not response.answered:
        return None  # a claim has several acknowledgments
    return MatchReason(
        what="Response of the payer",
        ours="answered" if claim.answered else "not answered yet",
        theirs="",
        points=-10 if claim.answered else 5,
        words="the claim already has a response" if claim.answered else "the claim is still waiting for a response",
    )


def _reason(what: str, name: str, sides: Sides, points: int, words: str) -> MatchReason:
    response, claim = sides
    return MatchReason(what=what, ours=claim.shown(name), theirs=response.shown(name), points=points, words=words)


Compare = Callable[[MatchFacts, MatchFacts], MatchReason | None]
COMPARED: tuple[Compare, ...] = (
    _number,
    _payer_number,
    _member,
    _name,
    _days,
    _charge,
    _payer,
    _codes,
    _waiting,
)
