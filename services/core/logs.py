"""Structured logs on standard error. They carry `ref` only: whatever may hold patient data is masked on its way out."""

from __future__ import annotations

import hashlib
import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from services.core.error_words import describe
from services.core.late_logs import set_up_late_logs

MASK = "***"
_WORDS = """
address amount appeal_reference birth_date body claim claim_id content data diagnoses dob email entry fields file
filename first_name identifier identifiers id_code last_name line lines member_id message_body mrn name note
original_reference params parameters path patient patient_id payer_claim_number payload phone raw record records
reference row rows search segment segments ssn statement subject submission subscriber subscriber_id text
trace trace_number used_amount value visit visit_id visit_ids
"""
# `event` is not among them: it is structlog's name for the message, a constant of our own sources.
MASKED_KEYS = frozenset(_WORDS.split())
_MASKED_ENDINGS = ("_name", "_data", "_raw", "_body", "claim_id", "patient_id", "subject")
_SAFE_TYPES = (bool, int, float, Decimal, date, timedelta, Enum, UUID, type(None))
_OPAQUE = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9a-f]{16,64}", re.IGNORECASE)


def configure_logs(level: str = "INFO", *, as_json: bool = False) -> None:
    """Sends our logs and those of the libraries through one pipeline, redaction last but one."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        explain_exception,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared, as_json=as_json))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Libraries log every batch and every connection; only their warnings are of interest.
    for name in ("alembic", "faststream", "apscheduler", "httpx", "httpcore", "uvicorn.access", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _formatter(shared: list[structlog.typing.Processor], *, as_json: bool) -> logging.Formatter:
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(default=str) if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Masks what may hold patient data: by the key's name, and every value that is not a plain scalar."""
    for key, value in event.items():
        if _telling(key, value) or not _plain(key, value):
            event[key] = MASK
    return event


def _telling(key: str, value: Any) -> bool:
    lowered = key.lower()
    if isinstance(value, int) and lowered.endswith("s"):
        return False  # rows=500, segments=12: a count reveals nothing
    return lowered in MASKED_KEYS or lowered.endswith(_MASKED_ENDINGS)


def _plain(key: str, value: Any) -> bool:
    # structlog's own bookkeeping must pass through to the formatter untouched.
    return key.startswith("_") or isinstance(value, (str, *_SAFE_TYPES))


def explain_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces exc_info by types and places. A foreign error's message may quote the data that caused it: left out."""
    info = event.pop("exc_info", None)
    error = _exception_of(info)
    if error is not None:
        event["exception"] = " <- ".join(_chain(error))
    record = event.get("_record")
    if record is not None:  # else the formatter would append the original text after all
        record.exc_info = record.exc_text = None
    return event


def _exception_of(info: Any) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    if isinstance(info, tuple):
        return info[1] if isinstance(info[1], BaseException) else None
    return sys.exc_info()[1] if info else None


def _chain(error: BaseException | None) -> Iterator[str]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield describe(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def get_logger(name: str) -> Any:
    """A logger of this pipeline, whichever command is run. Modules ask here, never structlog itself."""
    set_up_late_logs()
    return structlog.get_logger(name)


@contextmanager
def correlated(correlation_id: str | None) -> Iterator[None]:
    """Binds the correlation id to every log line within. One that is not plainly opaque is hashed first."""
    with bound_contextvars(correlation_id=_opaque(correlation_id)):
        yield


def _opaque(value: str | None) -> str | None:
    if value is None or _OPAQUE.fullmatch(value):
        return value
    return hashlib.sha256(value.encode()).hexdigest()[:16]
