"""The command with a fault built in, as a process of its own runs it."""

import sys

_START = "import sys; from services.cli.main import main; sys.exit(main())"


def command(fault):
    return (sys.executable, "-c", fault + _START)


def ahead(days):
    """The clock of the machine is that many days ahead."""
    return command(f"""
from datetime import timedelta
from services.core.clock import SystemClock
real = SystemClock.now
SystemClock.now = lambda self: real(self) + timedelta(days={days})
""")


def deadly(claim_id):
    """Folding this claim kills the process, as a fault in a library of compiled code would."""
    return command(f"""
import dataclasses, os
from services.projector.registry import KEY_PROJECTORS
real = KEY_PROJECTORS["claim"]
def prepare(key, *rest):
    if key.endswith("|{claim_id}"):
        os._exit(9)
    return real.prepare(key, *rest)
KEY_PROJECTORS["claim"] = dataclasses.replace(real, prepare=prepare)
""")
