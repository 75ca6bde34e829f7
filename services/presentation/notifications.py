"""What programs and people are notified of: the kinds, and each in words. Nothing here names a patient or a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from services.presentation.formatting import day
from services.presentation.labels import DEADLINES, WORKLISTS
from services.presentation.weekly_summary import mail_body


class NotificationKind(StrEnum):
    """What a notification is about. An endpoint chooses which it hears."""

    CLAIM_PAID = "claim.paid"
    CLAIM_DENIED = "claim.denied"
    CLAIM_REJECTED = "claim.rejected"
    CLAIM_UNDERPAID = "claim.underpaid"
    PAYMENT_REVERSED = "payment.reversed"
    DEADLINE_APPROACHING = "deadline.approaching"
    DEADLINE_MISSED = "deadline.missed"
    PAYER_SILENT = "payer.silent"
    REMITTANCE_UNBALANCED = "remittance.unbalanced"
    FILE_UNREADABLE = "file.unreadable"
    DIGEST = "digest.daily"
    WEEKLY = "summary.weekly"
    TEST = "test"


TITLES: Mapping[NotificationKind, str] = {
    NotificationKind.CLAIM_PAID: "A claim was paid",
    NotificationKind.CLAIM_DENIED: "A claim was denied",
    NotificationKind.CLAIM_REJECTED: "A claim was rejected",
    NotificationKind.CLAIM_UNDERPAID: "A line was paid below contract",
    NotificationKind.PAYMENT_REVERSED: "A payment was reversed",
    NotificationKind.DEADLINE_APPROACHING: "A deadline is approaching",
    NotificationKind.DEADLINE_MISSED: "A deadline was missed",
    NotificationKind.PAYER_SILENT: "A response is past due",
    NotificationKind.REMITTANCE_UNBALANCED: "A remittance does not balance",
    NotificationKind.FILE_UNREADABLE: "Some input could not be read",
    NotificationKind.DIGEST: "Daily summary",
    NotificationKind.WEEKLY: "Weekly summary",
    NotificationKind.TEST: "Test: this address receives notifications",
}
SUBSCRIBED = tuple(kind.value for kind in NotificationKind if kind is not NotificationKind.TEST)


def message(kind: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """Title and text for mail and chat: sums, kinds, dates and a link."""
    title = TITLES[NotificationKind(kind)]
    if kind == NotificationKind.DIGEST:
        return title, "\n".join(
            [*_late(data), *_lists(data.get("lists", {})), *_holders(data.get("holders", ())), *_link(data)]
        )
    if kind == NotificationKind.WEEKLY:
        return title, mail_body(data["week"], data["practice"], data.get("link") or "the page Team")
    lines = []
    if data.get("clock"):
        lines.append(DEADLINES.get(data["clock"], data["clock"]))
    if data.get("amount"):
        lines.append(f"Amount: ${data['amount']}")
    if data.get("due"):
        lines.append(f"Due: {str(data['due'])[:10]}")
    return title, "\n".join([*lines, *_link(data)]) or title


def _lists(lists: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rows = [
        f"{WORKLISTS[kind][0]}: {row['items']} open, {row['overdue']} overdue, ${row['amount']} at risk"
        for kind, row in lists.items()
        if row["items"]
    ]
    return rows or ["Nothing is open"]


def _late(data: Mapping[str, Any]) -> list[str]:
    """Which day a summary is of that could not be sent in time."""
    return [f"The summary of {day(data['day'])}, sent late with current figures"] if data.get("late") else []


def _holders(holders: Sequence[Mapping[str, Any]]) -> list[str]:
    """Nothing where nobody has anything: then the lists say it all."""
    if all(row["holder"] is None for row in holders):
        return []
    return [
        f"{row['holder'] or 'Assigned to nobody'}: {row['items']} open, {row['overdue']} overdue" for row in holders
    ]


def _link(data: Mapping[str, Any]) -> list[str]:
    return [data["link"]] if data.get("link") else []
