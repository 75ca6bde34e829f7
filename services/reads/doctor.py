"""The state of an installation: what is set, reachable, writable or missing, and how to fix it. Changes nothing."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from services.core.errors import ClaimclockError
from services.core.settings import PREFIX, UTC, Settings
from services.core.telemetry import ENDPOINTS
from services.intake.inboxes import inboxes_of
from services.messaging.embedded_valkey import find_server
from services.messaging.publisher import progress_of_each
from services.messaging.redis_url import Client, connect, reaching
from services.messaging.stream_keys import StreamKeys
from services.projector.stream_guard import trimmed_warnings
from services.security.people import list_people
from services.store.engine import closing_engine, open_engine
from services.store.failures import explained
from services.store.raw_places import place_of
from services.store.schema import HEAD, behind_in_words, check_collation, refuse_newer, revision
from services.store.zone import recorded_zone

DISTRIBUTION = "claimclock"
PACKAGES = ("events", "projections", "services")
LEAST_ROOM = 1 << 30  # bytes free below which a warning is due
OLDEST_WITH_WAITAOF = (7, 2)


class CheckState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Checkup:
    """One thing looked at. `fix`: what to do; empty where all is well."""

    part: str
    state: CheckState
    found: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def examine(settings: Settings) -> list[Checkup]:
    """All findings, in the order in which one would look. No secret and no URL is shown."""
    found: list[Checkup] = []
    for look in (_program, _extras, _settings, _directory, _kept_files, _inboxes, _database, _stream):
        found += look(settings)
    return found


def _ok(part: str, found: str) -> Checkup:
    return Checkup(part=part, state=CheckState.OK, found=found)


def _warning(part: str, found: str, fix: str) -> Checkup:
    return Checkup(part=part, state=CheckState.WARNING, found=found, fix=fix)


def _failed(part: str, found: str, fix: str) -> Checkup:
    return Checkup(part=part, state=CheckState.FAILED, found=found, fix=fix)


def _program(_: Settings) -> Iterator[Checkup]:
    yield _ok("Python", ".".join(map(str, sys.version_info[:3])))
    owners = packages_distributions()
    others = {name: [d for d in owners.get(name, []) if d.lower() != DISTRIBUTION] for name in PACKAGES}
    for name, distributions in others.items():
        if distributions:
            yield _failed(
                "packages",
                f"{', '.join(distributions)} also installs a package named {name}",
                "install Claimclock in its own virtual environment",
            )
    if not any(others.values()):
        yield _ok("packages", "no other installed distribution uses our module names")


def _extras(settings: Settings) -> Iterator[Checkup]:
    """Packages that the settings require."""
    wanted = {
        "s3": ("s3fs", (settings.raw_store or "").startswith("s3://")),
        "telemetry": ("opentelemetry.sdk", any(os.environ.get(name) for name in ENDPOINTS)),
        "sftp": ("asyncssh", _has_sftp(settings)),
    }
    for extra, (module, is_wanted) in wanted.items():
        if is_wanted and not _installed(module):
            yield _failed("packages", f"the settings require {module}", f"pip install 'claimclock[{extra}]'")


def _has_sftp(settings: Settings) -> bool:
    try:
        return any(inbox.sftp for inbox in inboxes_of(settings).inbox)
    except ClaimclockError:
        return False  # `_inboxes` says what is wrong


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that would hold it
        return False


def _inboxes(settings: Settings) -> Iterator[Checkup]:
    """Directories only: to look into an account is to sign in there."""
    try:
        found = inboxes_of(settings).inbox
    except ClaimclockError as error:
        yield _failed("inboxes", error.message, f"correct the file, or {PREFIX}INBOXES")
        return
    for inbox in found:
        place = Path(inbox.directory)
        if inbox.sftp is not None:
            yield _ok("inbox", f"{inbox.name}, an SFTP account; `claimclock watch --once` signs in")
        elif not place.is_dir() or not os.access(place, os.R_OK | os.X_OK):
            yield _failed("inbox", f"{inbox.name}: {place} cannot be read", "correct its directory or permissions")
        elif inbox.then == "move" and not os.access(place, os.W_OK):
            yield _failed(
                "inbox", f"{inbox.name}: files cannot be moved in {place}", 'allow writing, or set then = "leave"'
            )
        else:
            yield _ok("inbox", f"{inbox.name}, {place}")


def _kept_files(settings: Settings) -> Iterator[Checkup]:
    """Where they are not in the data directory."""
    if settings.raw_store is None:
        return
    place = "shared storage" if "://" in settings.raw_store else settings.raw_store
    try:
        writable = place_of(settings).is_writable()
    except ClaimclockError as error:
        yield _failed("kept files", error.message, f"check {PREFIX}RAW_STORE and its credentials")
        return
    if writable is False:
        yield _failed("kept files", f"{place} cannot be written by this user", "change its owner to this user")
    elif writable is None:
        yield _ok("kept files", f"{place}, reachable; write access is checked with the first file")
    else:
        yield _ok("kept files", f"{place}, can be written")


def _settings(settings: Settings) -> Iterator[Checkup]:
    for caution in settings.cautions(_known_zone(settings)):
        yield _warning("settings", caution, "see deploy/README.md for every setting")
    if settings.raw_key is None:
        yield _warning(
            "encryption",
            "files are stored unencrypted",
            f"set {PREFIX}RAW_KEY (deploy/scripts/make-secrets creates one), or encrypt the disk",
        )
    else:
        yield _ok("encryption", "files are stored encrypted")


def _known_zone(settings: Settings) -> str:
    engine = _existing(settings)
    if engine is None:
        return UTC
    try:
        with closing_engine(engine):
            return recorded_zone(engine) or UTC
    except (SQLAlchemyError, ClaimclockError):
        return UTC


def _directory(settings: Settings) -> Iterator[Checkup]:
    place = settings.data_dir
    if not place.exists():
        yield _ok("data directory", f"{place} does not exist yet; the first command that writes creates it")
        return
    if not os.access(place, os.W_OK):
        yield _failed("data directory", f"{place} cannot be written by this user", "change its owner to this user")
    elif stat.S_IMODE(place.stat().st_mode) & 0o077:
        yield _warning("data directory", f"{place} can be read by others", f"chmod 700 {place}")
    else:
        yield _ok("data directory", f"{place}, not accessible to others")
    free = shutil.disk_usage(place).free
    if free < LEAST_ROOM:
        yield _warning("disk", f"{free >> 20} MB free", "free disk space: a full disk stops all writes")
    else:
        yield _ok("disk", f"{free >> 30} GB free")


def _existing(settings: Settings) -> Engine | None:
    """The database, if there is one: looking must not make a file."""
    if not isinstance(settings.database, str) and not settings.database.exists():
        return None
    return open_engine(settings.database)


def _database(settings: Settings) -> Iterator[Checkup]:
    engine = _existing(settings)
    if engine is None:
        yield _ok("database", "none yet; the first command that writes creates one")
        return
    try:
        yield from _tables(engine)
    except ClaimclockError as error:
        yield _failed("database", error.message, "use the version that created it, or another database")
    except DBAPIError as error:
        yield _failed("database", explained(error), f"check {PREFIX}DATABASE_URL, the server and user permissions")
    finally:
        engine.dispose()


def _tables(engine: Engine) -> Iterator[Checkup]:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        version = revision(connection)
        refuse_newer(version)
        if version != HEAD:
            found, _, fix = behind_in_words(version).partition(": ")
            yield _warning("database", f"reached; {found}", fix)
            return
        check_collation(connection)
    yield _ok("database", f"{engine.dialect.name}, reached, tables of this version")
    if list_people(engine):
        yield _ok("people", "someone can sign in")
    else:
        yield _warning("people", "nobody can sign in yet", "claimclock login-link admin")


def _stream(settings: Settings) -> Iterator[Checkup]:
    if settings.redis_url is None:
        running = find_server(settings.data_dir)
        yield _ok("stream", f"embedded Valkey, {'running' if running else 'started when needed'}")
        return
    try:
        client = connect(settings.redis_url, timeout=5)
        with reaching():
            yield from _server(client)
            yield from _keys(client, settings)
    except ClaimclockError as error:
        yield _failed("stream", error.message, f"check {PREFIX}REDIS_URL and the server")


def _keys(client: Client, settings: Settings) -> Iterator[Checkup]:
    """What waits in each key of the stream, and what was removed from one unread."""
    keys = StreamKeys.of(settings)
    each = progress_of_each(client, keys, settings.group)
    for number, found in each.items() if len(each) > 1 else ():
        left = "" if number in keys.chosen else ", used earlier and still read"
        yield _ok(keys.key(number), f"{found.waiting} entries wait to be logged{left}")
    for warning in trimmed_warnings(client, settings):
        yield _warning("events lost", warning, "resend them (duplicates are ignored); let nothing else trim the stream")


def _server(client: Any) -> Iterator[Checkup]:
    client.ping()
    facts = client.info("server")
    version = str(facts.get("valkey_version") or facts.get("redis_version") or "0")
    yield _ok("stream", f"reached, {'Valkey' if facts.get('valkey_version') else 'Redis'} {version}")
    numbers = tuple(int(part) for part in str(facts.get("redis_version", "0")).split(".")[:2])
    if numbers < OLDEST_WITH_WAITAOF:
        yield _warning(
            "durability",
            "the server cannot confirm that an event is on disk: responses wait until it is logged",
            "use Redis 7.2 or newer, or any Valkey",
        )
    memory = client.info("memory")
    if memory.get("maxmemory", 0) and memory.get("maxmemory_policy") != "noeviction":
        yield _failed(
            "eviction", "the server discards entries when its memory is full", "set maxmemory-policy noeviction"
        )
    if not client.info("persistence").get("aof_enabled"):
        yield _failed("persistence", "the server keeps no append-only file: a restart loses events", "appendonly yes")
