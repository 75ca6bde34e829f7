"""What a claim's fold needs besides its own events, and what else a batch touches: matches, replacements, verdicts.

A response under a changed number belongs to another claim's fold; a replacement under a new number decides what is
left of the claim it replaces; an acknowledgment of a whole file belongs to the claims of one submission.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from events.claim import ClaimSubmitted
from events.remittance import remit_key
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
from projections.cut import NO_CUT
from projections.history import LoggedEvent, effective_events
from projections.keys import Key, parse_key
from projections.terms.terms_in_force import Reference
from services.projector.folds import FoldContext
from services.projector.linked_verdicts import FileVerdicts, file_keys, is_about_files, touched_by_verdicts
from services.projector.provider_references import with_recoupments
from services.store.claim_numbers import ever_alike, related, replacements
from services.store.log import Appended, histories, keys_beside

History = list[LoggedEvent]


def load_claims(context: FoldContext, keys: Sequence[str], reference: Reference) -> Mapping[str, History]:
    """Each claim's events, those that came under other numbers, verdicts on its submissions, the visits it bills.

    Empty for a number under which responses to another claim came back: that claim has them.
    """
    found = histories(context.log, keys, context.cut)
    near = _Near.load(context, found, reference)
    claims = {key: near.events_of(key) for key in keys}
    _add_others(context, claims, reference.zone)
    with_recoupments(context.log, claims, context.cut)
    return claims


@dataclass(kw_only=True)
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
        links = related(context.log, own) if context.cut == NO_CUT else ever_alike(context.log, own)
        replaced = replacements(context.log, own)
        matched = {
            str(Key("claim", parse_key(key).practice, claim_id))
            for key, history in own.items()
            for claim_id in _matched(history)
        }
        wanted = {other for others in (*links.values(), *replaced.values()) for other in others} | matched
        known = dict(own) | histories(context.log, wanted - own.keys(), context.cut)
        near = cls(own=own, known=known, reference=reference, replaced=replaced)
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


def _add_others(context: FoldContext, claims: Mapping[str, History], zone: ZoneInfo) -> None:
    """Adds what does not name the claim but is about it."""
    beside = {key: _named_elsewhere(parse_key(key), history) for key, history in claims.items()}
    others = dict(histories(context.log, {name for names in beside.values() for name in names}, context.cut))
    verdicts = FileVerdicts.load(context, beside, others, zone)
    for key, names in beside.items():
        for name in sorted(names):
            if not is_about_files(name):
                claims[key].extend(others[name])
        claims[key].extend(verdicts.of_claim(key, claims[key]))


def _named_elsewhere(key: Key, history: Sequence[LoggedEvent]) -> set[str]:
    """The keys of events that do not name the claim but are about it."""
    names: set[str] = set()
    for event in history:
        if isinstance(event.data, ClaimSubmitted) and event.data.claim_id == key.name:
            names |= file_keys(key.practice, event.data)
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
    return found | touched_by_verdicts(connection, keys, appended)
