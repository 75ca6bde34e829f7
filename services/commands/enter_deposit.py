"""A deposit entered by hand: a check in the mail, a bank that gives no file."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from events.normal_forms import amount_form, name_form, number_form
from events.values import ZERO, Day, Money, Name
from projections.rows.deposit_rows import TYPED_BY_HAND
from services.app_context import AppContext
from services.core.errors import UsageError

EXAMPLE = {"date": "2026-03-18", "amount": "150.00", "method": "check", "trace": "90017", "payer_name": "ACME HEALTH"}
WAIT = 30.0  # seconds until it is in every list
_NAME_LENGTH = 32
_MOST = 99


class BadDepositError(UsageError):
    """A deposit without an amount above zero."""

    http_status = 422


class TypedDeposit(BaseModel):
    """A deposit as a person typed it. Amount in dollars; `trace`: check number or EFT trace.

    `number` tells equal deposits of one day apart: the second one is 2. The same deposit typed again adds nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: Day
    amount: Money
    method: Literal["eft", "check", "card"] = "check"
    trace: Name | None = None
    payer_name: Name | None = None
    number: Annotated[int, Field(ge=1, le=_MOST)] = 1


def deposit_event(deposit: TypedDeposit, by: str, zone: ZoneInfo) -> dict[str, Any]:
    """The deposit as a CloudEvent. Raises BadDepositError."""
    if deposit.amount <= ZERO:
        raise BadDepositError("the amount of a deposit is more than zero")
    parts = (
        deposit.date.isoformat(),
        amount_form(deposit.amount),
        deposit.method,
        number_form(deposit.trace),
        name_form(deposit.payer_name),
        str(deposit.number),
    )
    name = f"typed-{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:_NAME_LENGTH]}"
    told = deposit.model_dump(mode="json", exclude_none=True, exclude={"number"})
    return {
        "specversion": "1.0",
        "id": name,
        "source": TYPED_BY_HAND,
        "type": "deposit.received.v1",
        "subject": name,
        "time": datetime.combine(deposit.date, time(), zone).astimezone(UTC).isoformat(),
        "data": {**told, "deposit_id": name, "entered_by": by},
    }


def enter_deposit(app: AppContext, deposit: TypedDeposit, by: str) -> dict[str, Any]:
    """Publishes a deposit and waits until it is in every list. Raises BadDepositError."""
    event = deposit_event(deposit, by, app.settings.zone) | {"practice": app.settings.practice}
    published = app.publisher().publish([json.dumps(event).encode()])
    projected = app.wait(published.last, WAIT)
    return {"deposit_id": event["id"], "projected": projected}
