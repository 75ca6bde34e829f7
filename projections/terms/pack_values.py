"""What the values of a rule pack have to look like, so that no fold fails on them: numbers where folds count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from events.term_refusals import LONGEST

MOST = Decimal(10) ** 13
_NUMBERS = frozenset(
    [
        "rate",
        "factor",
        "amount",
        "practice_expense_kept",
        "per_unit",
        "per_claim",
        "percent",
        "conversion_factor",
        "conversion_factor_qp",
    ]
)
_WHOLE = frozenset(
    [
        "length",
        "level",
        "presumed_receipt_days",
        "decision_days",
        "initial_days",
        "recertification_days",
        "order_sent_within_days",
        "good_cause_years",
        "suspended_at_most",
        "progress_due",
        "progress_alert",
        "certification_days",
        "hours",
        "business_days",
        "full_units",
    ]
)
_TEXTS = frozenset(
    [
        "places",
        "indicator",
        "applies_to",
        "reason",
        "listed",
        "mode",
        "unit",
        "anchor",
        "counts",
        "roll",
        "name",
        "to",
        "citation",
        "calendar",
        "kind",
        "opens",
        "closes",
        "note",
    ]
)
_LISTS = frozenset(["procedures", "payable", "bundled", "not_paid", "assistant_remarks"])
_TABLES = frozenset(["aliases", "indicators", "elements", "kx_statements"])
_EITHER = frozenset({"modifiers"})  # a list, or a table by discipline
_PARTS = ["levels", "dismissals", "minimums"]

# What folds read without asking whether it is there, by kind: values, and columns of rows with those that are numbers.
_NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "assistant_price": "factor applies_to modifiers",
        "coinsurance": "rate",
        "sequestration": "rate",
        "mppr": "practice_expense_kept indicator",
        "facility_places": "places",
        "pfs": "conversion_factor",
        "records": "length",
        "refund_hold": "length",
        "appeal_follow_up": "length",
        "plan_of_care": "initial_days recertification_days",
    }
)
_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "carc_roles": "carc role",
        "claim_status": "list code words",
        "gpci": "locality work pe mp",
        "pfs": "procedure status work pe mp multiple_procedure",
        "zip_locality": "locality zips",
        "holidays": "day",
    }
)
_NUMERIC_COLUMNS = frozenset({"work", "pe", "mp"})


def check_values(kind: str, values: Mapping[str, Any]) -> None:
    """Raises ValueError where a value is not what folds take it for; its message names the value."""
    for name in _NEEDED.get(kind, "").split():
        if name not in values:
            raise ValueError(f"{name} is missing")
    _check_part(values)
    for name in _PARTS:
        for part in _each(values.get(name, ()), name):
            _check_part(part)
    if kind == "sla":
        for part in values.values():
            if isinstance(part, Mapping):
                _check_part(part)
    for number, row in enumerate(_each(values.get("rows", ()), "rows"), 1):
        _check_row(kind, row, number)


def _check_part(values: Mapping[str, Any]) -> None:
    for names, fits, what in _SHAPES:
        for name in sorted(names & values.keys()):
            if not fits(values[name]):
                raise ValueError(f"{name} is {what}")
    evaluations = values.get("evaluations", {})
    if not isinstance(evaluations, Mapping) or not all(map(_is_list, evaluations.values())):
        raise ValueError("evaluations is a table of lists of codes")


def _check_row(kind: str, row: Mapping[str, Any], number: int) -> None:
    for name in _COLUMNS.get(kind, "").split():
        if not isinstance(row.get(name), str):
            raise ValueError(f"row {number} has no {name}")  # noqa: TRY004  one kind of error for the caller
        if name in _NUMERIC_COLUMNS and row[name] and not _is_number(row[name]):
            raise ValueError(f"row {number}: {name} is a number")
    if kind == "holidays":
        date.fromisoformat(row["day"])


def _each(stated: Any, name: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(stated, list | tuple) or not all(isinstance(part, Mapping) for part in stated):
        raise ValueError(f"{name} is a list of tables")
    return stated


def _is_number(stated: Any) -> bool:
    if isinstance(stated, bool) or not isinstance(stated, str | int | float | Decimal):
        return False
    try:
        found = Decimal(str(stated))
    except InvalidOperation:
        return False
    return found.is_finite() and abs(found) < MOST


def _is_whole(stated: Any) -> bool:
    return isinstance(stated, int) and not isinstance(stated, bool) and 0 <= stated <= LONGEST


def _is_text(stated: Any) -> bool:
    return isinstance(stated, str)


def _is_list(stated: Any) -> bool:
    return isinstance(stated, list | tuple) and all(isinstance(each, str) for each in stated)


def _is_table(stated: Any) -> bool:
    return isinstance(stated, Mapping) and all(isinstance(each, str) for each in stated.values())


_SHAPES: tuple[tuple[frozenset[str], Callable[[Any], bool], str], ...] = (
    (_NUMBERS, _is_number, "a number such as 0.20"),
    (_WHOLE, _is_whole, f"a whole number from 0 to {LONGEST:,}"),
    (_TEXTS, _is_text, "a text"),
    (_LISTS, _is_list, "a list of texts"),
    (_TABLES, _is_table, "a table of texts"),
    (_EITHER, lambda stated: _is_list(stated) or _is_table(stated), "a list or a table of texts"),
)
