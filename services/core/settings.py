"""Every setting there is: environment variables CLAIMCLOCK_*. With none set, all is embedded in one directory."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.core.errors import SettingsError
from services.core.files import private_directory, whole_file

PREFIX = "CLAIMCLOCK_"
SECRETS_DIR = "CLAIMCLOCK_SECRETS_DIR"  # a directory with one file a setting, named as its variable, in small letters
UTC = "UTC"
RAW_SCHEMES = ("file", "s3", "memory")  # memory: of this process alone, for tests
MOST_STREAMS = 64  # keys that the event stream can be split over; each costs a projector a connection
REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")


class Settings(BaseSettings):
    """Units are seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    data_dir: Path = Path("claimclock-data")
    redis_url: str | None = Field(None, repr=False)
    database_url: str | None = Field(None, repr=False)
    read_database_url: str | None = Field(None, repr=False, description="a PostgreSQL replica that pages and API read")

    practice: str = Field("default", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    practice_zone: str = UTC

    stream: str = Field("claimclock:events", min_length=1)
    streams: int = Field(1, ge=1, le=MOST_STREAMS, description="keys that the stream is split over, by practice")
    group: str = Field("projector", min_length=1)
    batch_size: int = Field(1_000, ge=1, le=10_000)
    stream_replicas: int = Field(0, ge=0, description="replicas of the stream server that must have an event on disk")
    fold_processes: int | None = Field(None, ge=1, le=256, description="that fold when much waits; none: one a core")
    reclaim_idle: float = Field(30, gt=0, description="an entry unacknowledged for so long is taken over")
    reclaim_every: float = Field(10, gt=0)
    backoff_first: float = Field(0.1, gt=0)
    backoff_longest: float = Field(30, gt=0)
    graceful: float = Field(15, gt=0, description="how long a stop waits for the batch in hand")

    database_lock_timeout: float = Field(20, gt=0, description="how long PostgreSQL lets us wait for another's lock")
    database_idle_timeout: float = Field(20, gt=0, description="PostgreSQL ends a transaction idle for so long")
    database_statement_timeout: float = Field(30, gt=0, description="PostgreSQL ends a read for a page or API after it")

    raw_key: SecretStr | None = Field(None, description="a Fernet key; raw files are encrypted with it")
    raw_store: str | None = Field(
        None, min_length=1, description="where raw files are kept: a directory, or s3://bucket/path shared by all hosts"
    )
    ref_key: SecretStr | None = Field(None, description="keys the hash in URLs and logs; all processes need the same")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_json: bool = False

    host: str = "127.0.0.1"
    port: int = Field(8400, ge=1, le=65_535)
    monitor_port: int | None = Field(
        None, ge=1, le=65_535, description="where a projector or scheduler answers /healthz, /readyz and /metrics"
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="addresses, comma-separated, whose X-Forwarded-* headers are believed"
    )
    public_url: str | None = Field(None, pattern=r"^https?://[^\s?#]+$", description="where browsers find us")
    cookie_key: SecretStr | None = Field(None, description="signs cookies; all API processes need the same")
    session_idle: float = Field(900, gt=0, description="signed off after so long without a request")
    session_lifetime: float = Field(43_200, gt=0, description="signed off after so long in any case")
    max_body: int = Field(8 << 20, ge=1024, description="bytes of a JSON body")
    max_upload: int = Field(256 << 20, ge=1024, description="bytes of an EDI file")
    rate_limit: int = Field(6_000, ge=1, description="requests a minute per API key or person")
    refused_limit: int = Field(1_000, ge=1, description="invalid events a minute per API key or person that are kept")
    lag_limit: int = Field(200_000, ge=1, description="entries not yet projected; above it nothing more is accepted")
    lag_seconds: float = Field(300, gt=0, description="/readyz says no where an event waits longer for its projection")
    retry_after: int = Field(5, ge=1)
    oidc_issuer: str | None = Field(None, pattern=r"^https?://[^\s?#]+$")
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_claim: str = Field("email", description="the claim that holds the name a person is known by here")
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    webhook_url: str | None = Field(None, pattern=r"^https?://\S+$", repr=False, description="hears of each alert once")
    webhook_secret: SecretStr | None = Field(None, description="signs what the webhook is sent; needed with a URL")
    webhook_timeout: float = Field(10, gt=0)
    webhook_tries: int = Field(8, ge=1, description="after the last one an alert is parked; the list has it anyway")
    notify_inside: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="hosts and networks (10.0.0.0/8) of your own that notifications may go to, with commas between"
    )
    webhook_backoff: float = Field(30, gt=0, description="before the second try; doubles with each further one")

    inboxes: Path | None = Field(None, description="a TOML file of directories and SFTP accounts where files arrive")
    digest_at: str = Field(
        "07:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="when summaries are sent: daily, and on Mondays",
    )

    test_files: Literal["post", "keep_aside"] = Field("post", description="EDI files marked as a test (ISA15 T)")

    audit_commands: bool = Field(
        default=True, description="commands write down who used them; off only for a copy that cannot be written"
    )
    lease: float = Field(30, gt=0, description="a scheduler unheard of for so long is replaced by another")
    alerts_every: float = Field(60, gt=0)
    deliver_every: float = Field(5, gt=0)
    seal_every: float = Field(300, gt=0)
    trim_every: float = Field(600, gt=0)
    stream_keep: float = Field(86_400, ge=0, description="how long entries stay in the stream after they are logged")
    nightly_at: str = Field("03:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="when a sample is verified")
    verify_sample: int = Field(50, ge=0, description="keys of the log folded again each night and compared")

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("practice_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("not the name of a time zone, such as America/New_York") from None
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str | None) -> str | None:
        if value is not None and value.partition("://")[0] not in REDIS_SCHEMES:
            raise ValueError(f"must start with one of {', '.join(f'{scheme}://' for scheme in REDIS_SCHEMES)}")
        return value

    @field_validator("raw_store")
    @classmethod
    def _raw_scheme(cls, value: str | None) -> str | None:
        scheme, found, _ = (value or "").partition("://")
        if found and scheme not in RAW_SCHEMES:
            raise ValueError("must be a directory, or start with s3://")
        return value

    @field_validator("database_url", "read_database_url")
    @classmethod
    def _database_scheme(cls, value: str | None) -> str | None:
        """Plain postgresql:// means the driver that is installed."""
        if value is None or value.startswith("sqlite:///"):
            return value
        try:
            urlsplit(value).port  # noqa: B018
        except ValueError:
            raise ValueError("the port is not a number") from None
        if value.startswith("postgresql+psycopg://"):
            return value
        scheme, _, rest = value.partition("://")
        if scheme not in {"postgresql", "postgres"}:
            raise ValueError("must start with postgresql:// or sqlite:///")
        return f"postgresql+psycopg://{rest}"

    @field_validator("raw_key")
    @classmethod
    def _fernet(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        from cryptography.fernet import Fernet  # noqa: PLC0415  slow to import, and most reads need no key

        try:
            Fernet(value.get_secret_value())
        except ValueError:
            raise ValueError("not a Fernet key (32 bytes in URL-safe base64)") from None
        return value

    @field_validator("api_keys", "notify_inside", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(filter(None, (one.strip() for one in value.split(",")))) if isinstance(value, str) else value

    @property
    def database(self) -> str | Path:
        """The SQLAlchemy URL given, else the SQLite file in the data directory."""
        return self.database_url or self.data_dir / "claimclock.db"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.practice_zone)

    def ref_secret(self) -> bytes:
        """The key of the opaque `ref`: the setting, else a random one made once per data directory."""
        if self.ref_key is not None:
            return self.ref_key.get_secret_value().encode()
        return _kept_secret(self.data_dir, "secret")

    def cookie_secret(self) -> bytes:
        """The key of cookies and cursors: the setting, else a random one made once per data directory."""
        if self.cookie_key is not None:
            return self.cookie_key.get_secret_value().encode()
        return _kept_secret(self.data_dir, "cookie-secret")

    def cautions(self, kept_zone: str = UTC) -> list[str]:
        """What is legal but probably not meant, one line each, for the start of a service.

        kept_zone: the one recorded in the data, which holds where none is set.
        """
        found = [f"{name} is not a known setting" for name in sorted(_unknown_variables())]
        if "practice_zone" not in self.model_fields_set and kept_zone == UTC:
            found.append(f"{PREFIX}PRACTICE_ZONE is not set: days end at midnight UTC")
        if self.database_url and not self.database_url.startswith("sqlite") and self.ref_key is None:
            found.append(f"{PREFIX}REF_KEY is not set: processes on other machines will make other refs")
        if (self.raw_store or "").startswith("s3:") and self.raw_key is None:
            found.append(f"{PREFIX}RAW_KEY is not set: files in {PREFIX}RAW_STORE are only as safe as the bucket")
        return found


def load_settings(**overrides: Any) -> Settings:
    """The environment's settings, some overridden by name. Raises SettingsError, one line for all that is wrong."""
    try:
        return Settings(
            _secrets_dir=os.environ.get(SECRETS_DIR) or None,
            **{name: value for name, value in overrides.items() if value is not None},
        )
    except ValidationError as error:
        # The value is not repeated: it may be a key, or a URL with a password.
        wrong = [f"{PREFIX}{str(item['loc'][0]).upper()}: {_plain(item['msg'])}" for item in error.errors()]
        raise SettingsError("; ".join(wrong)) from None


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _unknown_variables() -> set[str]:
    known = {SECRETS_DIR, *(f"{PREFIX}{name}".upper() for name in Settings.model_fields)}
    return {name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known}


def _kept_secret(data_dir: Path, name: str) -> bytes:
    path = private_directory(data_dir) / name
    if not path.exists():
        # Of several processes at once the first wins; the others read what it wrote.
        with suppress(FileExistsError), whole_file(path, replace=False) as file:
            file.write(secrets.token_hex(32).encode())
    return path.read_bytes()
