"""Settings of a practice, each a named piece of JSON of which every version is kept: nothing is overwritten.

Not events: they judge no claim. What changes a claim's rows is an event (decision 12).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, func, insert, select
from sqlmodel import Field

from projections.tables.columns import TableModel, UtcInstant
from projections.tables.tables import table_of
from services.core.errors import ConflictError, NotFoundError
from services.store.engine import writing


class SettingKind(StrEnum):
    """What a setting is about. Its name: a letter kind, a payer, a rule, a system used before.

    "" where a practice has only one.
    """

    PROFILE = "profile"
    LETTER = "letter"
    ADDRESS = "address"
    ROUTING = "routing"
    QUEUE = "queue"
    SETUP = "setup"
    OPEN_CLAIMS = "open_claims"
    INBOX = "inbox"


class PracticeSettingRow(TableModel, table=True):
    """One version of one setting. The newest version counts, unless it says `removed`."""

    __tablename__ = "practice_setting"

    practice: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    body: str
    removed: bool
    saved_by: str
    saved_at: datetime = Field(sa_type=UtcInstant)


SETTING = table_of(PracticeSettingRow)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A version of a setting; version 0 is the one that the program brings along."""

    name: str
    version: int
    body: Mapping[str, Any]
    saved_by: str
    saved_at: datetime | None
    removed: bool = False


class PracticeSettings:
    """The settings of one practice."""

    def __init__(self, engine: Engine, practice: str) -> None:
        self._engine = engine
        self._practice = practice

    def current(self, kind: SettingKind) -> dict[str, Setting]:
        """The newest version of each name, without those that were removed."""
        newest = (
            select(SETTING.c.name, func.max(SETTING.c.version).label("version"))
            .where(SETTING.c.practice == self._practice, SETTING.c.kind == kind)
            .group_by(SETTING.c.name)
            .subquery()
        )
        query = (
            select(SETTING)
            .join(newest, (SETTING.c.name == newest.c.name) & (SETTING.c.version == newest.c.version))
            .where(SETTING.c.practice == self._practice, SETTING.c.kind == kind, SETTING.c.removed.is_(False))
            .order_by(SETTING.c.name)
        )
        with self._engine.connect() as connection:
            return {row.name: _setting(row) for row in connection.execute(query)}

    def history(self, kind: SettingKind) -> list[Setting]:
        """Every version of every name, each name's newest first."""
        query = select(SETTING).where(SETTING.c.practice == self._practice, SETTING.c.kind == kind)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(SETTING.c.name, SETTING.c.version.desc()))
            return [_setting(row) for row in rows]

    def get(self, kind: SettingKind, name: str = "") -> Setting | None:
        """The newest version; None where there is none or it was removed."""
        found = self.versions(kind, name)
        return found[0] if found and not found[0].removed else None

    def versions(self, kind: SettingKind, name: str = "") -> list[Setting]:
        """Every version, the newest first."""
        query = (
            select(SETTING)
            .where(SETTING.c.practice == self._practice, SETTING.c.kind == kind, SETTING.c.name == name)
            .order_by(SETTING.c.version.desc())
        )
        with self._engine.connect() as connection:
            return [_setting(row) for row in connection.execute(query)]

    def save(
        self, kind: SettingKind, name: str, body: Mapping[str, Any], *, by: str, now: datetime, seen: int | None = None
    ) -> Setting:
        """A new version, unless nothing differs. `seen`: the version it was edited from.

        Raises ConflictError where somebody else has saved another one since.
        """
        return self._put(kind, name, body, removed=False, by=by, now=now, seen=seen)

    def remove(self, kind: SettingKind, name: str, *, by: str, now: datetime) -> None:
        """Ends a setting; its versions stay. Raises NotFoundError."""
        here = self.get(kind, name)
        if here is None:
            raise NotFoundError("no such setting in this practice")
        self._put(kind, name, here.body, removed=True, by=by, now=now, seen=here.version)

    def _put(
        self,
        kind: SettingKind,
        name: str,
        body: Mapping[str, Any],
        *,
        removed: bool,
        by: str,
        now: datetime,
        seen: int | None,
    ) -> Setting:
        with writing(self._engine) as connection:
            query = select(SETTING).where(
                SETTING.c.practice == self._practice, SETTING.c.kind == kind, SETTING.c.name == name
            )
            row = connection.execute(query.order_by(SETTING.c.version.desc()).limit(1)).first()
            last = _setting(row) if row else None
            if seen is not None and (last.version if last else 0) != seen:
                raise ConflictError("someone else has saved a newer version; review it and save again")
            if last is not None and (dict(last.body), last.removed) == (dict(body), removed):
                return last
            version = last.version + 1 if last else 1
            values = {"practice": self._practice, "kind": kind, "name": name, "version": version}
            told = {"body": json.dumps(dict(body), sort_keys=True), "removed": removed, "saved_by": by, "saved_at": now}
            connection.execute(insert(SETTING).values(values | told))
        return Setting(name=name, version=version, body=dict(body), saved_by=by, saved_at=now, removed=removed)


def _setting(row: Any) -> Setting:
    return Setting(
        name=row.name,
        version=row.version,
        body=json.loads(row.body),
        saved_by=row.saved_by,
        saved_at=row.saved_at,
        removed=row.removed,
    )
