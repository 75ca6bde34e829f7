"""How episodes and therapists' days are folded: from the readiness of the visits in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from projections.keys import episode_key, parse_key, therapist_day_key
from projections.readiness.episode import fold_episode, fold_therapist_day
from projections.readiness.rows import KNOWN_COLUMNS, KnownVisit, read_visit
from projections.rows.claims import item_rows
from projections.tables.tables import READ_TABLES
from projections.tables.visits import FindingRow
from projections.terms.terms_in_force import Reference
from projections.work.item import WorkItem
from services.projector.folds import FoldContext, KeyProjector, Projection, Rows
from services.projector.remittances import as_loaded
from services.store.dialect import StoreDialect, dialect_of

READINESS, MEMBERSHIP = READ_TABLES["readiness"], READ_TABLES["membership"]
COLUMNS = [READINESS.c[name] for name in ("practice", *KNOWN_COLUMNS)]
Fold = Callable[[str, str, Sequence[KnownVisit], Reference], tuple[list[FindingRow], list[WorkItem]]]


def load_visits(context: FoldContext, keys: Sequence[str], _reference: Reference) -> Mapping[str, list[KnownVisit]]:
    """The visits of each episode, or of each therapist's day."""
    found: dict[str, list[KnownVisit]] = {key: [] for key in keys}
    dialect = dialect_of(context.rows)
    for row in context.rows.execute(_visits_of(dialect), dialect.given(keys)).all():
        if row.derived in (_episode(row), _therapist_day(row)):
            found[row.derived].append(read_visit(row))
    return found


@cache
def _visits_of(dialect: StoreDialect) -> Select[Any]:
    joined = select(MEMBERSHIP.c.derived, *COLUMNS).join(READINESS, READINESS.c.key == MEMBERSHIP.c.key)
    return joined.where(
        dialect.among_given(MEMBERSHIP.c.derived), *dialect.of_practices(MEMBERSHIP.c.practice, READINESS.c.practice)
    )


def _episode(row: Any) -> str:
    return episode_key(row.practice, row.patient_id, row.discipline)


def _therapist_day(row: Any) -> str | None:
    return therapist_day_key(row.practice, row.therapist_id, row.dos) if row.therapist_id else None


def _findings(fold: Fold) -> Callable[[str, Any, Reference], Rows]:
    def run(key: str, visits: Any, reference: Reference) -> Rows:
        practice = parse_key(key).practice
        rows, items = fold(key, practice, visits, reference)
        return {"finding": rows, "work_item": item_rows(key, practice, items, reference)}

    return run


def _folder(kind: str, fold: Fold) -> KeyProjector:
    return KeyProjector(
        kind=kind,
        load=load_visits,
        prepare=as_loaded,
        projections=(Projection(name="findings", tables=("finding", "work_item"), fold=_findings(fold)),),
        reads=frozenset({"readiness"}),
    )


EPISODES = _folder("episode", fold_episode)
THERAPIST_DAYS = _folder("therapist_day", fold_therapist_day)
