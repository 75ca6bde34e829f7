"""The garbage collector of a process that folds."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """What is loaded by now stays: the collector leaves it alone, and looks at the rest once a batch or so.

    A batch makes some hundred thousand objects, hardly any in circles; looking at all that lives after every 700 of
    them took a fifth of the time.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
