"""Figures of this process for Prometheus. Labels name routes and parts of the program, never a patient or claim."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# None is in a registry by itself: each application shows them in one of its own.
LOG_SECONDS = Histogram(
    "claimclock_log_seconds",
    "Seconds to log one batch of stream entries and to mark the keys it touches, in this process.",
    buckets=BUCKETS,
    registry=None,
)
FOLD_SECONDS = Histogram(
    "claimclock_fold_seconds",
    "Seconds to fold some marked keys and to commit their rows, in this process and the processes that help it.",
    buckets=BUCKETS,
    registry=None,
)
FOLDED_KEYS = Counter("claimclock_folded_keys", "Keys folded, as claimclock_fold_seconds.", registry=None)
FOLD_HELPERS = Gauge("claimclock_fold_helpers", "Processes that help this one to fold.", registry=None)
FOLD_HELPER_CPU = Counter(
    "claimclock_fold_helper_cpu_seconds", "CPU that the helping processes of this one have used.", registry=None
)
INBOX_UNREACHABLE = Gauge(
    "claimclock_inbox_unreachable", "1 where the last look into an inbox failed.", ["inbox"], registry=None
)
OF_THIS_PROCESS = (
    LOG_SECONDS,
    FOLD_SECONDS,
    FOLDED_KEYS,
    FOLD_HELPERS,
    FOLD_HELPER_CPU,
    INBOX_UNREACHABLE,
)
