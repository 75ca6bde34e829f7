"""What endpoints and notifications look like, for the OpenAPI document and its `webhooks`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from services.api.claim_schemas import Amount, ClaimPart
from services.presentation.notifications import TITLES, NotificationKind


class EndpointItem(ClaimPart):
    """An endpoint. `address` is shown without what may be a password."""

    id: str
    name: str
    channel: Literal["webhook", "message"]
    address: str
    kinds: list[str]
    payers: list[str]
    least_amount: Amount
    full_content: bool
    state: Literal["active", "paused"]
    version: int
    changed_at: datetime
    changed_by: str


class NewEndpoint(EndpointItem):
    secret: str


class NewSecret(ClaimPart):
    id: str
    secret: str


class DeliveryNamed(ClaimPart):
    delivery_id: str


class DeliveryItem(ClaimPart):
    """A notification on its way to an endpoint, and how its last try ended."""

    id: str
    endpoint_id: str
    endpoint: str
    notification_id: str
    kind: str
    state: Literal["waiting", "delivered", "parked"]
    made_at: datetime
    tries: int
    next_try_at: datetime | None
    ended_at: datetime | None
    error: str | None
    body: str


def webhook_documents() -> dict[str, Any]:
    """The `webhooks` of the OpenAPI document: what an endpoint is sent, one entry for each kind."""
    return {kind.value: {"post": _operation(kind)} for kind in NotificationKind}


def _operation(kind: NotificationKind) -> dict[str, Any]:
    text = {"type": "string"}
    names = {"webhook-id": "The same in every try.", "webhook-timestamp": "Seconds since 1970, of the try."}
    names["webhook-signature"] = "`v1,` and a signature for each valid secret, separated by blanks."
    return {
        "operationId": "on_" + kind.value.replace(".", "_"),
        "summary": TITLES[kind],
        "description": "Signed as Standard Webhooks (https://www.standardwebhooks.com). Answer 2xx within ten seconds.",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": text, "description": about}
            for name, about in names.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _schema(kind), "example": _example(kind)}},
        },
        "responses": {"2XX": {"description": "Taken."}},
    }


def _schema(kind: NotificationKind) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind.value},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"type": "object", "properties": _DATA},
        },
    }


_DATA: dict[str, Any] = {
    "practice": {"type": "string"},
    "ref": {"type": "string", "description": "The opaque name of the claim: GET /v1/claims/{ref}."},
    "amount": {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"},
    "link": {"type": "string", "format": "uri"},
    "clock": {"type": "string"},
    "due": {"type": "string"},
    "notice_date": {"type": "string", "format": "date"},
    "week": {"type": "object", "description": "Of a weekly summary: as GET /v1/team/weekly."},
    "lists": {"type": "object", "description": "Of a daily summary: items, overdue ones and sums by list."},
}


def _example(kind: NotificationKind) -> dict[str, Any]:
    data: dict[str, Any] = {"practice": "default"}
    if kind.value.startswith(("claim.", "payment.", "deadline.", "payer.")):
        data |= {"ref": "0123456789abcdef01234567", "amount": "210.00"}
    return {"type": kind.value, "timestamp": "2026-11-05T10:00:00Z", "data": data}
