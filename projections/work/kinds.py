"""The worklists, and the one order of them all: by these columns Python sorts items and SQL sorts rows."""

from __future__ import annotations

from projections.tables.vocabulary import ListKind

EVERY_LIST = ListKind.TODAY  # an act on it is about every item of the claim
KINDS = tuple(kind.value for kind in ListKind)
# Lists that other keys' folds fill: they are handed what people did about them.
FILLED_ELSEWHERE = (
    ListKind.UNDERPAYMENT,
    ListKind.OVERPAYMENT,
    ListKind.THRESHOLD,
    ListKind.READINESS,
    ListKind.UNBILLED,
    ListKind.AUTHORIZATION,
    EVERY_LIST,
)
# What is lost first; then what is overdue; then the larger amount; TIES make it stable. `overdue` is 0 for what is
# overdue at the instant asked about, else 1; `amount_order` is the amount at risk, negated.
TIES = ("claim_id", "kind", "item", "key")
ORDER = ("lost_on", "overdue", "amount_order", *TIES)
