"""How long property tests run: as many examples as each asks for, a few for a quick answer, many times more in a soak."""

import os
import time
from functools import wraps

from hypothesis import settings

FEW = 10
IS_SHORT = os.environ.get("CLAIMCLOCK_TEST_SHORT") == "1"  # `make test-fast`
TIMES = int(os.environ.get("CLAIMCLOCK_TEST_TIMES", "1"))  # `make soak`
IS_LONG = TIMES > 1


UNTIL = float(os.environ.get("CLAIMCLOCK_TEST_UNTIL", "inf"))  # seconds of the machine's clock: the end of a soak


def time_is_over():
    return time.time() >= UNTIL


def property_run(examples, **options):
    """The settings of a property test; how long one example takes says more of the machine than of the code."""
    wanted = min(examples, FEW) if IS_SHORT else examples * TIMES
    run = settings(max_examples=wanted, deadline=None, **options)
    return lambda test: run(_bounded(test)) if IS_LONG else run(test)


def _bounded(test):
    """The property with no more examples once the time is over. `@given` stands above or below this."""
    handle = getattr(test, "hypothesis", None)
    inner = handle.inner_test if handle else test

    @wraps(inner)
    def one(*given, **named):
        return None if time_is_over() else inner(*given, **named)

    if handle is None:
        return one
    handle.inner_test = one
    return test
