"""The manager's week in words, for a page, a mail and a PDF: counts, sums and kinds; no claim and no patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.presentation.formatting import count, day, dollars, plural
from services.presentation.labels import name
from services.presentation.letters.document import Grid, Letter, Paragraph

LOST: Mapping[str, str] = {
    "never_filed": "Not filed in time",
    "expired_rejection": "Rejected and not sent again in time",
    "denied_late": "Denied as filed too late",
    "appeal_missed": "Denied and not appealed in time",
}
ROWS: tuple[tuple[str, str, bool], ...] = (
    ("collected", "Collected (remittances)", True),
    ("sent", "Claims sent", False),
    ("rejected", "Claims rejected", False),
    ("denied", "Claims denied", False),
    ("lost", "Lost to deadlines", True),
    ("claims_lost", "Claims lost", False),
    ("acts", "Actions by the team", False),
    ("done", "Items done", False),
    ("letters", "Letters sent", False),
)


def weekly_rows(week: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Figure, this week, the week before."""
    return [
        (title, _told(week["this"][key], money=money), _told(week["before"][key], money=money))
        for key, title, money in ROWS
    ]


def _told(value: Any, *, money: bool) -> str:
    return dollars(value) if money else count(value)


def risk_sentence(week: Mapping[str, Any]) -> str:
    risk = week["at_risk"]
    more = " or more" if risk["capped"] else ""
    return f"At risk within 7 days: {plural(risk['claims'], 'claim')}{more}, {dollars(risk['amount'])}."


def lost_rows(week: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Why money was lost this week: reason, claims, amount."""
    return [(name(LOST, row["reason"]), count(row["claims"]), dollars(row["amount"])) for row in week["lost_why"]]


def mail_body(week: Mapping[str, Any], practice: str, link: str) -> str:
    """Plain text for a mail."""
    lines = [f"Claimclock, practice {practice}: the week from {day(week['from'])} to {day(week['to'])}", ""]
    lines += [f"{title}: {now} (week before: {then})" for title, now, then in weekly_rows(week)]
    lines += ["", risk_sentence(week)]
    if week["lost_why"]:
        lines += ["", "Lost this week, and why:"]
        lines += [f"- {why}: {claims}, {amount}" for why, claims, amount in lost_rows(week)]
    return "\n".join([*lines, "", f"Details: {link}", ""])


def summary_document(week: Mapping[str, Any], practice: str, today: str) -> Letter:
    """The same as a page to print."""
    rows = tuple(weekly_rows(week))
    blocks: list[Paragraph | Grid] = [
        Grid(caption="The week", heads=("", "This week", "Week before"), rows=rows, right=(1, 2)),
        Paragraph(risk_sentence(week)),
    ]
    lost = tuple(lost_rows(week))
    if lost:
        blocks.append(Grid(caption="Lost, and why", heads=("Reason", "Claims", "Amount"), rows=lost, right=(1, 2)))
    return Letter(
        kind="weekly_summary",
        title=f"Week from {day(week['from'])} to {day(week['to'])}",
        date=day(today),
        sender=(f"Practice {practice}",),
        recipient=(),
        about=(),
        blocks=tuple(blocks),
        signer=(),
    )
