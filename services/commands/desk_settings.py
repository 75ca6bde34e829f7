"""What the web app keeps for a person: drafts of texts, filters under opaque ids, saved views, columns."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Engine, delete, insert, or_, select, update

from services.core.errors import ConflictError, NotFoundError, UsageError
from services.core.settings import Settings
from services.store.desk_tables import DESK_CHOICE, DRAFT, KEPT_FILTER, SAVED_VIEW
from services.store.engine import writing

KEPT = timedelta(days=7)  # that a draft or a filter without a name is kept
MOST_VIEWS = 100  # of one person
LONGEST = 20_000  # bytes of a draft


@dataclass(frozen=True)
class DeskOwner:
    """Whose it is, and in which practice."""

    practice: str
    person_id: str


class DeskSettings:
    """Reads and writes them; texts are encrypted where a key for raw files is set."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._seal = None if settings.raw_key is None else Fernet(settings.raw_key.get_secret_value())

    def _closed(self, told: Any) -> bytes:
        body = json.dumps(told).encode()
        return self._seal.encrypt(body) if self._seal else body

    def _opened(self, body: bytes) -> Any:
        """None where the key is another one now."""
        try:
            return json.loads(self._seal.decrypt(body) if self._seal else body)
        except (InvalidToken, ValueError):
            return None

    # drafts

    def save_draft(self, owner: DeskOwner, place: str, fields: Mapping[str, str], now: datetime) -> None:
        """Keeps what is being typed; nothing typed removes it. Raises UsageError where it is too long."""
        told = {name: text for name, text in fields.items() if text.strip()}
        if len(json.dumps(told)) > LONGEST:
            raise UsageError("the draft is too long to keep")
        mine = self._draft(owner, place)
        with writing(self._engine) as connection:
            connection.execute(delete(DRAFT).where(or_(mine, DRAFT.c.saved_at < now - KEPT)))
            if told:
                row = {"person_id": owner.person_id, "practice": owner.practice, "place": place, "saved_at": now}
                connection.execute(insert(DRAFT).values(row | {"body": self._closed(told)}))

    def draft(self, owner: DeskOwner, place: str, now: datetime) -> dict[str, str]:
        """What was typed at this place and not sent; empty where nothing was, or where it is older than a week."""
        query = select(DRAFT.c.body).where(self._draft(owner, place), DRAFT.c.saved_at >= now - KEPT)
        with self._engine.connect() as connection:
            body = connection.scalar(query)
        return self._opened(body) or {} if body is not None else {}

    def draft_places(self, owner: DeskOwner, now: datetime) -> list[str]:
        query = select(DRAFT.c.place).where(
            DRAFT.c.person_id == owner.person_id, DRAFT.c.practice == owner.practice, DRAFT.c.saved_at >= now - KEPT
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query.order_by(DRAFT.c.saved_at.desc())))

    def _draft(self, owner: DeskOwner, place: str) -> Any:
        return (DRAFT.c.person_id == owner.person_id) & (DRAFT.c.practice == owner.practice) & (DRAFT.c.place == place)

    # filters that must not be in an address

    def keep_filter(self, owner: DeskOwner, given: Mapping[str, str], now: datetime) -> str:
        """The opaque id under which the filter is found again, by anybody of the practice who may read claims."""
        filter_id = secrets.token_hex(12)
        row = {"filter_id": filter_id, "practice": owner.practice, "person_id": owner.person_id, "made_at": now}
        with writing(self._engine) as connection:
            connection.execute(insert(KEPT_FILTER).values(row | {"body": self._closed(dict(given))}))
        return filter_id

    def kept_filter(self, practice: str, filter_id: str) -> dict[str, str]:
        """Raises NotFoundError; another practice's is not there at all."""
        query = select(KEPT_FILTER.c.body).where(
            KEPT_FILTER.c.filter_id == filter_id, KEPT_FILTER.c.practice == practice
        )
        with self._engine.connect() as connection:
            body = connection.scalar(query)
        told = self._opened(body) if body is not None else None
        if told is None:
            raise NotFoundError("no such search in this practice")
        return dict(told)

    # what a person chose of the pages' looks

    def choice(self, owner: DeskOwner, name: str) -> str:
        """Empty where nothing was chosen."""
        with self._engine.connect() as connection:
            return connection.scalar(select(DESK_CHOICE.c.value).where(self._choice(owner, name))) or ""

    def choose(self, owner: DeskOwner, name: str, value: str) -> None:
        """Keeps it; nothing chosen removes it."""
        with writing(self._engine) as connection:
            connection.execute(delete(DESK_CHOICE).where(self._choice(owner, name)))
            if value:
                row = {"person_id": owner.person_id, "practice": owner.practice, "name": name, "value": value}
                connection.execute(insert(DESK_CHOICE).values(row))

    def _choice(self, owner: DeskOwner, name: str) -> Any:
        mine = (DESK_CHOICE.c.person_id == owner.person_id) & (DESK_CHOICE.c.practice == owner.practice)
        return mine & (DESK_CHOICE.c.name == name)

    # saved views

    def views(self, owner: DeskOwner) -> list[dict[str, Any]]:
        """One's own and those shared with the practice, by name."""
        mine = (SAVED_VIEW.c.person_id == owner.person_id) | SAVED_VIEW.c.shared
        query = select(SAVED_VIEW).where(SAVED_VIEW.c.practice == owner.practice, mine).order_by(SAVED_VIEW.c.name)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            {
                "id": r.view_id,
                "name": r.name,
                "kind": r.kind,
                "query": json.loads(r.query),
                "shared": r.shared,
                "mine": r.person_id == owner.person_id,
                "version": r.version,
            }
            for r in rows
        ]

    def save_view(
        self, owner: DeskOwner, name: str, kind: str, query: Mapping[str, Any], now: datetime, *, shared: bool
    ) -> str:
        """A view of this name of one's own is replaced, its version counted up. Raises UsageError, ConflictError."""
        name = name.strip()
        if not name or len(name) > 60:
            raise UsageError("name the view in 1 to 60 characters")
        known = [view for view in self.views(owner) if view["mine"]]
        same = next((view for view in known if view["name"] == name), None)
        values = {"kind": kind, "query": json.dumps(dict(query)), "shared": shared, "saved_at": now}
        with writing(self._engine) as connection:
            if same:
                connection.execute(
                    update(SAVED_VIEW)
                    .where(SAVED_VIEW.c.view_id == same["id"])
                    .values(values | {"version": same["version"] + 1})
                )
                return str(same["id"])
            if len(known) >= MOST_VIEWS:
                raise ConflictError(f"the limit of {MOST_VIEWS} saved views is reached: remove one first")
            view_id = secrets.token_hex(12)
            row = {"view_id": view_id, "practice": owner.practice, "person_id": owner.person_id, "name": name}
            connection.execute(insert(SAVED_VIEW).values(row | values | {"version": 1}))
        return view_id

    def remove_view(self, owner: DeskOwner, view_id: str) -> None:
        """Raises NotFoundError: only one's own can be removed."""
        mine = (SAVED_VIEW.c.view_id == view_id) & (SAVED_VIEW.c.person_id == owner.person_id)
        with writing(self._engine) as connection:
            gone = connection.execute(delete(SAVED_VIEW).where(mine, SAVED_VIEW.c.practice == owner.practice))
        if gone.rowcount == 0:
            raise NotFoundError("no such view")
