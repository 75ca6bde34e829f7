"""The `claimclock` command."""

from __future__ import annotations

import sys

import click
import typer

from services.cli import reading, writing
from services.errors import ClaimclockError

app = typer.Typer(
    name="claimclock",
    help="Follows every outpatient-therapy claim from the visit to the last cent.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for verb in (writing.ingest, reading.worklist, reading.claim, reading.thresholds, reading.aging,
             reading.underpayments, writing.parked, writing.rebuild, writing.verify):  # fmt: skip
    app.command()(verb)


def main() -> None:
    """Runs the verb. Exit status 2 for usage, 1 for a failure, one clear line on standard error, no traceback."""
    try:
        status = app(standalone_mode=False)
    except ClaimclockError as error:
        _say(error.message)
        sys.exit(error.exit_status)
    except click.UsageError as error:
        _say(error.format_message())
        sys.exit(2)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)


def _say(message: str) -> None:
    sys.stderr.write(f"claimclock: {message}\n")


if __name__ == "__main__":
    main()
