"""Reads the 999 (005010X231A1) and its forerunner 997: what the receiver's syntax check says of each set sent.

It names a group (AK1) and the sets in it (AK2), never a claim. IK3/IK4 (AK3/AK4) point at faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from events.claim import SYNTAX_ACCEPTED, SYNTAX_REFUSED
from events.submission_key import SubmissionRef, verdict_key
from services.intake.context import Body, Issuer, SetContext, digest
from services.intake.elements import (
    LONGEST_ID,
    Json,
    Segment,
    composite,
    element,
    name_of,
    stamp,
    whole,
)
from services.intake.results import FileNote, FoundEvent, ReadResult

_VERDICTS = SYNTAX_ACCEPTED | SYNTAX_REFUSED
_ACKNOWLEDGED, _REFUSED = "submission.acknowledged.v1", "submission.rejected.v1"
_INSIDE_ANSWER = frozenset({"IK3", "IK4", "IK5", "AK3", "AK4", "AK5", "CTX"})
_CLAIM_GROUP, _CLAIM_SET = "HC", "837"  # AK101 and AK201 of an answer to claims
_LARGEST_COUNT = 10**6
_NOT_OURS = "an acknowledgment of another kind of file, not of claims (AK101 HC, AK201 837); nothing to do"
_NO_TIME = "the time of receipt is unknown: none was given, and the envelope has no date"


@dataclass(slots=True, kw_only=True)
class _Answer:
    """One AK2 loop, or the group as a whole where `control` is empty."""

    control: str
    first: int
    segments: list[Segment] = field(default_factory=list)
    code: str = ""
    codes: list[str] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)


def read_999(context: SetContext, body: Body) -> Iterator[ReadResult]:
    """Everything one set holds, in its order."""
    return _SyntaxCheck(context, body).items()


class _SyntaxCheck:
    """One set while it is being read. A set is small: its answers wait for the verdict on their group (AK9)."""

    def __init__(self, context: SetContext, body: Body) -> None:
        self._context = context
        self._body = body
        self._ak1: Segment = []
        self._answers: list[_Answer] = []
        self._whole = _Answer(control="", first=context.first)
        self._counts: Json = {}
        self._faults: list[str] = []  # what was unreadable but stopped nothing

    def items(self) -> Iterator[ReadResult]:
        for segment in self._body:
            tag = segment[0]
            if tag == "AK1":
                yield from self._end()
                self._ak1, self._whole = segment, _Answer(control="", first=self._body.number, segments=[segment])
            elif tag in ("AK2", "IK2"):  # IK2 is no segment of the guide, but some senders write it
                self._answers.append(_Answer(control=element(segment, 2), first=self._body.number, segments=[segment]))
            elif tag == "AK9":
                self._on_ak9(segment)
            elif self._answers and tag in _INSIDE_ANSWER:
                self._answers[-1].segments.append(segment)
                _read_answer(self._answers[-1], segment, self._context.component)
        yield from self._end()

    def _on_ak9(self, segment: Segment) -> None:
        self._whole.segments.append(segment)
        self._whole.code = element(segment, 1).upper()
        self._whole.codes = [code for at in range(5, 10) if (code := element(segment, at))]
        names = ("sets_included", "sets_received", "sets_accepted")
        stated = {name: element(segment, at) for at, name in enumerate(names, 2)}
        counts = {name: whole(text, _LARGEST_COUNT) for name, text in stated.items()}
        self._counts = {name: count for name, count in counts.items() if count is not None}
        self._faults = [
            f"AK9{at:02d} is not a number of sets"
            for at, name in enumerate(names, 2)
            if stated[name] and counts[name] is None
        ]

    def _end(self) -> Iterator[ReadResult]:
        """Everything known about one group is together: say it."""
        if self._ak1 or self._answers or self._whole.code:
            moment = self._context.received()
            if moment is None:
                yield self._refused(_NO_TIME, self._whole)
            else:
                yield from self._say(Issuer.of(self._context, moment))
        self._ak1, self._answers, self._counts, self._faults = [], [], {}, []

    def _say(self, issuer: Issuer) -> Iterator[ReadResult]:
        whole = self._whole
        group, answered = element(self._ak1, 1).upper(), {element(a.segments[0], 1) for a in self._answers} - {""}
        if (group and group != _CLAIM_GROUP) or (answered and _CLAIM_SET not in answered):
            yield FileNote(_NOT_OURS, whole.first, is_answer=True)
            return
        if not element(self._ak1, 2):
            yield self._refused("AK102 is missing: it does not name the group it answers", whole)
            return
        if self._body.cut:
            yield from self._refuse_broken_end()
        faults = self._bound([self._ak1, *(answer.segments[0] for answer in self._answers)])
        yield from (FileNote(fault, whole.first) for fault in [*faults, *self._faults])
        for answer in self._answers:
            yield from self._on_answer(answer, issuer)
        if self._body.cut:
            yield FileNote("the file ends inside this acknowledgment; sets may be missing", whole.first)
        elif not self._answers and whole.code not in _VERDICTS:
            yield self._refused("AK9 does not accept or reject the group as a whole, and no set (AK2) is named", whole)
        elif self._speaks_for_group():
            yield self._found(whole, whole.code, issuer)

    def _refuse_broken_end(self) -> Iterator[ReadResult]:
        """The last segment has no terminator: what it belongs to may say more, or something else."""
        last = self._answers.pop() if self._answers and not self._whole.code else self._whole
        yield self._refused("the file ends inside this answer; send the whole file", last, cut=True)

    def _speaks_for_group(self) -> bool:
        """Whether the group's verdict says something its sets do not: they are unnamed, or named only in part."""
        unnamed = self._counts.get("sets_included", 0) > len(self._answers)
        all_refused = self._whole.code in SYNTAX_REFUSED and any(a.code not in SYNTAX_REFUSED for a in self._answers)
        return self._whole.code in _VERDICTS and (not self._answers or unnamed or all_refused)

    def _on_answer(self, answer: _Answer, issuer: Issuer) -> Iterator[ReadResult]:
        """A set without its own verdict takes the group's, unless that is mixed."""
        code = answer.code or self._whole.code
        if code not in _VERDICTS:
            yield self._refused("no status (IK5) for this set, or one that is not in the standard", answer)
        elif not answer.control:
            yield self._refused("AK202 is missing: it does not name the set it answers", answer)
        else:
            yield self._found(answer, code, issuer)

    def _found(self, answer: _Answer, code: str, issuer: Issuer) -> FoundEvent:
        submission = self._submission(answer.control)
        data: Json = {"submission": submission, "stage": "syntax", "code": code, "errors": answer.errors}
        if answer.codes:
            data["reasons"] = answer.codes
        if not answer.control:
            data |= self._counts
        if moment := self._context.group.at or self._context.interchange.at:
            data["said_at"] = stamp(moment)
        data["functional_group"] = element(self._ak1, 1)
        kind = _ACKNOWLEDGED if code in SYNTAX_ACCEPTED else _REFUSED
        contenthash = digest(self._context.normalised([self._ak1, *answer.segments]))
        subject = verdict_key(SubmissionRef.model_validate(submission))[:LONGEST_ID]
        span = (answer.first, answer.first + len(answer.segments) - 1)
        return FoundEvent(
            issuer.event(kind, self._event_id(contenthash), subject, data, contenthash=contenthash, span=span)
        )

    def _bound(self, naming: list[Segment]) -> list[str]:
        """Cuts the numbers that the group and its sets are named by (AK102, AK202). Returns what was cut."""
        faults: list[str] = []
        for segment in naming:
            if len(segment) > 2:
                segment[2] = name_of(segment, 2, faults)
        for answer in self._answers:
            answer.control = answer.control[:LONGEST_ID]
        return faults

    def _submission(self, control: str) -> Json:
        """Who sent what was checked is who receives this answer."""
        interchange, group = self._context.interchange, self._context.group
        fields = {
            "sender": interchange.receiver or group.receiver,
            "receiver": interchange.sender or group.sender,
            "group": element(self._ak1, 2),
            "set": control,
        }
        return {name: value for name, value in fields.items() if value}

    def _event_id(self, contenthash: str) -> str:
        """With its own envelope: group and set numbers of submissions come round again after some time."""
        interchange, group = self._context.interchange, self._context.group
        envelope = (interchange.sender, interchange.receiver, interchange.control, group.control, self._context.control)
        when = str(self._context.interchange.at or self._context.group.at or "")
        return f"999-{digest(*envelope, when, contenthash, length=32)}"

    def _refused(self, reason: str, answer: _Answer, *, cut: bool = False) -> ReadResult:
        return self._context.refused(reason, answer.first, answer.segments, cut=cut)


def _read_answer(answer: _Answer, segment: Segment, component: str) -> None:
    match segment[0]:
        case "IK3" | "AK3":
            answer.errors.append(_segment_error(segment))
        case "IK4" | "AK4" if answer.errors:
            answer.errors[-1].setdefault("elements", []).append(_element_error(segment, component))
        case "CTX" if answer.errors:
            name, _, value = element(segment, 1).partition(component)
            if name == "CLM01" and value:
                answer.errors[-1]["claim_id"] = value
        case "IK5" | "AK5":
            answer.code = element(segment, 1).upper()
            answer.codes = [code for at in range(2, 7) if (code := element(segment, at))]


def _segment_error(segment: Segment) -> Json:
    """Which segment of the set is at fault, and how."""
    fields = {
        "segment": element(segment, 1),
        "position": element(segment, 2),
        "loop": element(segment, 3),
        "code": element(segment, 4),
    }
    return {name: value for name, value in fields.items() if value}


def _element_error(segment: Segment, component: str) -> Json:
    """Which element; its bad value (IK404) may be health information and is left in the raw file."""
    place = [*composite(element(segment, 1), component), ""]
    fields = {
        "element": place[0],
        "component": place[1],
        "reference": element(segment, 2),
        "code": element(segment, 3),
    }
    return {name: value for name, value in fields.items() if value}
