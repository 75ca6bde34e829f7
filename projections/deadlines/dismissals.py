"""An appeal that was dismissed was not decided: it can be asked back or reviewed, and opens no next level.

Original Medicare, level 1: the contractor may vacate its dismissal for good cause within 180 days of the notice (42
CFR 405.952(d)), and the next level reviews it if asked within 60 days of receipt, presumed after five days
(405.974(b)); what that level says of it is final. Level 2: 405.972(d) and 405.1004. Other payers: no date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from events.followup import AppealDecided, AppealFiled
from events.term_words import Anchor
from projections.claims.state import Account, PersonAct
from projections.deadlines.anchors import AnchorDay
from projections.deadlines.base import Case, Deadline, Ended, clock, payer_of, say_day, verdict
from projections.deadlines.kinds import DeadlineKind
from projections.deadlines.reckoning import reckon_cautious
from projections.rules.policies import Missing, Term
from projections.rules.windows import read_window

DISMISSED = "dismissed"
VACATE, REVIEW = DeadlineKind.VACATE_DISMISSAL, DeadlineKind.DISMISSAL_REVIEW


class Dismissal(NamedTuple):
    """A decision not to decide, and the act that reported it."""

    act: PersonAct
    data: AppealDecided


def dismissal_deadlines(
    case: Case, account: Account, decisions: Sequence[PersonAct], filings: Sequence[PersonAct]
) -> list[Deadline]:
    """Both windows of each dismissal."""
    found = []
    for act in decisions:
        if isinstance(act.data, AppealDecided) and act.data.outcome == DISMISSED:
            found += [_window(case, account, Dismissal(act, act.data), kind, filings) for kind in (VACATE, REVIEW)]
    return found


def _window(
    case: Case, account: Account, dismissal: Dismissal, kind: DeadlineKind, filings: Sequence[PersonAct]
) -> Deadline:
    act, data = dismissal
    notice = AnchorDay(data.decided_on, f"the dismissal at level {data.level}", act.event, case.day(act.time))
    reckoned = reckon_cautious(_term(case, account, data, kind), lambda _anchor: notice, case.terms)
    level = data.level if kind == VACATE else data.level + 1
    asked = next(
        (
            a
            for a in filings
            if isinstance(a.data, AppealFiled) and a.data.level == level and a.data.filed_on > data.decided_on
        ),
        None,
    )
    ended = Ended("What stops it: the request, recorded as an appeal at this level")
    if kind == REVIEW:
        ended = Ended("What stops it: the request for review, recorded as an appeal at the next level")
    if asked is not None and isinstance(asked.data, AppealFiled):
        state = verdict(reckoned.latest or reckoned.due, asked.data.received_on or asked.data.filed_on, case.zone)
        ended = Ended(f"Stopped: requested on {say_day(asked.data.filed_on)}", asked.event, asked.time, state)
    by, at, latest = act.event, data.decided_on, reckoned.latest
    return clock(kind, account.payer_id, reckoned, ended, by=by, at=at, latest=latest)


def _term(case: Case, account: Account, data: AppealDecided, kind: DeadlineKind) -> Term:
    ruling = case.terms.pack("appeal", data.decided_on, payer_of(account))
    stated: Sequence[Mapping[str, Any]] = ruling.values.get("dismissals", ()) if ruling else ()
    row = next((one for one in stated if one.get("level") == data.level and one.get("kind") == kind), None)
    if ruling is None or row is None:
        return Missing(
            f"the terms of payer {account.payer_id} do not say how to respond to a dismissal at level {data.level}"
        )
    return read_window(dict(row), ruling.name, Anchor.DECISION, data.level)
