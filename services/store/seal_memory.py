"""The newest links of the chains as they were last seen, kept in a file outside the database.

A chain alone cannot show that its last links were cut off, with all they cover: what is left is a sound chain. So every
process that seals or verifies remembers the heads in its data directory, and `verify` looks for them in the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, select
from sqlalchemy.engine import make_url

from services.core.error_words import describe
from services.core.files import private_directory, whole_file
from services.core.logs import get_logger
from services.core.settings import Settings
from services.store.row_seals import ROW_SEAL
from services.store.seals import SEAL
from services.store.security_tables import AUDIT

log = get_logger(__name__)
FILE = "seals.json"


class Head(NamedTuple):
    """The newest link of a chain: its number, and its hash."""

    number: int
    hash: str


class LostHead(NamedTuple):
    """A chain that no longer has the link that was once its newest."""

    table: str
    number: int


_CHAINS: Mapping[str, tuple[Table, Column[Any]]] = {
    "seal": (SEAL, SEAL.c.position),
    "row_seal": (ROW_SEAL, ROW_SEAL.c.seal),
    "audit_entry": (AUDIT, AUDIT.c.seq),
}


COMMANDS = "command line"  # the database of its audit, where that is a file of its own


class SealMemory:
    """What this data directory remembers of one database; `of` names another one than the log's."""

    def __init__(self, settings: Settings, of: str | None = None) -> None:
        self._path, self._of = settings.data_dir / FILE, of
        # The same database may be reached by several URLs, several databases share a directory: each its own memory.
        url = settings.database_url
        told = of or "embedded" if url is None else make_url(url).set(password=None).render_as_string()
        self._database = hashlib.sha256(told.encode()).hexdigest()[:16]

    def lost(self, connection: Connection) -> list[LostHead]:
        """The chains that were cut off, or made again, since they were last seen."""
        return [
            LostHead(name, head.number)
            for name, head in self._recall().items()
            if name in self._chains and not _has(connection, name, head)
        ]

    @property
    def _chains(self) -> Collection[str]:
        return _CHAINS if self._of is None else (AUDIT.name,)

    def remember(self, connection: Connection, *, restored: bool = False) -> None:
        """Keeps the newest links, unless a chain has lost one: then what was seen before stays, as the only witness.

        `restored`: the database was put back from a backup on purpose, and what it holds now counts.
        """
        if not restored and (lost := self.lost(connection)):
            log.error(
                "a sealed chain lost its newest link; `claimclock verify` says more", chains=[x.table for x in lost]
            )
            return
        heads = {name: head for name in self._chains if (head := _newest(connection, name)) is not None}
        if heads == self._recall():
            return
        known = self._read() | {self._database: heads}
        try:
            private_directory(self._path.parent)
            with whole_file(self._path) as file:
                file.write(json.dumps(known, indent=1).encode())
        except OSError as error:  # the seals themselves are made; who cannot remember them can go on
            log.warning("the newest seals cannot be remembered in the data directory", error=describe(error))

    def _recall(self) -> dict[str, Head]:
        return {name: Head(*head) for name, head in self._read().get(self._database, {}).items()}

    def _read(self) -> dict[str, Any]:
        try:
            known: dict[str, Any] = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return known


def _newest(connection: Connection, name: str) -> Head | None:
    table, number = _CHAINS[name]
    row = connection.execute(select(number, table.c.hash).order_by(number.desc()).limit(1)).first()
    return None if row is None else Head(row[0], row[1])


def _has(connection: Connection, name: str, head: Head) -> bool:
    table, number = _CHAINS[name]
    return connection.scalar(select(table.c.hash).where(number == head.number)) == head.hash
