"""How long property tests run: as many examples as each asks for, a few for a quick answer, many times more in a soak."""

import os

from hypothesis import settings

FEW = 10
IS_SHORT = os.environ.get("CLAIMCLOCK_TEST_SHORT") == "1"  # `make test-fast`
TIMES = int(os.environ.get("CLAIMCLOCK_TEST_TIMES", "1"))  # `make soak`
IS_LONG = TIMES > 1


def property_run(examples, **options):
    """The settings of a property test; how long one example takes says more of the machine than of the code."""
    wanted = min(examples, FEW) if IS_SHORT else examples * TIMES
    return settings(max_examples=wanted, deadline=None, **options)
