"""Deposits against remittances: matched, advice without money, money without advice, differing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from events.values import from_cents
from projections.history import LoggedEvent, effective_events
from projections.keys import Key
from projections.rows.deposits import DepositMatch, DepositState, Transfer, match_deposits
from projections.tables.tables import READ_TABLES
from services.reads.read_context import ReadContext
from services.reads.remittances import remittance_ref
from services.store.log import histories

REMITTANCE = READ_TABLES["remittance"]


def deposits(context: ReadContext, state: DepositState | None = None) -> list[dict[str, Any]]:
    """What is not settled first, the newest first. `state`: only these."""
    key = str(Key("deposits", context.practice, ""))
    columns = (
        REMITTANCE.c.key,
        REMITTANCE.c.payment_date,
        REMITTANCE.c.total_paid,
        REMITTANCE.c.trace_number,
        REMITTANCE.c.payer_identifier,
        REMITTANCE.c.payer_name,
    )
    with context.context() as (fold_context, reference):
        told = effective_events(histories(fold_context.log, [key], fold_context.cut)[key], reference.zone)
        rows = fold_context.rows.execute(select(*columns).where(REMITTANCE.c.practice == context.practice)).all()
    found = match_deposits([_deposit(event) for event in told], [_remittance(row) for row in rows])
    kept = [match for match in found if state in (None, match.state)]
    kept.reverse()
    return [_json(context, match) for match in sorted(kept, key=lambda match: match.state == DepositState.MATCHED)]


def _deposit(event: LoggedEvent) -> Transfer:
    data = event.data
    return Transfer(
        key=data.deposit_id,
        on=data.date,
        amount=data.amount,
        trace=data.trace,
        sender=data.company_id,
        name=data.payer_name,
        method=data.method,
    )


def _remittance(row: Any) -> Transfer:
    return Transfer(
        key=row.key,
        on=row.payment_date,
        amount=from_cents(row.total_paid or 0),
        trace=row.trace_number,
        sender=row.payer_identifier,
        name=row.payer_name,
    )


def _json(context: ReadContext, match: DepositMatch) -> dict[str, Any]:
    return {
        "state": match.state.value,
        "matched_by": match.matched_by,
        "deposited": f"{match.deposited:.2f}",
        "remitted": f"{match.remitted:.2f}",
        "difference": f"{match.deposited - match.remitted:.2f}",
        "deposits": [_one(one) | {"deposit_id": one.key, "method": one.method} for one in match.deposits],
        "remittances": [_one(one) | {"ref": remittance_ref(context, one.key)} for one in match.remittances],
    }


def _one(one: Transfer) -> dict[str, Any]:
    return {
        "date": one.on.isoformat() if one.on else None,
        "amount": f"{one.amount:.2f}",
        "trace": one.trace,
        "name": one.name or one.sender,
    }
