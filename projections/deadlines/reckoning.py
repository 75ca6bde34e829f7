"""Where a window ends, with every step of the sum in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from projections.claims.state import Account
from projections.deadlines.base import Case, say_day
from projections.rules.policies import Missing, NotGranted, Term


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Where a window ends: the date, who says so, and each step with its figures."""

    due: date | None
    rule: str
    counts: str
    steps: tuple[str, ...]


def reckon(term: Term, anchor: date | None, words: str) -> Reckoning:
    """The end of a window whose anchor date is known or not."""
    if isinstance(term, Missing | NotGranted):
        return Reckoning(None, term.rule, "receipt", (f"No date: {term.reason}",))
    if anchor is None:
        return Reckoning(None, term.rule, term.counts, (f"{term.rule}: {term.span} from {words}, which is not known",))
    last = term.end(anchor)
    due = term.rolled(last)
    steps = [f"{term.rule}: {term.span} from {words}", f"{say_day(anchor)} + {term.span} = {say_day(last)}"]
    if due != last:
        steps.append(f"{say_day(last)} is not a business day; moved to {say_day(due)}")
    steps.append("Measured by the payer's receipt" if term.counts == "receipt" else "Measured by the day it is sent")
    return Reckoning(due, term.rule, term.counts, tuple(steps))


def other_anchor(case: Case, account: Account, anchor: str) -> tuple[date | None, str]:
    """A filing anchor that is no date of service: only the earlier payer's notice is in what we know of a claim."""
    if anchor in ("primary notice", "notice", "receipt"):
        return primary_notice(case, account), "the earlier payer's notice"
    return None, f"the {anchor}"


def primary_notice(case: Case, account: Account) -> date | None:
    """The date of the first standing notice of the payer before this one."""
    accounts = case.state.accounts
    for earlier in reversed(accounts[: accounts.index(account)]):
        if earlier.standing_entries:
            return min(entry.notice_date for entry in earlier.standing_entries)
    return None
