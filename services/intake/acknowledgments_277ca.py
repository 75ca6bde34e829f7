"""Reads the 277CA (005010X214): what a clearinghouse or payer says of each claim, or of a whole submission.

Levels (HL03): 20 who speaks, 21 who submitted, 19 the provider, PT the patient with one or more claims (TRN).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from events.normal_forms import number_form
from events.submission_key import SubmissionRef, verdict_key
from services.intake.claim_status_277 import read_277
from services.intake.context import Body, Issuer, SetContext, digest, refuse_set
from services.intake.elements import (
    LONGEST_ID,
    Json,
    Segment,
    element,
    instant,
    is_blank_id,
    name_of,
    stamp,
    stated_day,
    through,
    undated,
)
from services.intake.guides import Guide, not_read
from services.intake.results import FileNote, FoundEvent, ReadResult
from services.intake.shared_segments import SOCIAL_SECURITY
from services.intake.status_content import status_content
from services.intake.statuses_277 import read_statuses

_SOURCE, _RECEIVER, _PROVIDER = "20", "21", "19"
_PURPOSE_277CA, _STATUS_RESPONSE = "0085", "0010"  # BHT01
_STAGES = {"PR": "payer", "AY": "clearinghouse"}
_CUT = "the file ends inside this loop; send the whole file"
_NAMES_NONE = "names no submission (2200B TRN02)"
_NO_TIME = "the time of receipt is unknown: none was given, and the envelope has no date"


def read_277ca(context: SetContext, body: Body) -> Iterator[ReadResult]:
    """Everything one set holds, in its order."""
    return _Acknowledgment(context, body).items()


class _Acknowledgment:
    """One set while it is being read."""

    def __init__(self, context: SetContext, body: Body) -> None:
        self._context = context
        self._body = body
        moment = context.received()
        self._issuer = Issuer.of(context, moment) if moment else None
        self._bht: Segment = []
        self._stage = "clearinghouse"  # the weaker word until somebody is named: it proves no timely filing
        self._speaker = ""
        self._payer: Json = {}
        self._reference = ""
        self._provider_npi = ""
        self._member = ""

    def items(self) -> Iterator[ReadResult]:
        loop: list[Segment] = []
        first = self._context.first
        for segment in self._body:
            if segment[0] == "BHT":
                self._bht = segment
                yield from (FileNote(fault, self._body.number) for fault in undated(segment, 4))
                if self._context.guide.doubtful and element(segment, 1) != _PURPOSE_277CA:
                    yield from self._other_277(segment)
                    return
            elif segment[0] == "HL":
                yield from self._on_loop(loop, first)
                loop, first = [segment], self._body.number
            elif loop:
                loop.append(segment)
        yield from self._on_loop(loop, first, last=True)

    def _other_277(self, bht: Segment) -> Iterator[ReadResult]:
        """A set that names no guide and is no 277CA: a status response by its BHT01, else refused."""
        context, version = self._context, self._context.guide.version
        if element(bht, 1) == _STATUS_RESPONSE:
            yield from read_277(replace(context, guide=Guide(name="277", version=version)), self._body, bht)
        else:
            yield from refuse_set(context, [bht], self._body, not_read("277 of an unknown guide", version))

    def _on_loop(self, loop: list[Segment], first: int, *, last: bool = False) -> Iterator[ReadResult]:
        if not loop:
            return
        if last and self._body.unfinished:
            yield self._context.refused(_CUT, first, loop, cut=True)
        elif self._issuer is None:
            yield self._context.refused(_NO_TIME, first, loop)
        else:
            yield from self._read_loop(loop, first, self._issuer)

    def _read_loop(self, loop: list[Segment], first: int, issuer: Issuer) -> Iterator[ReadResult]:
        level = element(loop[0], 3)
        if level == _SOURCE:
            yield from self._on_source(loop, first)
        elif level == _RECEIVER:
            faults: list[str] = []
            self._reference, self._provider_npi = _trace(loop, faults), ""
            yield from (FileNote(fault, first) for fault in faults)
            yield from self._verdict(loop, first, issuer)
        elif level == _PROVIDER:
            name = _named(loop)
            self._provider_npi = element(name, 9) if element(name, 8) == "XX" else ""
            yield from self._verdict(loop, first, issuer)
        else:
            yield from self._on_patient(loop, first, issuer)

    def _on_source(self, loop: list[Segment], first: int) -> Iterator[ReadResult]:
        name = _named(loop)
        self._speaker = element(name, 9)
        self._reference = self._provider_npi = ""
        said = {"payer_id": self._speaker, "payer_name": element(name, 3)}
        self._payer = {key: value for key, value in said.items() if value}
        who = element(name, 1)
        self._stage = _STAGES.get(who, "clearinghouse")
        if who not in _STAGES:
            yield FileNote("the information source is neither payer (PR) nor clearinghouse (AY)", first)

    def _verdict(self, loop: list[Segment], first: int, issuer: Issuer) -> Iterator[ReadResult]:
        """A status at the receiver's or provider's level refers to the whole submission, or of that provider's part."""
        statuses = read_statuses(loop, self._context.component)
        yield from (FileNote(fault, first) for fault in statuses.faults)
        if not statuses.claim:
            return
        submission = {"reference": self._reference} if not is_blank_id(self._reference) else {}
        problem = statuses.problem()
        if not problem and not submission and not statuses.rejects():
            yield FileNote(f"an acceptance of a whole submission {_NAMES_NONE}; its claims have their own", first)
            return
        if problem or not submission:
            yield self._context.refused(problem or f"a rejection of a whole submission {_NAMES_NONE}", first, loop)
            return
        data: Json = {"submission": submission, "stage": self._stage, **self._meant(loop), **statuses.verdict_data()}
        data |= self._said()
        kind = "submission.rejected.v1" if statuses.rejects() else "submission.acknowledged.v1"
        subject = verdict_key(SubmissionRef.model_validate(submission))
        yield self._found(kind, subject[:LONGEST_ID], data, segments=loop, first=first, issuer=issuer)

    def _meant(self, loop: list[Segment]) -> Json:
        """Whose claims of the submission a verdict is about: this payer's, this provider's."""
        meant = dict(self._payer) if self._stage == "payer" else {}
        if element(loop[0], 3) == _PROVIDER and self._provider_npi:
            meant["billing_npi"] = self._provider_npi
        return meant

    def _on_patient(self, loop: list[Segment], first: int, issuer: Issuer) -> Iterator[ReadResult]:
        """Each TRN begins a claim of its own; traces side by side share what follows them."""
        claims = _claims(loop)
        if not claims:
            yield self._context.refused("a patient without a claim trace (2200D TRN)", first, loop)
        for claim in claims:
            self._member = _member(loop)
            for at, trace in enumerate(claim.traces):
                yield from self._on_claim(trace, [trace, *claim.rest], first + claim.offset + at, issuer)

    def _on_claim(self, trace: Segment, segments: list[Segment], first: int, issuer: Issuer) -> Iterator[ReadResult]:
        statuses = read_statuses(segments, self._context.component)
        claim_id = trace[2].rstrip(" ") if len(trace) > 2 else ""
        yield from (FileNote(fault, first) for fault in statuses.faults)
        problem = statuses.problem() or ("TRN02 is too long" if len(claim_id) > LONGEST_ID else "")
        if problem:
            yield self._context.refused(problem, first, segments)
            return
        contenthash = status_content(segments, self._context.component)
        data: Json = {"claim_id": claim_id}
        if is_blank_id(claim_id):
            identity = self._event_id(contenthash, "")
            data = {"claim_id": f"unidentified-{digest(identity, length=12)}", "synthetic_id": True}
        data["stage"] = self._stage
        if not is_blank_id(self._reference):
            data["submission"] = {"reference": self._reference}
        data |= statuses.claim_data() | self._said()
        faults: list[str] = []
        if about := self._about(segments, faults):
            data["about"] = about
        yield from (FileNote(fault, first) for fault in faults)
        kind = "claim.rejected.v1" if statuses.rejects() else "claim.acknowledged.v1"
        yield self._found(kind, data["claim_id"], data, segments=segments, first=first, issuer=issuer)

    def _said(self) -> Json:
        """The message's own date and time: BHT04/05, else that of its envelope."""
        context = self._context
        own = instant(element(self._bht, 4), element(self._bht, 5), context.source.zone)
        moment = own or context.group.at or context.interchange.at
        return {"said_at": stamp(moment)} if moment else {}

    def _about(self, segments: list[Segment], faults: list[str]) -> Json:
        """What shows whose claim it is, besides its number."""
        dated = next((s for s in segments if s[0] == "DTP" and element(s, 1) == "472"), ["DTP"])
        on, end = stated_day(dated, 3, faults, " after qualifier 472"), through(element(dated, 3))
        found = {
            "payer_id": self._payer.get("payer_id") if self._stage == "payer" else None,
            "payer_name": self._payer.get("payer_name") if self._stage == "payer" else None,
            "member_id": self._member,
            "service_from": on,
            "service_to": end or on,
        }
        return {name: value for name, value in found.items() if value}

    def _found(
        self, kind: str, subject: str, data: Json, *, segments: list[Segment], first: int, issuer: Issuer
    ) -> FoundEvent:
        contenthash = status_content(segments, self._context.component)
        span = (first, first + len(segments) - 1)
        return FoundEvent(
            issuer.event(kind, self._event_id(contenthash, kind), subject, data, contenthash=contenthash, span=span)
        )

    def _event_id(self, contenthash: str, kind: str) -> str:
        """By the sender's own reference and date of this message: another envelope around it changes nothing."""
        said = tuple(element(self._bht, at) for at in (3, 4, 5))
        if is_blank_id(said[0]):
            envelope = self._context.interchange
            said = (*said, envelope.sender, envelope.control, self._context.group.control, self._context.control)
        forms = [number_form(part) for part in (self._speaker, *said, self._reference)]
        parts = (self._stage, *forms, kind.partition(".")[0], self._provider_npi, contenthash)
        return f"277ca-{digest(*parts, length=32)}"


@dataclass(slots=True)
class _TracedClaim:
    offset: int  # of its first TRN in the loop
    traces: list[Segment]
    rest: list[Segment]


def _claims(loop: list[Segment]) -> list[_TracedClaim]:
    """The claims of a patient's loop. A status before any trace belongs to the first."""
    claims: list[_TracedClaim] = []
    early: list[Segment] = []
    for offset, segment in enumerate(loop):
        if segment[0] == "TRN":
            if claims and not claims[-1].rest:
                claims[-1].traces.append(segment)
            else:
                claims.append(_TracedClaim(offset, [segment], []))
        elif claims:
            claims[-1].rest.append(segment)
        elif segment[0] == "STC":
            early.append(segment)
    if claims:
        claims[0].rest[:0] = early
    return claims


def _member(loop: list[Segment]) -> str:
    """The member id of a patient's loop; a social security number is none and is not carried on."""
    name = _named(loop)
    number = element(name, 9)
    return number if element(name, 8) != SOCIAL_SECURITY else ""


def _named(loop: list[Segment]) -> Segment:
    return next((segment for segment in loop if segment[0] == "NM1"), [])


def _trace(loop: list[Segment], faults: list[str]) -> str:
    """TRN02 of the receiver's level: the BHT03 of the submission that is answered."""
    traces = [segment for segment in loop if segment[0] == "TRN"]
    referring = [segment for segment in traces if element(segment, 1) == "2"] or traces
    return name_of(referring[0], 2, faults) if referring else ""
