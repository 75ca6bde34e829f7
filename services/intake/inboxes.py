"""Where files arrive: the inboxes of a TOML file, each a directory of this machine or one on an SFTP server."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from services.core.errors import SettingsError
from services.core.settings import Settings

# Names under which senders write what is not whole yet.
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".writing", ".crdownload", "~")


class SftpAccount(BaseModel):
    """An account on an SFTP server. `known_hosts` names the server's key: without it nothing is sent, not even a name.

    Either `password_file` or `key_file`. `limit`: seconds that one look may take.
    """

    model_config = ConfigDict(extra="forbid")
    host: str = Field(min_length=1)
    port: int = Field(22, ge=1, le=65_535)
    user: str = Field(min_length=1)
    known_hosts: Path
    key_file: Path | None = None
    password_file: Path | None = None
    limit: float = Field(600, gt=0)

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.key_file is None) == (self.password_file is None):
            raise ValueError("give key_file or password_file")
        return self

    def password(self) -> SecretStr | None:
        """Raises OSError where the file cannot be read."""
        return None if self.password_file is None else SecretStr(self.password_file.read_text("utf-8").strip())


class Inbox(BaseModel):
    """A place where files arrive. `directory` is on this machine, or on the server of `sftp`.

    then: what is done with a file that was taken: `move` (to `done/`, or `failed/`), or `leave`. `settle`: seconds that
    a file must not have changed. `received_at`: now, file (the interchange's own time) or mtime.
    """

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=1000)
    directory: str = Field(min_length=1)
    sftp: SftpAccount | None = None
    pattern: str = "*"
    then: Literal["move", "leave"] = "move"
    settle: float = Field(10, ge=0)
    received_at: Literal["now", "file", "mtime"] = "now"

    def wants(self, name: str) -> bool:
        """Whether a file of this name is one to take: what is hidden or not whole yet is left alone."""
        whole = not name.startswith(".") and not name.lower().endswith(UNFINISHED)
        return whole and Path(name).match(self.pattern)


class InboxList(BaseModel):
    model_config = ConfigDict(extra="forbid")
    every: Annotated[float, Field(gt=0, description="Seconds between checks.")] = 60
    inbox: list[Inbox] = Field([], max_length=50)


def inboxes_of(settings: Settings) -> InboxList:
    """Those of the settings, or of `inboxes.toml` in the data directory; none where there is no such file.

    Raises SettingsError.
    """
    path = settings.inboxes or settings.data_dir / "inboxes.toml"
    return read_inboxes(path) if settings.inboxes or path.exists() else InboxList()


def read_inboxes(path: Path) -> InboxList:
    """The inboxes of a file. Raises SettingsError, naming what is wrong and where."""
    try:
        found = InboxList.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise SettingsError(f"{path}: {told}") from None
    return _checked(found, path)


def _checked(found: InboxList, path: Path) -> InboxList:
    names = [inbox.name for inbox in found.inbox]
    if len(set(names)) < len(names):
        raise SettingsError(f"{path}: two inboxes have one name")
    return found


def directories(paths: Sequence[Path], then: Literal["move", "leave"]) -> list[Inbox]:
    """Inboxes of directories named on a command line."""
    return [Inbox(name=str(path.absolute()), directory=str(path.absolute()), then=then) for path in paths]
