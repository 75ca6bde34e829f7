"""What can go wrong in a service, and what that means to a caller: exit status, HTTP status, worth another try."""

from __future__ import annotations

from typing import ClassVar


class ClaimclockError(Exception):
    """The base of everything raised on purpose. Its message is one clear line without patient data."""

    retryable: ClassVar[bool] = False
    http_status: ClassVar[int] = 500
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

    @property
    def message(self) -> str:
        return str(self)


class UsageError(ClaimclockError):
    """What was asked for makes no sense; asking again will not help."""

    http_status = 422
    exit_status = 2


class SettingsError(UsageError):
    """A setting is wrong; the message names its environment variable."""

    http_status = 500


class NotFoundError(ClaimclockError):
    """No such claim, worklist, file or entry."""

    http_status = 404


class ConflictError(ClaimclockError):
    """The same identity is already logged with other content."""

    http_status = 409


class TransientError(ClaimclockError):
    """Something outside (the stream server, the database) is away for now; the same call may succeed later."""

    retryable = True
    http_status = 503


class EmbeddedServerError(ClaimclockError):
    """The embedded stream server could not be started or reached."""

    http_status = 503


class RawStoreError(ClaimclockError):
    """A kept raw file is missing, damaged, or encrypted with another key."""
