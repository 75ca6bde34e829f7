"""A read of the past for one claim: folds its patient alone, not the whole practice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Connection, Table, create_engine, select
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from projections.columns import EPOCH
from projections.history import NO_CUT
from projections.keys import RANKS, Key, parse_key
from projections.tables import READ_TABLES
from services.projector.folds import Ground
from services.projector.refold import refold
from services.reads.desk import Desk
from services.store.engine import chunks

MEMBERSHIP = READ_TABLES["membership"]
SHARED = frozenset({"patient_claims", "patient_visits", "day", "therapist_day", "episode", "year"})
NAMED = frozenset(RANKS[1])  # keys that the log itself names; the others follow from their rows


@contextmanager
def desk_at_claim(desk: Desk, claim_id: str) -> Iterator[Desk]:
    """The same desk; with a cut, over rows of the claim's patient only.

    Whatever decides this claim's prices, thresholds and findings belongs to its patient: whose days and years they
    are is taken from the live rows, which know every patient the claim was ever folded for together with it.
    """
    if desk.cut == NO_CUT:
        yield desk
        return
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    SQLModel.metadata.create_all(engine, tables=list(READ_TABLES.values()) + _beside())
    try:
        with desk.engine.connect() as log, log.begin(), engine.begin() as rows:
            reference = desk.references.at(log, desk.practice, desk.cut)
            refold(Ground(log, rows, desk.cut), _around(log, desk.practice, claim_id), reference, EPOCH)
        yield replace(desk, _scratch=engine)
    finally:
        engine.dispose()


def _beside() -> list[Table]:
    return [SQLModel.metadata.tables[name] for name in ("fold_key", "stale", "refold")]


def _around(log: Connection, practice: str, claim_id: str) -> list[str]:
    """The claim, and every claim, visit and patient key that shares a patient or a day with it."""
    key = str(Key("claim", practice, claim_id))
    shared = _shared(log, [key])
    found = {key} | _members(log, shared)
    found |= _members(log, _shared(log, sorted(found)) - shared)  # visits share the patient's visits, not the claims
    patients = {parse_key(name).name for name in shared if parse_key(name).kind == "patient_claims"}
    found |= {str(Key("patient", practice, patient)) for patient in patients}
    return sorted(name for name in found if parse_key(name).kind in NAMED)


def _shared(log: Connection, keys: list[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(keys):
        found |= set(log.scalars(select(MEMBERSHIP.c.derived).where(MEMBERSHIP.c.key.in_(part)).distinct()))
    return {name for name in found if parse_key(name).kind in SHARED}


def _members(log: Connection, derived: set[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(sorted(derived)):
        found |= set(log.scalars(select(MEMBERSHIP.c.key).where(MEMBERSHIP.c.derived.in_(part)).distinct()))
    return found
