"""A payer's terms published, and two payers made one: as events, once what they touch is folded again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.app_context import AppContext
from services.commands.own_events import publish_own

SOURCE = "claimclock/payers"


def publish_policy(app: AppContext, data: Mapping[str, Any]) -> None:
    """Puts a policy into force and waits until everything it touches is folded again. Raises what publishing raises."""
    publish_own(app, SOURCE, "policy.published.v1", str(data["payer_id"]), data)


def link_payers(app: AppContext, from_id: str, to_id: str) -> None:
    """From now on `from_id` means `to_id`, in what was logged before too. Withdrawing the event undoes it."""
    publish_own(app, SOURCE, "identity.linked.v1", from_id, {"kind": "payer", "from": from_id, "to": to_id})
