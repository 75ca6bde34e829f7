"""What runs on a timer besides the alerts: the stream trimmed, the log sealed, a sample verified each night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, func, select

from projections.tables.tables import READ_TABLES
from services.core.logs import get_logger
from services.core.settings import Settings
from services.messaging.publisher import trim
from services.messaging.redis_url import Client
from services.messaging.stream_keys import StreamKeys
from services.projector.replay import verify_sample
from services.reads.read_context import ReadContext
from services.reads.rule_status import MissingRule, ending
from services.store.dialect import dialect_of
from services.store.marked_keys import behind
from services.store.reference import References
from services.store.scheduler_tables import JOB

ITEM = READ_TABLES["work_item"]
JobFigures = dict[str, Any]

log = get_logger(__name__)


def trim_stream(client: Client, settings: Settings, now: datetime) -> JobFigures:
    """Drops entries that are logged and older than is kept. An entry is acknowledged only after it is committed."""
    old = int((now - timedelta(seconds=settings.stream_keep)).timestamp() * 1000)
    keys, up_to = StreamKeys.of(settings), f"{max(old, 0)}-0"
    removed = [trim(client, up_to, stream=keys.key(n), group=settings.group) for n in keys.in_use(client)]
    return {"removed": sum(removed)}


def verify_some(engine: Engine, references: References, sample: int, now: datetime) -> JobFigures:
    """Folds a sample of keys again and compares. Where much waits to be folded, another night will do."""
    with engine.connect() as connection:
        waiting = behind(connection).keys
    if waiting:
        return {"postponed": waiting}
    wrong = verify_sample(engine, references, sample, int(now.timestamp()))
    if wrong:
        tables = sorted({mismatch.table for mismatch in wrong})
        log.error("rows differ from the log; `claimclock rebuild` fixes them", rows=len(wrong), tables=tables)
    return {"sample": sample, "differences": len(wrong)}


def missing_rules(context: ReadContext, missing: Sequence[MissingRule]) -> JobFigures:
    """Which published rules dates of service lack, and which will be lacking within 60 days."""
    soon = ending(missing, context.today)
    if missing:
        kinds = sorted({f"{told['kind']} {told['covers']}" for told in missing})
        log.warning("published rules are missing; `claimclock rules status` shows which", rules=kinds)
    return {"missing": len(missing) - len(soon), "soon": len(soon)}


def count_returns(connection: Connection, since: datetime | None, now: datetime) -> JobFigures:
    """Snoozed items back on their lists since the last count; they return by themselves, and nobody is notified."""
    back = (ITEM.c.snoozed_until > (since or now), ITEM.c.snoozed_until <= now)
    return {"returned": connection.scalar(select(func.count()).select_from(ITEM).where(*back)) or 0}


def is_night(last: datetime, now: datetime, nightly_at: str, zone: ZoneInfo) -> bool:
    """Whether the nightly hour has passed since the last run."""
    return last < newest_hour(now, nightly_at, zone)


def newest_hour(now: datetime, at: str, zone: ZoneInfo) -> datetime:
    """The last time, until now, that it was this hour and minute of the day in the zone."""
    local = now.astimezone(zone)
    newest = datetime.combine(local.date(), time.fromisoformat(at), zone)
    return newest if newest <= local else datetime.combine(local.date() - timedelta(days=1), newest.time(), zone)


def last_run(connection: Connection, name: str) -> datetime | None:
    return connection.scalar(select(JOB.c.ran_at).where(JOB.c.name == name))


def note_run(connection: Connection, name: str, now: datetime, figures: JobFigures, error: str | None = None) -> None:
    statement = dialect_of(connection).upsert(JOB, "name", update=["ran_at", "figures", "error"])
    connection.execute(statement, {"name": name, "ran_at": now, "figures": figures, "error": error})
