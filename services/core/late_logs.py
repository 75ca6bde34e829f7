"""Logs of a command that hardly ever writes one: their pipeline is slow to import, and made for the first line."""

from __future__ import annotations

import logging


def configure_late_logs(level: str) -> None:
    """As `configure_logs`, once there is something to write or a module asks for its logger."""
    root = logging.getLogger()
    root.handlers = [_FirstLine(level)]
    root.setLevel(level)


def set_up_late_logs() -> None:
    """Makes the pipeline that `configure_late_logs` put off; nothing where there is one."""
    from services.core.logs import configure_logs  # noqa: PLC0415  this is what is slow

    for handler in logging.getLogger().handlers:
        if isinstance(handler, _FirstLine):
            configure_logs(handler.wanted)


class _FirstLine(logging.Handler):
    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted

    def emit(self, record: logging.LogRecord) -> None:
        set_up_late_logs()
        logging.getLogger().handle(record)
