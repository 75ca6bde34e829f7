"""system status: what is parked, stale or waiting, the jobs that run by themselves, the terms in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, func, select

from projections.keys import parse_key
from projections.rules.rulebook import Pack
from projections.tables.tables import table_of
from projections.terms.terms_in_force import Reference
from services.projector.parking import PARKED
from services.reads.read_context import ReadContext
from services.store.horizon import committed_position
from services.store.marked_keys import Urgency, behind, waiting_by_reason
from services.store.scheduler_tables import JOB
from services.store.tables import ParkedState, Seal, Stale

STALE, SEAL = table_of(Stale), table_of(Seal)
MOST = 100  # rows of each list; the counts are of all


def upkeep(context: ReadContext) -> dict[str, Any]:
    """Figures of the log and its keys, and when each job last ran."""
    with context.engine.connect() as connection:
        repricing, late = _by_reason(connection), behind(connection, Urgency.TERMS)
        return {
            "logged": committed_position(connection),
            "parked": _count(
                connection, PARKED, PARKED.c.state == ParkedState.OPEN, PARKED.c.practice == context.practice
            ),
            "stale": _count(connection, STALE),
            "refold": sum(repricing.values()),
            "behind": {"keys": late.keys, "seconds": round(late.seconds, 1)},
            "stale_keys": _stale(connection, context),
            "refold_reasons": repricing,
            "seal": _seal(connection),
            "jobs": _jobs(connection),
        }


def _count(connection: Connection, table: Table, *where: Any) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*where)) or 0


def _stale(connection: Connection, context: ReadContext) -> list[dict[str, Any]]:
    """With the claim's opaque name where the key is a claim's; other keys are shown by kind only."""
    rows = connection.execute(select(STALE).order_by(STALE.c.since.desc(), STALE.c.key).limit(MOST)).all()
    found = []
    for row in rows:
        key = parse_key(row.key)
        mine = key.kind == "claim" and key.practice == context.practice
        found.append(
            {
                "kind": key.kind,
                "claim_id": key.name if mine else None,
                "ref": context.references.ref(key.practice, key.name) if mine else None,
                "projection": row.projection,
                "error": row.error,
                "since": row.since.isoformat(),
            }
        )
    return found


def _by_reason(connection: Connection) -> dict[str, int]:
    """Keys that wait because of new terms or a rebuild, most first."""
    found = waiting_by_reason(connection, Urgency.TERMS, Urgency.REBUILD)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _seal(connection: Connection) -> dict[str, Any] | None:
    row = connection.execute(select(SEAL).order_by(SEAL.c.position.desc()).limit(1)).first()
    return None if row is None else {"position": row.position, "hash": row.hash, "sealed_at": row.sealed_at.isoformat()}


def _jobs(connection: Connection) -> list[dict[str, Any]]:
    rows = connection.execute(select(JOB).order_by(JOB.c.name)).all()
    return [
        {"name": row.name, "ran_at": row.ran_at.isoformat(), "error": row.error, "figures": row.figures} for row in rows
    ]


def terms_in_force(context: ReadContext, on: date) -> dict[str, Any]:
    """Rule packs, contracts and policies that judge a day."""
    with context.context() as (_, reference):
        return {
            "packs": _packs(reference.rules.packs.values(), on),
            "contracts": _contracts(reference, on),
            "policies": _policies(reference, on),
            "problems": list(reference.problems),
        }


def _packs(packs: Iterable[Pack], on: date) -> list[dict[str, Any]]:
    found = [pack for pack in packs if any(period.covers(on) for period in pack.periods)]
    return [
        {
            "name": pack.name,
            "kind": pack.kind,
            "source": pack.source,
            "verified_on": str(pack.verified_on),
            "confidence": pack.confidence,
            "scope": dict(pack.scope),
        }
        for pack in sorted(found, key=lambda pack: (pack.kind, pack.name))
    ]


def _contracts(reference: Reference, on: date) -> list[dict[str, Any]]:
    governing = reference.comparer.pricer.contracts.in_force(on)
    names = {(c.contract_id, c.version) for contracts in governing.values() for c in contracts}
    return [
        {
            "contract_id": c.contract_id,
            "version": c.version,
            "method": c.method,
            "rates": len(getattr(c, "rates", ())),
            "scope": c.scope.model_dump(mode="json", exclude_none=True),
            "effective_from": c.effective_from.isoformat() if c.effective_from else None,
        }
        for c in sorted(reference.contracts, key=lambda c: c.contract_id)
        if (c.contract_id, str(c.version)) in names
    ]


def _policies(reference: Reference, on: date) -> list[dict[str, Any]]:
    return [
        {
            "payer_id": p.payer_id,
            "plan": p.plan,
            "version": p.version,
            "program": p.program,
            "names": list(p.names),
            "filing": _window(p.filing),
            "corrected": _window(p.corrected),
            "appeals": [_window(a) for a in p.appeals],
        }
        for p in reference.terms.in_force(on)
    ]


def _window(limit: Any) -> str | None:
    return None if limit is None else f"{limit.length} {limit.unit}"
