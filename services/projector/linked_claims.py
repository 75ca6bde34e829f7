"""What a claim's fold needs besides its own events, and what else a batch touches: matches, replacements, verdicts.

A response under a changed number belongs to another claim's fold; a replacement under a new number decides what is
left of the claim it replaces; an acknowledgment of a whole file belongs to the claims of one submission.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from events.claim import ClaimSubmitted, SubmissionVerdict
from events.remittance import remit_key
from events.submission_key import submission_identity, submission_keys, verdict_key
from projections.claims.repeated_entries import is_entry
from projections.claims.returned_numbers import (
    DERIVED,
    PERSON,
    RESPONSES,
    Match,
    joins,
    matches,
    moved,
)
from projections.claims.settlement import settle
from projections.history import LoggedEvent, effective_events
from projections.keys import Key, parse_key
from projections.terms.terms_in_force import Reference
from services.projector.folds import FoldContext
from services.projector.provider_references import with_recoupments
from services.store.claim_numbers import related, replacements
from services.store.engine import lock_keys
from services.store.log import Appended, histories, keys_beside
from services.store.submission_names import candidates

History = list[LoggedEvent]


def load_claims(context: FoldContext, keys: Sequence[str], reference: Reference) -> Mapping[str, History]:
    """Each claim's events, those that came under other numbers, verdicts on its submissions, the visits it bills.

    Empty for a number under which responses to another claim came back: that claim has them.
    """
    found = histories(context.log, keys, context.cut)
    near = _Near.load(context, found, reference)
    claims = {key: near.events_of(key) for key in keys}
    _add_others(context, claims)
    with_recoupments(context.log, claims, context.cut)
    return claims


@dataclass
class _Near:
    """The claims asked for and all that responses could move between."""

    own: Mapping[str, History]
    known: dict[str, History]
    reference: Reference
    replaced: Mapping[str, set[str]]
    said: list[Match] = field(default_factory=list)
    joined: dict[str, str] = field(default_factory=dict)  # key of the returned number -> key of the claim

    @classmethod
    def load(cls, context: FoldContext, own: Mapping[str, History], reference: Reference) -> _Near:
        links, replaced = related(context.log, own), replacements(context.log, own)
        matched = {
            str(Key("claim", parse_key(key).practice, claim_id))
            for key, history in own.items()
            for claim_id in _matched(history)
        }
        wanted = {other for others in (*links.values(), *replaced.values()) for other in others} | matched
        known = dict(own) | histories(context.log, wanted - own.keys(), context.cut)
        near = cls(own, known, reference, replaced)
        if len(known) > len(own) or links or matched:
            near.settle(links)
        return near

    def settle(self, links: Mapping[str, set[str]]) -> None:
        """Decides who has which responses: people first, then what the evidence leaves no doubt about."""
        standing = {key: effective_events(history, self.reference.zone) for key, history in self.known.items()}
        told = {event.name: event for events in standing.values() for event in events}
        self.said = matches(sorted(told.values(), key=lambda e: (e.time, e.source, e.id)))
        spoken_for = {match.returned for match in self.said}
        groups: dict[str, dict[str, History]] = {}
        for key in {*links, *(other for others in links.values() for other in others)}:
            _, practice, claim_id = parse_key(key)
            groups.setdefault(practice, {})[claim_id] = standing.get(key, [])
        for practice, by_number in groups.items():
            for returned, claim_id in joins(by_number, self.reference).items():
                if returned not in spoken_for:
                    source, target = (str(Key("claim", practice, name)) for name in (returned, claim_id))
                    self.joined[source] = target

    def events_of(self, key: str) -> History:
        _, practice, claim_id = parse_key(key)
        if key in self.joined:
            return []
        mine = [event for event in self.own[key] if not any(match.holds(event) for match in self._away(claim_id))]
        for returned, target in self.joined.items():
            if target == key:
                mine += [moved(e, claim_id, DERIVED) for e in self.known.get(returned, ()) if _is_response(e)]
        for match in self.said:
            if match.claim_id == claim_id:
                theirs = self.known.get(str(Key("claim", practice, match.returned)), ())
                mine += [moved(event, claim_id, PERSON) for event in theirs if match.holds(event)]
        for other in sorted(self.replaced.get(key, ())):
            mine += [event for event in self.known.get(other, ()) if _decides(event)]
        return mine

    def _away(self, claim_id: str) -> list[Match]:
        return [match for match in self.said if match.returned == claim_id and match.claim_id != claim_id]


def _matched(history: Iterable[LoggedEvent]) -> set[str]:
    """The other numbers that people's matches name."""
    return {number for match in matches(history) for number in (match.returned, match.claim_id)}


def _is_response(event: LoggedEvent) -> bool:
    return isinstance(event.data, RESPONSES)


def _decides(event: LoggedEvent) -> bool:
    """What of a claim decides about one that it replaces: that it was sent, and what was answered."""
    return isinstance(event.data, ClaimSubmitted) or is_entry(event.data)


def _add_others(context: FoldContext, claims: Mapping[str, History]) -> None:
    """Adds what does not name the claim but is about it."""
    beside = {key: _named_elsewhere(parse_key(key), history) for key, history in claims.items()}
    others = histories(context.log, {name for names in beside.values() for name in names}, context.cut)
    verdicts = {
        key: [e for name in names for e in others[name] if isinstance(e.data, SubmissionVerdict)]
        for key, names in beside.items()
    }
    settled = _settled(context, {key: events for key, events in verdicts.items() if events})
    for key, names in beside.items():
        mine = _submissions(claims[key])
        for name in sorted(names):
            for event in others[name]:
                if not isinstance(event.data, SubmissionVerdict):
                    claims[key].append(event)
                elif (identity := settled.get((parse_key(key).practice, event.name))) in mine:
                    claims[key].append(_answering(event, mine[str(identity)]))


def _settled(context: FoldContext, verdicts: Mapping[str, History]) -> dict[tuple[str, Any], str | None]:
    """The submission that each verdict answers."""
    found: dict[tuple[str, Any], str | None] = {}
    by_practice: dict[str, History] = {}
    for key, events in verdicts.items():
        by_practice.setdefault(parse_key(key).practice, []).extend(events)
    for practice, events in by_practice.items():
        names = sorted({verdict_key(event.data.submission) for event in events})
        known = candidates(context.log, practice, names, context.cut)
        for event in events:
            settled = settle(event, known[verdict_key(event.data.submission)])
            found[practice, event.name] = settled.identity
    return found


def _submissions(history: Iterable[LoggedEvent]) -> dict[str, Any]:
    refs = [e.data.submission for e in history if isinstance(e.data, ClaimSubmitted) and e.data.submission]
    return {submission_identity(ref): ref for ref in refs}


def _answering(event: LoggedEvent, submission: Any) -> LoggedEvent:
    """The verdict, with all that is known of the submission it was settled on."""
    return replace(event, data=event.data.model_copy(update={"submission": submission}))


def _named_elsewhere(key: Key, history: Sequence[LoggedEvent]) -> set[str]:
    """The keys of events that do not name the claim but are about it."""
    names: set[str] = set()
    for event in history:
        if isinstance(event.data, ClaimSubmitted) and event.data.claim_id == key.name:
            submission = event.data.submission
            names |= {
                str(Key("verdict", key.practice, name)) for name in (submission_keys(submission) if submission else ())
            }
            names |= {str(Key("visit", key.practice, visit_id)) for visit_id in event.data.visit_ids}
    remits = {remit_key(event.data.remit) for event in history if is_entry(event.data)}
    if len(remits) > 1:  # only then can one be a copy of another, of which a person may have said something
        names |= {str(Key("remittance_review", key.practice, remit)) for remit in remits}
    return names


def touched_beside(connection: Connection, keys: Iterable[str], appended: Appended) -> set[str]:
    """What else a batch touches: claims that share responses with those it names, and those of a whole submission."""
    claims = {key for key in keys if key.startswith("claim|")}
    matched = [str(Key("claim_match", parse_key(key).practice, parse_key(key).name)) for key in claims]
    found = keys_beside(connection, matched, "claim") if matched else set()
    links = [related(connection, claims), replacements(connection, claims)]
    if appended.first_sent:  # what could have been theirs as a number that nobody submitted
        links.append(related(connection, appended.first_sent, appended.first_sent))
    for others in links:
        found |= {key for keys_of_one in others.values() for key in keys_of_one}
    return found | touched_by_verdicts(connection, appended)


def touched_by_verdicts(connection: Connection, appended: Appended) -> set[str]:
    """The claims of each submission that a verdict of this batch answers, or whose verdicts it takes or leaves.

    The names are locked first: a submission that arrives meanwhile sees the verdict, and the other way round.
    """
    told: dict[str, set[str]] = {}
    for _, delivery in [*appended.logged, *appended.duplicates]:
        practice, data = delivery.event.envelope.practice, delivery.event.data
        if isinstance(data, SubmissionVerdict):
            told.setdefault(practice, set()).add(verdict_key(data.submission))
        elif isinstance(data, ClaimSubmitted) and data.submission:
            told.setdefault(practice, set()).update(submission_keys(data.submission))
    lock_keys(connection, [str(Key("submission", practice, name)) for practice in told for name in told[practice]])
    found: set[str] = set()
    for practice, names in told.items():
        found |= _touched_in(connection, practice, names, appended)
    return found


def _touched_in(connection: Connection, practice: str, names: set[str], appended: Appended) -> set[str]:
    keys = {str(Key("verdict", practice, name)): name for name in names}
    verdicts = {key: events for key, events in histories(connection, keys).items() if events}
    known = candidates(connection, practice, [keys[key] for key in verdicts]) if verdicts else {}
    fresh = {e.event.envelope.identity[1:] for _, e in [*appended.logged, *appended.duplicates]}
    found: set[str] = set()
    answered: set[str] = set()
    for key, events in verdicts.items():
        after = known[keys[key]]
        newcomers = appended.new_names.get((practice, keys[key]), frozenset())
        before = [one for one in after if one.identity not in newcomers]
        found |= {key} if newcomers else set()
        for event in events:
            settled = settle(event, after).identity
            earlier = settle(event, before).identity if newcomers else settled
            if event.name in fresh or settled != earlier:
                answered |= {one for one in (settled, earlier) if one}
    submissions = [str(Key("submission", practice, identity)) for identity in answered]
    return found | (keys_beside(connection, submissions, "claim") if submissions else set())
