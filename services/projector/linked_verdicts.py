"""Acknowledgments of whole files: which claims they are about, and which claims a batch changes by them.

An acknowledgment belongs to the claims of the one submission it is settled on: by what it says itself, or because a
person said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from events.claim import ClaimSubmitted, SubmissionVerdict
from events.followup import EventWithdrawn
from events.review import SubmissionMatched
from events.submission_key import submission_identity, submission_keys, verdict_key
from projections.claims.settlement import Candidate, decisions, settle, states_content
from projections.history import EventId, LoggedEvent, effective_events
from projections.keys import Key, parse_key
from services.projector.folds import FoldContext
from services.store.engine import lock_keys
from services.store.log import Appended, histories, keys_beside
from services.store.submission_contents import with_contents
from services.store.submission_names import candidates

EventList = list[LoggedEvent]
BY_NAME, BY_PERSON = "verdict", "verdict_match"  # keys: what names a submission; what a person said of it


def file_keys(practice: str, data: ClaimSubmitted) -> set[str]:
    """The keys under which acknowledgments of a claim's submission, and what people said of them, are found."""
    if data.submission is None:
        return set()
    named = {str(Key(BY_NAME, practice, name)) for name in submission_keys(data.submission)}
    return named | {str(Key(BY_PERSON, practice, submission_identity(data.submission)))}


def is_about_files(key: str) -> bool:
    return key.startswith((f"{BY_NAME}|", f"{BY_PERSON}|"))


@dataclass
class FileVerdicts:
    """The acknowledgments that could be about some claims, each settled on one submission or on none."""

    names: dict[str, set[str]]  # by claim key: the keys of acknowledgments it could share
    others: Mapping[str, EventList]
    settled: dict[tuple[str, EventId], str | None] = field(default_factory=dict)

    @classmethod
    def load(
        cls, context: FoldContext, beside: Mapping[str, set[str]], others: dict[str, EventList], zone: ZoneInfo
    ) -> FileVerdicts:
        """`others`: histories by key; those that people's decisions point to are added."""
        names = {key: {name for name in each if is_about_files(name)} for key, each in beside.items()}
        pointed = {key: _pointed(parse_key(key).practice, each, others) for key, each in names.items()}
        wanted = {name for each in pointed.values() for name in each}
        others |= histories(context.log, wanted - others.keys(), context.cut)
        found = cls({key: each | pointed[key] for key, each in names.items()}, others)
        found.settle_all(context, zone)
        return found

    def settle_all(self, context: FoldContext, zone: ZoneInfo) -> None:
        by_practice: dict[str, set[str]] = {}
        for key, names in self.names.items():
            told = {name for name in names if any(_is_verdict(event) for event in self.others[name])}
            by_practice.setdefault(parse_key(key).practice, set()).update(told)
        for practice, keys in by_practice.items():
            named = {key: parse_key(key).name for key in sorted(keys)}
            known = candidates(context.log, practice, list(named.values()), context.cut) if named else {}
            answers = [e.data for key in named for e in self.others[key] if _is_verdict(e)]
            known = with_contents(context.log, practice, answers, known, context.cut)
            for key, name in named.items():
                said = decisions(effective_events(self.others[key], zone))
                for event in filter(_is_verdict, self.others[key]):
                    self.settled[practice, event.name] = settle(event, known[name], said).identity

    def of_claim(self, key: str, history: Sequence[LoggedEvent]) -> EventList:
        """The acknowledgments of the claim's submissions; what people said of them; what was taken back of both."""
        practice, mine = parse_key(key).practice, _submissions(history)
        found: dict[EventId, LoggedEvent] = {}
        for name in sorted(self.names[key]):
            for event in self.others[name]:
                if _is_verdict(event):
                    if (identity := self.settled.get((practice, event.name))) in mine:
                        found[event.name] = _answering(event, mine[str(identity)])
                elif not isinstance(event.data, SubmissionMatched) or _is_about(event.data, mine):
                    found[event.name] = event
        return list(found.values())


def _pointed(practice: str, names: Iterable[str], others: Mapping[str, EventList]) -> set[str]:
    """Where the acknowledgments stand that a person matched to these submissions."""
    told = (event.data for name in names for event in others[name] if isinstance(event.data, SubmissionMatched))
    return {str(Key(BY_NAME, practice, verdict_key(data.answered))) for data in told}


def _is_verdict(event: LoggedEvent) -> bool:
    return isinstance(event.data, SubmissionVerdict)


def _is_about(data: SubmissionMatched, mine: Mapping[str, Any]) -> bool:
    return data.submission is not None and submission_identity(data.submission) in mine


def _submissions(history: Iterable[LoggedEvent]) -> dict[str, Any]:
    refs = [e.data.submission for e in history if isinstance(e.data, ClaimSubmitted) and e.data.submission]
    return {submission_identity(ref): ref for ref in refs}


def _answering(event: LoggedEvent, submission: Any) -> LoggedEvent:
    """The verdict, with all that is known of the submission it was settled on."""
    return replace(event, data=event.data.model_copy(update={"submission": submission}))


def touched_by_verdicts(connection: Connection, keys: Iterable[str], appended: Appended) -> set[str]:
    """The claims of each submission that a verdict of this batch answers, or whose verdicts it takes or leaves.

    The names are locked first: a submission that arrives meanwhile sees the verdict, and the other way round.
    """
    told: dict[str, set[str]] = {}
    decided: set[str] = set()  # keys of acknowledgments of which a person says something, or that are corrected
    for _, delivery in [*appended.logged, *appended.duplicates]:
        practice, data = delivery.event.envelope.practice, delivery.event.data
        if isinstance(data, SubmissionVerdict):
            told.setdefault(practice, set()).add(verdict_key(data.submission))
        elif isinstance(data, ClaimSubmitted) and data.submission:
            told.setdefault(practice, set()).update(submission_keys(data.submission))
        elif isinstance(data, SubmissionMatched):
            decided.add(str(Key(BY_NAME, practice, verdict_key(data.answered))))
        if isinstance(data, EventWithdrawn) or delivery.event.envelope.superseded:
            decided |= {key for key in keys if key.startswith(f"{BY_NAME}|")}
    for key in decided:
        told.setdefault(parse_key(key).practice, set()).add(parse_key(key).name)
    lock_keys(connection, [str(Key("submission", practice, name)) for practice in told for name in told[practice]])
    found: set[str] = set()
    for practice, names in told.items():
        found |= _touched_in(connection, practice, names, appended, decided)
    return found


def _touched_in(
    connection: Connection, practice: str, names: set[str], appended: Appended, decided: set[str]
) -> set[str]:
    keys = {str(Key(BY_NAME, practice, name)): name for name in names}
    told = {key: events for key, events in histories(connection, keys).items() if any(map(_is_verdict, events))}
    known = candidates(connection, practice, [keys[key] for key in told]) if told else {}
    fresh = {e.event.envelope.identity[1:] for _, e in [*appended.logged, *appended.duplicates]}
    found: set[str] = set()
    answered: set[str] = set()
    for key, events in told.items():
        newcomers = appended.new_names.get((practice, keys[key]), frozenset())
        counted = any(states_content(event.data) for event in events)
        moved = (practice, keys[key]) in appended.moved_names
        found |= {key} if newcomers or moved or counted or key in decided else set()
        if counted or moved or key in decided:
            answered |= {one.identity for one in known[keys[key]]} | _ever_matched(events)
        else:
            answered |= _changed(events, known[keys[key]], newcomers, fresh)
    submissions = [str(Key("submission", practice, identity)) for identity in answered]
    return found | (keys_beside(connection, submissions, "claim") if submissions else set())


def _changed(
    events: Iterable[LoggedEvent], after: Sequence[Candidate], newcomers: frozenset[str], fresh: set[Any]
) -> set[str]:
    """The submissions whose acknowledgments are new, or are settled otherwise since others came."""
    before = [one for one in after if one.identity not in newcomers]
    answered: set[str] = set()
    for event in filter(_is_verdict, events):
        settled = settle(event, after).identity
        earlier = settle(event, before).identity if newcomers else settled
        if event.name in fresh or settled != earlier:
            answered |= {one for one in (settled, earlier) if one}
    return answered | _ever_matched(events)


def _ever_matched(events: Iterable[LoggedEvent]) -> set[str]:
    """The submissions that people ever named for these acknowledgments."""
    told = (event.data for event in events if isinstance(event.data, SubmissionMatched))
    return {submission_identity(data.submission) for data in told if data.submission}
