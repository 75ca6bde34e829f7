"""Reads the 277 status response (005010X212): what a payer answers when asked where a claim stands.

Levels (HL03): 20 the payer, 21 who asked, 19 the provider, 22 the subscriber, 23 a dependent. The claim is named by
REF*EJ (the patient control number), else by the trace number of the question (TRN02).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from events.normal_forms import number_form
from services.intake.context import Body, Issuer, SetContext, digest
from services.intake.elements import (
    LONGEST_ID,
    Json,
    Segment,
    cents,
    day,
    element,
    instant,
    is_blank_id,
    stamp,
    stated_day,
    through,
    undated,
)
from services.intake.results import FileNote, FoundEvent, ReadResult
from services.intake.shared_segments import SOCIAL_SECURITY
from services.intake.status_content import status_content
from services.intake.statuses_277 import Statuses, read_statuses

_SOURCE, _PATIENTS = "20", ("22", "23", "PT")
_CLAIM_NUMBER = "EJ"
_SERVICE_DATE = "472"
_NO_TIME = "the time of receipt is unknown: none was given, and the envelope has no date"
_CUT = "the file ends inside this loop; send the whole file"
_NO_STATUS = "no status (STC) with a category and a code"
_NO_CLAIM = "names no claim: neither the patient control number (REF*EJ) nor a trace number (TRN02)"


def read_277(context: SetContext, body: Body, bht: Segment | None = None) -> Iterator[ReadResult]:
    """One event for each claim that the set refers to, in its order. `bht`: where that was read already."""
    return _StatusResponse(context, body, bht or []).items()


@dataclass(slots=True)
class _AnsweredClaim:
    """One 2200D or 2200E loop: TRN and what follows it."""

    first: int
    segments: list[Segment]

    def reference(self, qualifier: str) -> str:
        found = (element(s, 2) for s in self.segments if s[0] == "REF" and element(s, 1) == qualifier)
        return next((value for value in found if value), "")

    @property
    def claim_id(self) -> str:
        return self.reference(_CLAIM_NUMBER) or element(self.segments[0], 2)


class _StatusResponse:
    """One set while it is being read."""

    def __init__(self, context: SetContext, body: Body, bht: Segment) -> None:
        self._context = context
        self._body = body
        moment = context.received()
        self._issuer = Issuer.of(context, moment) if moment else None
        self._bht = bht
        self._payer: Json = {}
        self._member = ""

    def items(self) -> Iterator[ReadResult]:
        level, waiting = "", None
        for segment in self._body:
            tag = segment[0]
            if tag in ("HL", "TRN") and waiting is not None:
                yield from self._claim(waiting)
                waiting = None
            if tag == "HL":
                level = element(segment, 3)
            elif tag == "BHT":
                self._bht = segment
                yield from (FileNote(fault, self._body.number) for fault in undated(segment, 4))
            elif tag == "TRN" and level in _PATIENTS:
                waiting = _AnsweredClaim(self._body.number, [segment])
            elif waiting is not None:
                waiting.segments.append(segment)
            else:
                yield from self._above(level, segment)
        if waiting is not None:
            yield from self._claim(waiting, last=True)

    def _above(self, level: str, segment: Segment) -> Iterator[ReadResult]:
        """Who speaks, of whom; and a status of the question as a whole."""
        if segment[0] == "NM1" and level == _SOURCE:
            said = {"payer_id": element(segment, 9), "payer_name": element(segment, 3)}
            self._payer = {name: value for name, value in said.items() if value}
        elif segment[0] == "NM1" and level in _PATIENTS:
            number = element(segment, 9)
            self._member = number if element(segment, 8) != SOCIAL_SECURITY else ""
        elif segment[0] == "STC":
            note = "a status of the whole inquiry, not of a claim: ask again"
            yield FileNote(note, self._body.number, is_answer=True)

    def _claim(self, claim: _AnsweredClaim, *, last: bool = False) -> Iterator[ReadResult]:
        statuses = read_statuses(claim.segments, self._context.component)
        yield from (FileNote(fault, claim.first) for fault in [*statuses.faults, *_unread(claim)])
        if problem := self._problem(claim, statuses, last=last):
            yield self._context.refused(problem, claim.first, claim.segments, cut=problem == _CUT)
        elif self._issuer is not None:
            yield FoundEvent(self._event(claim, statuses, self._issuer))

    def _problem(self, claim: _AnsweredClaim, statuses: Statuses, *, last: bool) -> str:
        if last and self._body.unfinished:
            return _CUT
        if self._issuer is None:
            return _NO_TIME
        if is_blank_id(claim.claim_id):
            return _NO_CLAIM
        if len(claim.claim_id) > LONGEST_ID:
            return "the claim number is too long"
        leading = statuses.leading()
        return "" if leading.get("category") and leading.get("status") else _NO_STATUS

    def _event(self, claim: _AnsweredClaim, statuses: Statuses, issuer: Issuer) -> Json:
        contenthash = status_content(claim.segments, self._context.component)
        said = [number_form(element(self._bht, at)) for at in (3, 4, 5)]
        name = digest(
            number_form(self._payer.get("payer_id")), *said, claim.claim_id, self._member, contenthash, length=32
        )
        data = self._data(claim, statuses)
        data.setdefault("effective_on", issuer.time[:10])
        span = (claim.first, claim.first + len(claim.segments) - 1)
        return issuer.event(
            "claim.status_reported.v1", f"277-{name}", claim.claim_id, data, contenthash=contenthash, span=span
        )

    def _data(self, claim: _AnsweredClaim, statuses: Statuses) -> Json:
        own = instant(element(self._bht, 4), element(self._bht, 5), self._context.source.zone)
        data: Json = {"claim_id": claim.claim_id, **statuses.leading(), **statuses.report_data()}
        found = {
            "said_at": stamp(own) if own else None,
            "effective_on": statuses.day() or day(element(self._bht, 4)),
            "paid": _paid(claim),
            "about": self._about(claim),
        }
        return data | {name: value for name, value in found.items() if value}

    def _about(self, claim: _AnsweredClaim) -> Json:
        """What shows whose claim it is, besides its number."""
        dates = [element(s, 3) for s in claim.segments if s[0] == "DTP" and element(s, 1) == _SERVICE_DATE]
        span = dates[0] if dates else ""
        found = {
            **self._payer,
            "member_id": self._member,
            "service_from": day(span),
            "service_to": through(span) or day(span),
        }
        return {name: value for name, value in found.items() if value}


def _unread(claim: _AnsweredClaim) -> list[str]:
    """What is stated and is no date or amount: it is left out."""
    faults: list[str] = []
    for segment in claim.segments:
        if segment[0] == "DTP" and element(segment, 1) == _SERVICE_DATE:
            stated_day(segment, 3, faults)
        elif segment[0] == "STC" and element(segment, 5) and cents(element(segment, 5)) is None:
            faults.append("STC05 is not an amount in whole cents")
    return faults


def _paid(claim: _AnsweredClaim) -> str | None:
    """STC05: what the payer says it paid, where that is more than nothing."""
    amounts = [amount for s in claim.segments if s[0] == "STC" and (amount := cents(element(s, 5)))]
    return str(amounts[0]) if amounts else None
