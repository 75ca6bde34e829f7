"""The practice's zone belongs to its data: rows were folded with it, so readers must calculate with the same one."""

from __future__ import annotations

from sqlalchemy import Engine, insert, select, update

from projections.keys import RANKS
from projections.tables.columns import has_prefix
from projections.tables.tables import table_of
from services.core.settings import Settings
from services.store.engine import writing
from services.store.log import KEYS
from services.store.marked_keys import FIRST, Urgency, mark_selected, new_mark
from services.store.tables import StoredSetting

SETTING = table_of(StoredSetting)
NAME = "practice_zone"


def recorded_zone(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return connection.scalar(select(SETTING.c.value).where(SETTING.c.name == NAME))


def in_recorded_zone(engine: Engine, settings: Settings) -> Settings:
    """The settings with the zone the rows were folded with."""
    zone = recorded_zone(engine)
    return settings if zone is None else settings.model_copy(update={NAME: zone})


def record_zone(engine: Engine, settings: Settings) -> Settings:
    """Keeps the zone that was set, else the one recorded before. Another zone queues everything to be folded again."""
    before = recorded_zone(engine)
    if before is not None and NAME not in settings.model_fields_set:
        return settings.model_copy(update={NAME: before})
    if before != settings.practice_zone:
        with writing(engine) as connection:
            if before is None:
                connection.execute(insert(SETTING).values(name=NAME, value=settings.practice_zone))
            else:
                connection.execute(update(SETTING).where(SETTING.c.name == NAME).values(value=settings.practice_zone))
                mark = new_mark(Urgency.TERMS, "another zone")
                for kind in RANKS[1]:
                    keys = select(KEYS.c.key).where(has_prefix(KEYS.c.key, f"{kind}|")).distinct()
                    mark_selected(connection, keys, FIRST, mark)
    return settings
