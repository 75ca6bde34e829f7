"""Which keys new terms touch: they are queued, and folded again in the background while old figures stay visible."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Select, literal, select, true

from events.coverage import eligibility_notice_of
from events.event_data import EventData
from events.patient import IdentityLinked
from events.registry import Event
from events.terms import ContractPublished, PolicyPublished, RulesAdopted
from projections.keys import SHARED_PRACTICE, Key, payer_key
from projections.tables.columns import has_prefix
from projections.tables.tables import READ_TABLES, table_of
from services.store.dialect import dialect_of
from services.store.tables import FoldKey, Refold

Patient = Callable[[str], str]
MEMBERSHIP, DEADLINE = READ_TABLES["membership"], READ_TABLES["deadline"]
FOLD_KEY, REFOLD = table_of(FoldKey), table_of(Refold)


def changes_terms(event: Event) -> bool:
    return event.data.judges_claims() and getattr(event.data, "claim_id", None) is None


def queue_affected(connection: Connection, events: Iterable[Event], patients: Callable[[str], Patient]) -> None:
    """Queues every claim or visit that the new terms may judge otherwise. `patients`: by practice, whom an id means."""
    insert_new = dialect_of(connection).insert_ignore(REFOLD, "key")
    for event in events:
        practice = event.envelope.practice
        patient = patients(practice) if eligibility_notice_of(event.data) else str
        for keys in affected(practice, event.data, patient):
            connection.execute(insert_new.from_select(["key", "reason"], keys.add_columns(literal(event.type))))


def affected(practice: str, term: EventData, patient: Patient = str) -> list[Select[Any]]:
    """Queries for the keys of the claims, visits and patients that a term may judge otherwise."""
    if noticed := eligibility_notice_of(term):
        return [_members(_of_patients(practice, {noticed[0], patient(noticed[0])}))]
    match term:
        case ContractPublished():
            return [_members([payer_key(practice, term.scope.payer_id)])]
        case PolicyPublished() if not (term.identifiers or term.names or term.claim_filing_indicators):
            return [_members([payer_key(practice, term.payer_id)])]
        case RulesAdopted(kind="holidays"):
            return [_with_clocks(practice)]
        case IdentityLinked(kind="patient"):
            return [_members(_of_patients(practice, {term.from_id, term.to_id}))]
    return [_all(kind, practice) for kind in ("claim", "visit", "patient")]


def _of_patients(practice: str, patients: Iterable[str]) -> list[str]:
    return [str(Key(kind, practice, p)) for kind in ("patient_claims", "patient_visits") for p in sorted(patients)]


def _members(derived: list[str]) -> Select[Any]:
    # "WHERE true" keeps SQLite from reading ON CONFLICT as part of a join
    return select(MEMBERSHIP.c.key).where(MEMBERSHIP.c.derived.in_(derived)).distinct()


def _with_clocks(practice: str) -> Select[Any]:
    """Claims with a clock that still runs: only these can a day off move."""
    mine = true() if practice == SHARED_PRACTICE else DEADLINE.c.practice == practice
    return select(DEADLINE.c.key).where(mine).distinct()


def _all(kind: str, practice: str) -> Select[Any]:
    start = f"{kind}|" if practice == SHARED_PRACTICE else f"{kind}|{practice}|"
    return select(FOLD_KEY.c.key).where(has_prefix(FOLD_KEY.c.key, start))
