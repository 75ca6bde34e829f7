"""What came in over HTTP, and what came of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from projections.keys import Key, parse_key
from projections.tables.columns import has_prefix
from services.core.errors import NotFoundError
from services.reads.parked import parked_recent
from services.reads.read_context import ReadContext
from services.store.log import KEYS, LOG, SIGHTING
from services.store.upload_tables import INTAKE

RECENT = 20
MOST_CLAIMS = 200


def recent_intakes(context: ReadContext) -> list[dict[str, Any]]:
    """The newest deliveries of the practice."""
    query = (
        select(INTAKE).where(INTAKE.c.practice == context.practice).order_by(INTAKE.c.received_at.desc()).limit(RECENT)
    )
    with context.engine.connect() as connection:
        return [_told(row) for row in connection.execute(query)]


def intake_page(context: ReadContext, correlation_id: str) -> dict[str, Any]:
    """One delivery: its events by type, what was parked and why, the claims it touched. Raises NotFoundError."""
    query = select(INTAKE).where(INTAKE.c.practice == context.practice, INTAKE.c.correlation_id == correlation_id)
    start = str(Key("claim", context.practice, ""))
    with context.engine.connect() as connection:
        row = connection.execute(query).first()
        if row is None:
            raise NotFoundError("nothing was received under this id")
        types = connection.execute(
            select(LOG.c.type, func.count()).where(LOG.c.correlationid == correlation_id).group_by(LOG.c.type)
        ).all()
        duplicates = connection.scalar(
            select(func.count()).select_from(SIGHTING).where(SIGHTING.c.correlationid == correlation_id)
        )
        keys = connection.scalars(
            select(KEYS.c.key)
            .join(LOG, LOG.c.position == KEYS.c.position)
            .where(LOG.c.correlationid == correlation_id, has_prefix(KEYS.c.key, start))
            .distinct()
            .order_by(KEYS.c.key)
            .limit(MOST_CLAIMS)
        ).all()
    claims = [parse_key(key).name for key in keys]
    return _told(row) | {
        "types": sorted(((kind, count) for kind, count in types), key=lambda pair: (-pair[1], pair[0])),
        "events": sum(count for _, count in types),
        "duplicates": duplicates or 0,
        "parked": parked_recent(context, everything=True, correlation_id=correlation_id),
        "claims": [{"claim_id": name, "ref": context.references.ref(context.practice, name)} for name in claims],
        "more_claims": len(claims) == MOST_CLAIMS,
    }


def _told(row: Any) -> dict[str, Any]:
    return {
        "correlation_id": row.correlation_id,
        "by": row.by,
        "name": row.told.get("name"),
        "received_at": row.received_at.isoformat(),
        "transaction": "+".join(row.told.get("transactions", ())) or None,
        "published": row.told.get("published"),
        "unbalanced": row.told.get("unbalanced", 0),
        "notes": row.told.get("notes", []),
    }
