"""Rounds in turn, so that what else the machine does falls on all alike; medians; ratios within one round."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any

Tick = Callable[[str], None]  # called with what begins, once for each measurement
Measure = Callable[[], float]


def interleaved(subjects: Mapping[str, Measure], rounds: int, tick: Tick) -> dict[str, list[float]]:
    """Each subject's figure in each round."""
    found: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, measure in subjects.items():
            tick(name)
            found[name].append(measure())
    return found


def middle(figures: list[float]) -> float:
    return round(median(figures), 3)


def ratio(figures: list[float], beside: list[float]) -> float:
    """The median of the ratios of each round."""
    return round(median(one / other for one, other in zip(figures, beside, strict=True)), 3)


def machine() -> dict[str, Any]:
    """What figures of the same machine have in common, without naming it."""
    return {"cores": os.cpu_count(), "python": platform.python_version()}


def compared(before: Any, now: Any) -> list[dict[str, Any]]:
    """Every figure that both reports hold under one name, next to each other."""
    earlier, later = dict(_named(before)), dict(_named(now))
    return [
        {"figure": name, "before": earlier[name], "now": value, "ratio": round(value / earlier[name], 2)}
        for name, value in later.items()
        if earlier.get(name)
    ]


NAMING = ("database", "read", "rate", "logged", "projectors")  # what tells the rows of a part apart


def _named(report: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a report, each with where it stands."""
    if isinstance(report, Mapping):
        for key, value in report.items():
            if key not in NAMING:
                yield from _named(value, f"{name} {key}".strip())
    elif isinstance(report, list):
        for row in report:
            told = " ".join(str(row[key]) for key in NAMING if key in row) if isinstance(row, Mapping) else ""
            yield from _named(row, f"{name} {told}".strip())
    elif isinstance(report, (int, float)) and not isinstance(report, bool):
        yield name, report
