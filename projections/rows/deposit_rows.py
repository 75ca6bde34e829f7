"""Deposits, remittances that promise money, and their matches as rows, piece by piece.

What bears a trace number is matched under the key of that number. What is left is matched under the key of its month,
which sees what is around it. A remittance reaches four weeks: whether another one stands alone depends on a deposit
within a week of it; which of two day sums that deposit pays, on the other day, a week further; whether a check of that
day is left, on a deposit a week further; and that on the checks within a week of it. Deposits reach a week further
still, and are seen for two months, since a missing one is work only where money is taken in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from events.followup import WorkFact
from events.normal_forms import number_form
from events.remittance import DepositReceived
from events.values import from_cents, to_cents
from projections import calendar
from projections.history import LoggedEvent, effective_events
from projections.keys import Key, parse_key
from projections.rows.deposits import WINDOW, DepositMatch, Transfer, match_left_over, match_traced
from projections.tables.columns import Row
from projections.tables.deposits import DepositMatchRow, DepositRow, MatchedTransfer
from projections.tables.money import RemittanceRow
from projections.tables.work_acts import WorkDone, acts_column, read_acts
from projections.terms.terms_in_force import Reference

TYPED_BY_HAND = "claimclock/deposit"  # the source of a deposit that a person entered
UNDATED = "undated"
_AROUND = 2  # months on each side whose deposits a month sees
REACH = 4 * WINDOW  # on each side whose remittances a month sees
_FIRST_OF_MONTH = 1


def deposit_row(key: str, history: Iterable[LoggedEvent], reference: Reference) -> DepositRow | None:
    """A deposit as last stated; None where it was withdrawn."""
    standing = effective_events(history, reference.zone)
    told = [e for e in standing if isinstance(e.data, DepositReceived)]
    told = [event for event in told if event.data.deposit_id == parse_key(key).name]
    if not told:
        return None
    data: DepositReceived = told[-1].data
    return {
        "key": key,
        "practice": parse_key(key).practice,
        "deposit_id": data.deposit_id,
        "on": data.date,
        "amount": to_cents(data.amount),
        "trace": data.trace,
        "sender": data.company_id,
        "name": data.payer_name,
        "method": data.method,
        "typed": told[-1].source == TYPED_BY_HAND,
        "work": acts_column(WorkDone(h.time, h.data) for h in standing if isinstance(h.data, WorkFact)),
    }


def deposit_keys(practice: str, trace: str | None, on: date | None) -> set[str]:
    """The keys under which a deposit is matched."""
    return _trace_keys(practice, trace) | month_keys(practice, months_around(on))


def month_keys(practice: str, months: Iterable[str]) -> set[str]:
    return {str(Key("deposit_month", practice, month)) for month in months}


def _trace_keys(practice: str, trace: str | None) -> set[str]:
    form = number_form(trace)
    return {str(Key("deposit_trace", practice, form))} if form.strip("0") else set()


def promised_keys(remittance: RemittanceRow) -> set[str]:
    """The keys under which a remittance's money is looked for; none where it pays nothing."""
    if promised(remittance["total_paid"], remittance["claims_paid"], typed=remittance["typed"]) <= 0:
        return set()
    practice, on = remittance["practice"], remittance["payment_date"]
    return _trace_keys(practice, remittance["trace_number"]) | month_keys(practice, months_reached(on))


def months_around(on: date | None) -> list[str]:
    """The months that see a deposit of a day, as CCYY-MM."""
    if on is None:
        return [UNDATED]
    first = on.replace(day=_FIRST_OF_MONTH)
    return [month_of(calendar.add_months(first, step)) for step in range(-_AROUND, _AROUND + 1)]


def months_reached(on: date | None) -> list[str]:
    """The months that see a remittance of a day, as CCYY-MM: two or three."""
    if on is None:
        return [UNDATED]
    return sorted({month_of(on - REACH), month_of(on), month_of(on + REACH)})


def month_of(on: date | None) -> str:
    return UNDATED if on is None else f"{on:%Y-%m}"


def transfer_of_deposit(row: Any) -> Transfer:
    return Transfer(
        key=row.key,
        on=row.on,
        amount=from_cents(row.amount),
        trace=row.trace,
        sender=row.sender,
        name=row.name,
        method=row.method,
        typed=row.typed,
        work=read_acts(row.work),
    )


def transfer_of_remittance(row: Any) -> Transfer:
    return Transfer(
        key=row.key,
        on=row.payment_date,
        amount=from_cents(promised(row.total_paid, row.claims_paid, typed=row.typed)),
        trace=row.trace_number,
        sender=row.payer_identifier,
        name=row.payer_name,
        typed=row.typed,
        work=read_acts(row.work),
    )


def promised(total_paid: int | None, claims_paid: int, *, typed: bool) -> int:
    """The cents a remittance says are coming; of paper that does not name the check's total, what its claims say."""
    return claims_paid if total_paid is None and typed else total_paid or 0


def traced_matches(deposits: Sequence[Transfer], remittances: Sequence[Transfer]) -> list[DepositMatch]:
    """What one trace number joins; of what stays alone its month decides."""
    return [match for match in match_traced(deposits, remittances) if match.deposits and match.remittances]


def month_matches(month: str, deposits: Sequence[Transfer], remittances: Sequence[Transfer]) -> list[DepositMatch]:
    """What belongs to a month, of all that was left in it and in the months around it."""
    return [match for match in match_left_over(deposits, remittances) if month_of(match.on) == month]


def match_rows(key: str, found: Iterable[DepositMatch]) -> list[DepositMatchRow]:
    return [_match_row(key, match) for match in found]


def _match_row(key: str, match: DepositMatch) -> DepositMatchRow:
    return {
        "key": key,
        "name": match.name,
        "practice": parse_key(key).practice,
        "state": match.state,
        "matched_by": match.matched_by,
        "on": match.on,
        "deposited": to_cents(match.deposited),
        "remitted": to_cents(match.remitted),
        "deposits": [*map(_matched, match.deposits), *(_matched(one, replaced=True) for one in match.copies)],
        "remittances": [*map(_matched, match.remittances), *(_matched(one, replaced=True) for one in match.papers)],
    }


def _matched(one: Transfer, *, replaced: bool = False) -> Row:
    return MatchedTransfer(
        key=one.key,
        on=one.on,
        amount=one.amount,
        trace=one.trace,
        name=one.name or one.sender,
        method=one.method,
        typed=one.typed,
        replaced=replaced,
    ).to_json()


def matched_keys(rows: Iterable[Any]) -> set[str]:
    """The deposits and remittances that these match rows hold."""
    return {
        one.key
        for row in rows
        for column in (row.deposits, row.remittances)
        for one in MatchedTransfer.list_from_json(column)
    }
