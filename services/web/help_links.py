"""Which page of the guide a page's help link leads to."""

from __future__ import annotations

from collections.abc import Mapping

FIRST_DAY, MONTH_END, SET_UP = "first-day", "month-end", "setup"
HELP_OF: Mapping[str, str] = {
    **dict.fromkeys(
        ("/setup", "/payers", "/people", "/rules", "/upload", "/routing", "/contracts", "/webhooks"), SET_UP
    ),
    **dict.fromkeys(("/aging", "/patterns", "/team", "/audit", "/underpayments", "/remittances"), MONTH_END),
}


def help_for(section: str) -> str:
    """The address of the guide; a page that is not in the table leads to the first day."""
    return f"/guide/{HELP_OF.get(section, FIRST_DAY)}"
