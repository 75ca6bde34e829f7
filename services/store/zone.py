"""The practice's zone belongs to its data: rows were folded with it, so readers must calculate with the same one."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Engine, delete, insert, select, update

from projections.keys import RANKS
from projections.tables.columns import has_prefix
from projections.tables.tables import table_of
from services.core.errors import UsageError
from services.core.settings import UTC, Settings
from services.store.engine import writing
from services.store.tables import EventKey, StoredSetting

SETTING, KEYS = table_of(StoredSetting), table_of(EventKey)
NAME = "practice_zone"
NEXT = "practice_zone_next"  # chosen on the desk; the next start folds everything with it
CHOSEN = "practice_zone_chosen"  # by whom
CONFIGURED, DESK = "configuration", "desk"


def recorded_zone(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return connection.scalar(select(SETTING.c.value).where(SETTING.c.name == NAME))


def in_recorded_zone(engine: Engine, settings: Settings) -> Settings:
    """The settings with the zone the rows were folded with."""
    zone = recorded_zone(engine)
    return settings if zone is None else settings.model_copy(update={NAME: zone})


def zone_is_chosen(engine: Engine) -> bool:
    """Whether anybody said which zone it is: by configuration or on the desk. UTC by default is nobody's choice."""
    said = _stored(engine, CHOSEN) or _stored(engine, NEXT)
    return said is not None or recorded_zone(engine) not in (None, UTC)


def zone_is_configured(engine: Engine) -> bool:
    """Whether the configuration of the last start named it: then it comes before a choice on the desk."""
    return _stored(engine, CHOSEN) == CONFIGURED


def next_zone(engine: Engine) -> str | None:
    """The zone that the next start brings in; None where nothing changes."""
    return _stored(engine, NEXT)


def choose_zone(engine: Engine, zone: str) -> bool:
    """Keeps a choice; whether a restart is needed, since rows were folded with another zone. Raises UsageError."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError("choose a time zone such as America/New_York") from None
    differs = recorded_zone(engine) != zone
    with writing(engine) as connection:
        connection.execute(delete(SETTING).where(SETTING.c.name.in_((NEXT, CHOSEN))))
        told = {"name": NEXT, "value": zone} if differs else {"name": CHOSEN, "value": DESK}
        connection.execute(insert(SETTING).values(told))
    return differs


def _stored(engine: Engine, name: str) -> str | None:
    with engine.connect() as connection:
        return connection.scalar(select(SETTING.c.value).where(SETTING.c.name == name))


def _brought_in(engine: Engine, settings: Settings) -> Settings:
    """The settings with the zone that was chosen on the desk since the last start; a zone that is set comes first."""
    chosen, configured = _stored(engine, NEXT), NAME in settings.model_fields_set
    source = CONFIGURED if configured else DESK
    if (chosen is not None or configured) and _stored(engine, CHOSEN) != source:
        with writing(engine) as connection:
            connection.execute(delete(SETTING).where(SETTING.c.name.in_((NEXT, CHOSEN))))
            connection.execute(insert(SETTING).values(name=CHOSEN, value=source))
    return settings if chosen is None or configured else settings.model_copy(update={NAME: chosen})


def record_zone(engine: Engine, settings: Settings) -> Settings:
    """Keeps the zone that was set, else the one recorded before. Another zone queues everything to be folded again."""
    before = recorded_zone(engine)
    brought = _brought_in(engine, settings)
    if brought is settings and before is not None and NAME not in settings.model_fields_set:
        return settings.model_copy(update={NAME: before})
    settings = brought
    if before != settings.practice_zone:
        with writing(engine) as connection:
            if before is None:
                connection.execute(insert(SETTING).values(name=NAME, value=settings.practice_zone))
            else:
                connection.execute(update(SETTING).where(SETTING.c.name == NAME).values(value=settings.practice_zone))
                _mark_all(connection)
    return settings


def _mark_all(connection: Connection) -> None:
    from services.store.marked_keys import FIRST, Urgency, mark_selected, new_mark  # noqa: PLC0415  readers never do

    mark = new_mark(Urgency.TERMS, "another zone")
    for kind in RANKS[1]:
        keys = select(KEYS.c.key).where(has_prefix(KEYS.c.key, f"{kind}|")).distinct()
        mark_selected(connection, keys, FIRST, mark)
