"""Proves the database: every row is what the log says, and the log, with all that is kept next to it, what it was.

Each check reads from one snapshot and names what it finds. What follows from the log (rows, index) `rebuild` makes
again; what was altered, taken out or lost can only come back from a backup, or by taking the files in again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError

from projections.tables.tables import table_of
from services.core.errors import ClaimclockError, NotFoundError
from services.core.settings import Settings
from services.intake.results import ParkedOrigin
from services.projector.parking import PARKED
from services.projector.refold import RefoldProgress
from services.projector.replay import verify
from services.security.audit import check_audit
from services.security.command_line_audit import FILE, audit_of_commands, has_own_file
from services.store.dialect import dialect_of
from services.store.failures import explained
from services.store.log import IDENTITY, LOG
from services.store.log_index import index_faults
from services.store.log_names import name_faults
from services.store.raw_files import CHUNK, RawStore
from services.store.reference import References
from services.store.row_seals import row_faults
from services.store.seal_memory import COMMANDS, LostHead, SealMemory
from services.store.seals import Break, first_break
from services.store.tables import Stale

STALE = table_of(Stale)
CONFLICTED = "event.conflicted.v1"


@dataclass(frozen=True, kw_only=True)
class Damage:
    """Something that is not as it should be: in which table (or `raw`), under which key, and what of it in words.

    `source` and `id` name an event of the log. `rebuilt`: `rebuild` puts it right.
    """

    table: str
    key: str
    found: str
    message: str
    source: str | None = None
    id: str | None = None
    rebuilt: bool = False

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What to prove, and with what."""

    engine: Engine
    settings: Settings
    references: References
    progress: RefoldProgress | None = None

    def damages(self) -> Iterator[Damage]:
        """All checks, one after the other. A check that cannot even read is itself something that was found."""
        for name, check in _CHECKS.items():
            try:
                with self.engine.connect() as connection:
                    dialect_of(connection).read_snapshot(connection)
                    with connection.begin():
                        dialect_of(connection).think_long(connection)
                        yield from check(self, connection)
            except DBAPIError as error:
                yield Damage(table=name, key="", found="unreadable", message=f"cannot be read: {explained(error)}")
            except ValueError:  # its text is left out: it quotes what cannot be read
                yield Damage(
                    table=name,
                    key="",
                    found="unreadable",
                    message="cannot be compared: an entry that it needs cannot be read",
                )

    def unchecked(self) -> list[str]:
        """What could not be checked here, in words: nothing found there proves nothing."""
        with self.engine.connect() as connection:
            found = dialect_of(connection).unchecked(connection)
        return [found] if found else []

    def remember(self, *, restored: bool = False) -> None:
        """Keeps the newest seals outside the database, to be found again next time."""
        with self.engine.connect() as connection:
            SealMemory(self.settings).remember(connection, restored=restored)
        if has_own_file(self.settings):
            with audit_of_commands(self.settings) as engine, engine.connect() as connection:
                SealMemory(self.settings, COMMANDS).remember(connection, restored=restored)


def storage_damages(connection: Connection) -> Iterator[Damage]:
    """What the database's own check of its files says."""
    for fault in dialect_of(connection).integrity_faults(connection):
        yield Damage(table="database", key="", found="damaged", message=f"its own check says: {fault}")


def _seals(_verification: Verification, connection: Connection) -> Iterator[Damage]:
    broken = first_break(connection)
    if broken is not None:
        yield of_break(broken)


def of_break(broken: Break) -> Damage:
    table = "seal" if broken.found == "seal" else "event_log"
    return Damage(
        table=table,
        key=str(broken.position),
        found=broken.found,
        message=_SAYS[broken.found],
        source=broken.source,
        id=broken.id,
    )


_SAYS = {
    "altered": "the entry was altered since it was sealed",
    "missing": "the entry was taken out since it was sealed",
    "added": "the entry was put in since it was sealed",
    "identity": "the entry is filed under another identity since it was sealed",
    "seal": "from here on entries are covered by a seal that was altered or taken out",
}


def _memory(verification: Verification, connection: Connection) -> Iterator[Damage]:
    yield from (_lost(lost.table, lost) for lost in SealMemory(verification.settings).lost(connection))


def _lost(table: str, head: LostHead) -> Damage:
    message = (
        "the newest link seen before is gone: the end of the chain was cut off or made again, or the "
        "database was restored from a backup (then `verify --restored` accepts it)"
    )
    return Damage(table=table, key=str(head.number), found="lost", message=message)


def _identities(_verification: Verification, connection: Connection) -> Iterator[Damage]:
    """The log and its identities name the same events, also where nothing is sealed yet."""
    both = IDENTITY.outerjoin(LOG, LOG.c.position == IDENTITY.c.position)
    for position in connection.scalars(select(IDENTITY.c.position).select_from(both).where(LOG.c.position.is_(None))):
        yield Damage(
            table="event_log", key=str(position), found="missing", message="an identity was given and its entry is gone"
        )
    named = [IDENTITY.c[name] == LOG.c[name] for name in ("position", "practice", "source", "id", "hash")]
    alone = select(LOG.c.position).outerjoin(IDENTITY, _all(named)).where(IDENTITY.c.position.is_(None))
    for position in connection.scalars(alone):
        yield Damage(
            table="event_identity",
            key=str(position),
            found="missing",
            message="no identity is kept for this entry, or another one",
        )


def _all(conditions: list[Any]) -> Any:
    first, *rest = conditions
    for condition in rest:
        first = first & condition
    return first


def _index(_verification: Verification, connection: Connection) -> Iterator[Damage]:
    says = {
        "missing": "the index does not file entry {0.position} here",
        "unreadable": "the entry's text cannot be read",
        "added": "the index files entry {0.position} here, where it does not belong",
    }
    for fault in index_faults(connection):
        yield Damage(
            table=fault.table,
            key=fault.key or str(fault.position),
            found=fault.found,
            message=says[fault.found].format(fault),
            rebuilt=fault.found != "unreadable",
        )


def _names(_verification: Verification, connection: Connection) -> Iterator[Damage]:
    says = {
        "missing": "entry {0.position} gives this name, and it is not filed",
        "altered": "no entry gives the name this way",
        "added": "no entry gives this name",
    }
    for fault in name_faults(connection):
        message = says[fault.found].format(fault)
        yield Damage(table=fault.table, key=fault.key, found=fault.found, message=message, rebuilt=True)


def _rows_beside(_verification: Verification, connection: Connection) -> Iterator[Damage]:
    says = {
        "altered": "the row was altered since it was sealed",
        "missing": "the row was taken out since it was sealed",
        "added": "the row was put in as if it had been sealed",
        "seal": "the seal was altered or taken out",
    }
    for fault in row_faults(connection):
        yield Damage(table=fault.table, key=fault.key, found=fault.found, message=says[fault.found])


def _conflicts(_verification: Verification, connection: Connection) -> Iterator[Damage]:
    """Every conflict that the log remembers has its input parked."""
    logged = connection.scalar(select(func.count()).select_from(LOG).where(LOG.c.type == CONFLICTED)) or 0
    parked = (
        connection.scalar(select(func.count()).select_from(PARKED).where(PARKED.c.origin == ParkedOrigin.CONFLICT)) or 0
    )
    if parked < logged:
        yield Damage(
            table="parked",
            key="",
            found="missing",
            message=f"the log has {logged} conflicts, and the input of {parked} is parked",
        )


def _audit(verification: Verification, _connection: Connection) -> Iterator[Damage]:
    found = check_audit(verification.engine)
    if not found["intact"]:
        yield _broken_audit("audit_entry", found)


def _commands(verification: Verification, _connection: Connection) -> Iterator[Damage]:
    """The command line's entries, where they are in a file of their own."""
    if not has_own_file(verification.settings):
        return
    with audit_of_commands(verification.settings) as engine:
        found = check_audit(engine)
        with engine.connect() as connection:
            lost = SealMemory(verification.settings, COMMANDS).lost(connection)
    if not found["intact"]:
        yield _broken_audit(FILE, found)
    yield from (_lost(FILE, head) for head in lost)


def _broken_audit(table: str, found: Mapping[str, Any]) -> Damage:
    message = "an audit entry was altered, or one before it taken out"
    return Damage(table=table, key=str(found["broken_at"]), found="altered", message=message)


def _raw_files(verification: Verification, connection: Connection) -> Iterator[Damage]:
    """Every file that an event names is there, and whatever is there is what its name says."""
    store = RawStore(verification.settings)
    named = set(
        connection.scalars(select(func.substr(LOG.c.rawref, 1, 64)).where(LOG.c.rawref.is_not(None)).distinct())
    )
    for sha256 in sorted(named | set(store.kept())):
        try:
            with closing(store.open(sha256)) as file:
                while file.read(CHUNK):
                    pass
        except NotFoundError:
            yield Damage(table="raw", key=sha256, found="missing", message="the file is not kept here")
        except (ClaimclockError, OSError) as error:
            told = error.message if isinstance(error, ClaimclockError) else "the file cannot be read"
            yield Damage(table="raw", key=sha256, found="altered", message=told)


def _stale(_verification: Verification, connection: Connection) -> Iterator[Damage]:
    for row in connection.execute(select(STALE).order_by(STALE.c.key, STALE.c.projection)):
        yield Damage(
            table="stale",
            key=row.key,
            found="stale",
            message=f"{row.projection} could not be folded ({row.error}); its rows are older than the log",
        )


def _read_rows(verification: Verification, _connection: Connection) -> Iterator[Damage]:
    says = {
        "stored": "the row has no ground in the log",
        "missing": "the log says there is a row",
        "different": "the row is not what the log says",
    }
    for wrong in verify(verification.engine, verification.references, verification.progress):
        yield Damage(table=wrong.table, key=wrong.key, found=wrong.found, message=says[wrong.found], rebuilt=True)


_CHECKS: dict[str, Callable[[Verification, Connection], Iterator[Damage]]] = {
    "database": lambda _verification, connection: storage_damages(connection),
    "seal": _seals,
    "seals.json": _memory,
    "event_identity": _identities,
    "event_key": _index,
    "names": _names,
    "sighting, parked": _rows_beside,
    "parked": _conflicts,
    "audit_entry": _audit,
    FILE: _commands,
    "raw": _raw_files,
    "stale": _stale,
    "read tables": _read_rows,
}
