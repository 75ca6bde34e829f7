"""Figures of this process for Prometheus. Labels name routes and parts of the program, never a patient or claim."""

from __future__ import annotations

from prometheus_client import Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LOG_SECONDS = Histogram(
    "claimclock_log_seconds",
    "Seconds to log one batch of stream entries and to mark the keys it touches, in this process.",
    buckets=BUCKETS,
    registry=None,  # each application shows it in a registry of its own
)
FOLD_SECONDS = Histogram(
    "claimclock_fold_seconds",
    "Seconds to fold some marked keys and to commit their rows, in this process.",
    buckets=BUCKETS,
    registry=None,  # each application shows it in a registry of its own
)
