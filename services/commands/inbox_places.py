"""What an inbox is read through: a directory of this machine, or one on an SFTP server."""

from __future__ import annotations

import asyncio
import shutil
import stat
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypeVar

from services.core.errors import ClaimclockError
from services.intake.inboxes import Inbox, SftpAccount

T = TypeVar("T")
CONNECT = 20.0  # seconds to reach a server, and to sign in


class UnreachableInboxError(ClaimclockError):
    """An inbox that cannot be looked into; the message says why."""


@dataclass(frozen=True)
class ListedFile:
    """A file as its directory lists it. `modified`: seconds since 1970."""

    name: str
    size: int
    modified: int


class InboxPlace(Protocol):
    """Looks into a directory. Everything raises UnreachableInboxError."""

    def listed(self) -> list[ListedFile]:
        """Files, not directories, by name."""

    def fetch(self, file: ListedFile, to: Path) -> None:
        """Copies a file here."""

    def move(self, file: ListedFile, folder: str) -> None:
        """Moves a file into a folder of the directory; one of the same name there is kept, too."""


def place_of(inbox: Inbox) -> InboxPlace:
    return LocalPlace(Path(inbox.directory)) if inbox.sftp is None else SftpPlace(inbox.sftp, inbox.directory)


@dataclass(frozen=True)
class LocalPlace:
    """A directory of this machine."""

    directory: Path

    def listed(self) -> list[ListedFile]:
        try:
            found = [(path, path.stat()) for path in sorted(self.directory.iterdir()) if path.is_file()]
        except OSError as error:
            raise UnreachableInboxError(f"{self.directory}: {error.strerror}") from None
        return [ListedFile(path.name, told.st_size, int(told.st_mtime)) for path, told in found]

    def fetch(self, file: ListedFile, to: Path) -> None:
        try:
            shutil.copy2(self.directory / file.name, to)
        except OSError as error:
            raise UnreachableInboxError(f"cannot be read: {error.strerror}") from None

    def move(self, file: ListedFile, folder: str) -> None:
        try:
            home = self.directory / folder
            home.mkdir(exist_ok=True)
            target = home / file.name
            if target.exists():
                target = home / f"{file.modified}-{file.size}-{file.name}"
            (self.directory / file.name).replace(target)
        except OSError as error:
            raise UnreachableInboxError(f"cannot be moved: {error.strerror}") from None


@dataclass(frozen=True)
class SftpPlace:
    """A directory on an SFTP server, whose key is checked before anything is said to it."""

    account: SftpAccount
    directory: str

    def listed(self) -> list[ListedFile]:
        async def work(sftp: Any) -> list[ListedFile]:
            found = [entry async for entry in sftp.scandir(self.directory)]
            files = [(entry.filename, entry.attrs) for entry in found if stat.S_ISREG(entry.attrs.permissions or 0)]
            return [ListedFile(str(name), attrs.size or 0, int(attrs.mtime or 0)) for name, attrs in sorted(files)]

        return self._with_server(work)

    def fetch(self, file: ListedFile, to: Path) -> None:
        async def work(sftp: Any) -> None:
            await sftp.get(self._path(file.name), str(to))

        self._with_server(work)

    def move(self, file: ListedFile, folder: str) -> None:
        async def work(sftp: Any) -> None:
            if not await sftp.exists(self._path(folder)):
                await sftp.mkdir(self._path(folder))
            target = self._path(folder, file.name)
            if await sftp.exists(target):
                target = self._path(folder, f"{file.modified}-{file.size}-{file.name}")
            await sftp.rename(self._path(file.name), target)

        self._with_server(work)

    def _path(self, *parts: str) -> str:
        return str(PurePosixPath(self.directory, *parts))

    def _with_server(self, work: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        try:
            return asyncio.run(asyncio.wait_for(self._connected(work), self.account.limit))
        except TimeoutError:
            raise UnreachableInboxError(f"{self.account.host}: no answer in time") from None
        except OSError as error:
            raise UnreachableInboxError(f"{self.account.host}: {error.strerror or type(error).__name__}") from None

    async def _connected(self, work: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        try:
            import asyncssh  # noqa: PLC0415  an extra, and slow to import
        except ImportError:
            raise UnreachableInboxError("SFTP needs claimclock[sftp] to be installed") from None
        account = self.account
        password = account.password()
        try:
            async with (
                asyncssh.connect(
                    account.host,
                    account.port,
                    username=account.user,
                    password=None if password is None else password.get_secret_value(),
                    client_keys=None if account.key_file is None else [str(account.key_file)],
                    agent_path=None,
                    config=None,
                    known_hosts=str(account.known_hosts),
                    connect_timeout=CONNECT,
                    login_timeout=CONNECT,
                    keepalive_interval=15,
                ) as connection,
                connection.start_sftp_client() as sftp,
            ):
                return await work(sftp)
        except asyncssh.HostKeyNotVerifiable:
            raise UnreachableInboxError(
                f"{account.host}: its host key does not match {account.known_hosts}; nothing was sent"
            ) from None
        except asyncssh.PermissionDenied:
            raise UnreachableInboxError(f"{account.host}: user, password or key was refused") from None
        except asyncssh.Error as error:
            raise UnreachableInboxError(f"{account.host}: {type(error).__name__}") from None
