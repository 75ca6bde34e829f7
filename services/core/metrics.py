"""Figures of this process for Prometheus. Labels name routes and parts of the program, never a patient or claim."""

from __future__ import annotations

from prometheus_client import Histogram

FOLD_SECONDS = Histogram(
    "claimclock_fold_seconds",
    "Seconds to log, fold and commit one batch of stream entries, in this process.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=None,  # each application shows it in a registry of its own
)
