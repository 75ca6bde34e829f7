"""Patterns over many claims: rates, denials by code, how long payers take, what missed deadlines cost."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.core.errors import UsageError
from services.reads.grouping import BYS, Slice
from services.reads.rates import denials, losses, metrics, rejections
from services.reads.read_context import ReadContext
from services.reads.response_times import lags, silences


class UnknownGroupingError(UsageError):
    """Patterns are counted by payer, code or month."""


def patterns(
    context: ReadContext,
    *,
    by: str | None = None,
    payer: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> dict[str, Any]:
    """All patterns at the read's instant. `by`: payer or month splits the metrics; code gives only what codes show.

    `since` and `until`, both included, bound each measure's own day: sent, decided, rejected, lost; for collection that
    is the day of service. Receivables, answering times and silences are always those of the read's instant.
    """
    if by is not None and by not in BYS:
        raise UnknownGroupingError(f"no patterns by {by!r}; there are {', '.join(BYS)}")
    part = Slice(practice=context.practice, by=by, payer=payer, since=since, until=until)
    with context.context() as (fold_context, reference):
        rows, today = fold_context.rows, context.today
        terms = reference.terms
        codes = {
            "denials": denials(rows, part, terms.denials(today)),
            "rejections": rejections(rows, part, terms.claim_statuses(today), terms.denials(today)),
        }
        if by == "code":
            return codes
        return {
            "metrics": metrics(rows, context, part, today),
            **codes,
            "lost": losses(rows, part, today),
            "lags": lags(rows, context, payer),
            "silences": silences(rows, context, payer),
        }
