"""The `claimclock` command."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType

import typer
from sqlalchemy.exc import DBAPIError

from services.core.error_words import describe
from services.core.errors import ClaimclockError
from services.core.late_logs import configure_late_logs
from services.core.settings import load_settings
from services.store.failures import explained

# Typer brings a copy of click of its own; the base of its usage errors has no public name.
BadUsage: type[Exception] = typer.BadParameter.__mro__[1]

# Where each verb lives. Only the module of the verb in use is imported: a list must be there in a blink, and what
# runs a server is slow to load.
VERBS = {
    "demo": "services.cli.demo",
    "serve": "services.cli.serve",
    "ingest": "services.cli.writing",
    "watch": "services.cli.watch",
    "carry-over": "services.cli.carrying_over",
    "export": "services.cli.export",
    "worklist": "services.cli.worklists",
    "claim": "services.cli.one_claim",
    "claims": "services.cli.claim_listing",
    "thresholds": "services.cli.reading",
    "aging": "services.cli.reading",
    "underpayments": "services.cli.reading",
    "deposits": "services.cli.depositing",
    "letter": "services.cli.letters",
    "team": "services.cli.team",
    "routing": "services.cli.routing",
    "match": "services.cli.matching",
    "alerts": "services.cli.alerting",
    "patterns": "services.cli.patterns",
    "changes": "services.cli.patterns",
    "findings": "services.cli.findings",
    "visit": "services.cli.findings",
    "close-visit": "services.cli.closing_visits",
    "reopen-visit": "services.cli.closing_visits",
    "assign-item": "services.cli.items",
    "snooze-item": "services.cli.items",
    "note-item": "services.cli.items",
    "close-item": "services.cli.items",
    "reopen-item": "services.cli.items",
    "payers": "services.cli.payers",
    "rules": "services.cli.rules",
    "estimate": "services.cli.estimating",
    "contracts": "services.cli.contracting",
    "what-if": "services.cli.contracting",
    "parked": "services.cli.writing",
    "rebuild": "services.cli.writing",
    "verify": "services.cli.verifying",
    "migrate": "services.cli.migrating",
    "user": "services.cli.people",
    "key": "services.cli.people",
    "webhooks": "services.cli.webhooks",
    "login-link": "services.cli.people",
    "bench": "services.cli.bench",
    "doctor": "services.cli.doctor",
    "audit": "services.cli.auditing",
}


def build(words: Sequence[str]) -> typer.Typer:
    """The command with the verb that the words name, or with all of them where they name none."""
    app = typer.Typer(
        name="claimclock",
        help="Follows every outpatient-therapy claim from the visit to the last cent.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_nothing)
    asked = next((word for word in words if not word.startswith("-")), None)
    for verb in [asked] if asked in VERBS else VERBS:
        found = getattr(import_module(VERBS[verb]), verb.replace("-", "_"))
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=verb)
        else:
            app.command(name=verb)(found)
    return app


def _nothing() -> None:
    """Follows every outpatient-therapy claim from the visit to the last cent."""


def main() -> None:
    """Runs the verb. Exit status 2 for usage, 1 for a failure, one clear line on standard error, no traceback."""
    try:
        _unwind_when_told()
        os.umask(0o077)  # whatever is written holds health information
        configure_late_logs(load_settings().log_level if "serve" in sys.argv[1:2] else "WARNING")
        status = build(sys.argv[1:])(standalone_mode=False)
    except ClaimclockError as error:
        _say(error.message)
        sys.exit(error.exit_status)
    except BadUsage as error:
        _say(" ".join(error.format_message().split()))  # type: ignore[attr-defined]
        sys.exit(2)
    except typer.Exit as leaving:
        sys.exit(leaving.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        _say(f"{error.filename or 'the system'}: {error.strerror or type(error).__name__}")
        sys.exit(1)
    except DBAPIError as error:
        _say(explained(error))
        sys.exit(1)
    except Exception as error:  # our own bug: still one line, and the trace for anyone who asks
        if os.environ.get("CLAIMCLOCK_LOG_LEVEL", "").upper() == "DEBUG":
            raise
        _say(f"{describe(error)}; set CLAIMCLOCK_LOG_LEVEL=DEBUG for details")
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _unwind_when_told() -> None:
    """A request to stop ends the verb in order, as Ctrl-C does: what it started is stopped too."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # else it is to be ignored, as under nohup
            signal.signal(number, leave)


def _say(message: str) -> None:
    sys.stderr.write(f"claimclock: {message}\n")


if __name__ == "__main__":
    main()
