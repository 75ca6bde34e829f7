"""Where files arrive by themselves: the inboxes of the configuration and the drop folder of the web app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select

from services.core.settings import Settings
from services.intake.inboxes import Inbox, InboxList, inboxes_of
from services.reads.read_context import ReadContext
from services.store.inbox_tables import FAILED, INBOX_FILE, SEEN, TAKEN
from services.store.practice_settings import PracticeSettings, SettingKind

DROP_FOLDER = "Drop folder"


def drop_folder(settings: Settings) -> Inbox:
    """A directory in the data directory, so that no other directory of the machine is named in a browser."""
    return Inbox(name=DROP_FOLDER, directory=str((settings.data_dir / "inbox").absolute()))


def drop_folder_is_on(engine: Engine, practice: str) -> bool:
    kept = PracticeSettings(engine, practice).get(SettingKind.INBOX)
    return kept is not None and bool(kept.body["on"])


def inboxes_in_use(engine: Engine, settings: Settings) -> InboxList:
    """Those that are configured, and the drop folder if it is on. Raises SettingsError."""
    known = inboxes_of(settings)
    if not drop_folder_is_on(engine, settings.practice):
        return known
    return known.model_copy(update={"inbox": [*known.inbox, drop_folder(settings)]})


def inboxes_for(engine: Engine, settings: Settings, practice: str) -> InboxList:
    """Those that bring files to this practice: a server's inboxes are all its own practice's. Raises SettingsError."""
    return inboxes_in_use(engine, settings) if practice == settings.practice else InboxList()


@dataclass(frozen=True, kw_only=True)
class InboxState:
    """What came of an inbox: how many files were taken, wait or failed, and when one was taken last."""

    name: str
    place: str
    pattern: str
    taken: int
    waiting: int
    failed: int
    last: datetime | None


def inbox_states(context: ReadContext, settings: Settings) -> list[InboxState]:
    """One for each inbox of the practice. Raises SettingsError."""
    told = _totals(context)
    return [_state(inbox, told) for inbox in inboxes_for(context.engine, settings, context.practice).inbox]


def _totals(context: ReadContext) -> Mapping[tuple[str, str], tuple[int, datetime]]:
    query = (
        select(INBOX_FILE.c.inbox, INBOX_FILE.c.state, func.count(), func.max(INBOX_FILE.c.changed_at))
        .where(INBOX_FILE.c.practice == context.practice)
        .group_by(INBOX_FILE.c.inbox, INBOX_FILE.c.state)
    )
    with context.engine.connect() as connection:
        return {(row[0], row[1]): (int(row[2]), row[3]) for row in connection.execute(query)}


def _state(inbox: Inbox, told: Mapping[tuple[str, str], tuple[int, Any]]) -> InboxState:
    counts = {state: told.get((inbox.name, state), (0, None)) for state in (TAKEN, SEEN, FAILED)}
    server = f"{inbox.sftp.user}@{inbox.sftp.host}: " if inbox.sftp else ""
    return InboxState(
        name=inbox.name,
        place=f"{server}{inbox.directory}",
        pattern=inbox.pattern,
        taken=counts[TAKEN][0],
        waiting=counts[SEEN][0],
        failed=counts[FAILED][0],
        last=counts[TAKEN][1],
    )
