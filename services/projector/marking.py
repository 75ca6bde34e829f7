"""Which keys new terms, or a rebuild, touch: they are marked, and folded again while old figures stay visible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, select, true

from events.contract import ContractPublished
from events.coverage import eligibility_notice_of
from events.event_data import EventData
from events.followup import EventWithdrawn
from events.patient import IdentityLinked
from events.registry import TERM_TYPES, Event
from events.terms import PolicyPublished, RulesAdopted
from projections.keys import SHARED_PRACTICE, Key, payer_key
from projections.tables.columns import has_prefix
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference
from services.store.log import IDENTITY, KEYS, LOG
from services.store.marked_keys import FIRST, Urgency, mark_selected, new_mark

MEMBERSHIP, DEADLINE = READ_TABLES["membership"], READ_TABLES["deadline"]


def changes_terms(event: Event) -> bool:
    return event.data.judges_claims() and getattr(event.data, "claim_id", None) is None


def withdraws_no_term(connection: Connection, event: Event) -> bool:
    """Whether it takes back something that is logged and judges no claims: then only its own keys change."""
    data, practice = event.data, event.envelope.practice
    if not isinstance(data, EventWithdrawn):
        return False
    query = select(LOG.c.type).where(LOG.c.practice == practice, LOG.c.source == data.source, LOG.c.id == data.id)
    place = select(IDENTITY.c.position).where(
        IDENTITY.c.practice == practice, IDENTITY.c.source == data.source, IDENTITY.c.id == data.id
    )
    withdrawn = connection.scalar(query.where(LOG.c.position.in_(place)))
    return withdrawn is not None and withdrawn not in TERM_TYPES and withdrawn != event.type


def mark_affected(
    connection: Connection, events: Iterable[Event], position: int, before: Mapping[str, Reference]
) -> None:
    """Marks every claim, visit or patient that the new terms may judge otherwise.

    `before`: by practice, what was in force without them.
    """
    for event in events:
        practice = event.envelope.practice
        for keys in affected(practice, event.data, before.get(practice)):
            mark_selected(connection, keys, FIRST, new_mark(Urgency.TERMS, event.type, position))


def affected(practice: str, term: EventData, before: Reference | None) -> list[Select[Any]]:
    """Queries for the keys of the claims, visits and patients that a term may judge otherwise.

    `before`: what was in force in the practice without it; None for terms of all practices.
    """
    if noticed := eligibility_notice_of(term):
        patients = {noticed[0], before.patient(noticed[0]) if before else noticed[0]}
        return [_members(_of_patients(practice, patients))]
    match term:
        case ContractPublished():
            return [_members([payer_key(practice, term.scope.payer_id)])]
        case PolicyPublished() if before and not _moves_claims(term, before):
            return [_members([payer_key(practice, term.payer_id)])]
        case RulesAdopted(kind="holidays"):
            return [_with_clocks(practice)]
        case IdentityLinked(kind="patient"):
            return [_members(_of_patients(practice, {term.from_id, term.to_id}))]
    return [_all(kind, practice) for kind in ("claim", "visit", "patient")]


def _moves_claims(policy: PolicyPublished, before: Reference) -> bool:
    """Whether claims may belong to its payer from now on: it brings names, or makes the payer's own id known."""
    names = policy.identifiers or policy.names or policy.claim_filing_indicators
    return bool(names) or before.known_payer(policy.payer_id) != policy.payer_id


def _of_patients(practice: str, patients: Iterable[str]) -> list[str]:
    return [str(Key(kind, practice, p)) for kind in ("patient_claims", "patient_visits") for p in sorted(patients)]


def _members(derived: list[str]) -> Select[Any]:
    return select(MEMBERSHIP.c.key).where(MEMBERSHIP.c.derived.in_(derived)).distinct()


def _with_clocks(practice: str) -> Select[Any]:
    """Claims with a clock that still runs: only these can a day off move."""
    mine = true() if practice == SHARED_PRACTICE else DEADLINE.c.practice == practice
    return select(DEADLINE.c.key).where(mine).distinct()


def _all(kind: str, practice: str) -> Select[Any]:
    return logged_keys(kind, None if practice == SHARED_PRACTICE else practice)


def logged_keys(kind: str, practice: str | None = None) -> Select[Any]:
    """The keys of a kind that the log itself names; all others follow from their rows."""
    start = f"{kind}|{practice}|" if practice else f"{kind}|"
    return select(KEYS.c.key).where(has_prefix(KEYS.c.key, start)).distinct()
