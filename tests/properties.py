"""How long property tests run: as many examples as each asks for, or a few where a quick answer is wanted."""

import os

from hypothesis import settings

FEW = 10
IS_SHORT = os.environ.get("CLAIMCLOCK_TEST_SHORT") == "1"  # `make test-fast`


def property_run(examples, **options):
    """The settings of a property test; how long one example takes says more of the machine than of the code."""
    return settings(max_examples=min(examples, FEW) if IS_SHORT else examples, deadline=None, **options)
