"""Appeal windows: level one from each notice that denies, each next level as the payer's terms count it.

Original Medicare: 42 CFR 405.942, 405.962, 405.1014, 405.1102, 405.1136; receipt is presumed five days after the date
of the notice. `due` counts from the notice itself and is never moved; `latest` is the last legal day. A late-filing
denial and an unprocessable claim are no initial determination (42 CFR 405.926): nothing to appeal. What a term counts
from (the notice, the first one, the decision below) is its anchor's business; what counts as filed is its `counts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from events.followup import AppealDecided, AppealFiled
from events.term_words import Counts
from projections.claims.state import Account, Entry, PersonAct
from projections.deadlines.anchors import NOTICE_WORDS, AnchorDay, Opened, find_anchor, notice_day
from projections.deadlines.base import Case, Deadline, DueBy, Ended, clock, payer_of, say_day, verdict
from projections.deadlines.correction import notice_dates
from projections.deadlines.determinations import Determination
from projections.deadlines.dismissals import DISMISSED, dismissal_deadlines
from projections.deadlines.kinds import MET, OPEN, VOID, appeal_kind
from projections.deadlines.reckoning import Reckoning, reckon_cautious
from projections.history import EventId
from projections.rules.policies import Dates, NotGranted, Term
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.rules.windows import Window
from projections.tables.vocabulary import DeadlineState

MAX_LEVEL = 5
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opens an appeal level: a notice (level 1), a letter, or the decision below. `dates` choose the terms."""

    level: int
    on: date
    event: EventId
    opened: Opened
    dates: Dates


@dataclass(slots=True, kw_only=True)
class Pending:
    """An appeal window on its way: whose it is, and the act that ended it."""

    account: Account
    window: Deadline
    counts: Counts
    opened: Opened
    act: PersonAct | None = None

    @property
    def began(self) -> date:
        at = self.window.started_at
        return at.date() if isinstance(at, datetime) else at or date.min

    @property
    def appealable(self) -> bool:
        return self.window.due is not None or self.window.state != VOID


def appeal_deadlines(case: Case, found: Sequence[tuple[Account, Sequence[Determination]]]) -> list[Deadline]:
    """Every appeal window of every payer, ended and void ones included, and the windows against a dismissal."""
    windows = [_first_level(case, a, d) for a, decided in found for d in decided if d.denied]
    filings = [act for act in case.acts if isinstance(act.data, AppealFiled)]
    decisions = [act for act in case.acts if isinstance(act.data, AppealDecided)]
    dismissed: list[Deadline] = []
    if windows and (filings or decisions):
        newest = max((w for w in windows if w.appealable), key=lambda w: w.began, default=windows[-1])
        windows += _higher_levels(case, newest, found, decisions)
        filed = {act.data.level for act in filings if isinstance(act.data, AppealFiled)}
        for act in (*filings, *(act for act in decisions if _level_and_day(act)[0] not in filed)):
            _assign(act, windows)
        dismissed = dismissal_deadlines(case, newest.account, decisions, filings)
    return [*(_ended(case, pending, decisions) for pending in windows), *dismissed]


def letter_window(case: Case, account: Account, letter: AnchorDay, event: EventId) -> Deadline:
    """Level 1 against a demand letter: it is a revised determination (42 CFR 405.980, 405.984)."""
    on = letter.on or date.max
    opening = Opening(level=1, on=on, event=event, opened=Opened(letter=letter), dates=_dates(account, on))
    return _window(case, account, opening).window


def _dates(account: Account, on: date) -> Dates:
    return Dates(on, min(account.billed_days, default=None))


def _assign(act: PersonAct, windows: Sequence[Pending]) -> None:
    """An appeal names neither payer nor notice: it belongs to the newest window of its level then open."""
    level, on = _level_and_day(act)
    same = [w for w in windows if w.appealable and w.window.kind == appeal_kind(level)]
    before = [w for w in same if w.began <= on] or same[:1]
    if not before:
        return
    newest = max(before, key=lambda w: w.began)
    if newest.act is None or (isinstance(act.data, AppealFiled) and _counting_day(act) < _counting_day(newest.act)):
        newest.act = act  # of several filings the one that the payer had first


def _counting_day(act: PersonAct) -> date:
    received = act.data.received_on if isinstance(act.data, AppealFiled) else None
    return received or _level_and_day(act)[1]


def _level_and_day(act: PersonAct) -> tuple[int, date]:
    data = act.data
    if isinstance(data, AppealFiled):
        return data.level, data.filed_on
    return (data.level, data.decided_on) if isinstance(data, AppealDecided) else (0, date.min)


def _higher_levels(
    case: Case,
    newest: Pending,
    found: Sequence[tuple[Account, Sequence[Determination]]],
    decisions: Sequence[PersonAct],
) -> list[Pending]:
    """The next level after each decision that left something denied; a decision is about the last payer that denied.

    A dismissal and a withdrawal decide nothing: they open no next level, nor does a decision about a dismissal.
    """
    account = newest.account
    denied_still = any(d.standing for whose, decided in found for d in decided if whose is account)
    not_heard = {_level_and_day(act)[0] for act in decisions if _outcome(act) == DISMISSED}
    higher = []
    for act in decisions:
        data = act.data
        if not isinstance(data, AppealDecided) or data.outcome not in ("upheld", "partial"):
            continue
        if 0 < data.level < MAX_LEVEL and data.level - 1 not in not_heard:
            pending = _window(case, account, _next_opening(case, newest, act, data))
            pending.window = pending.window if denied_still else _replaced(pending.window, None)
            higher.append(pending)
    return higher


def _outcome(act: PersonAct) -> str:
    return act.data.outcome if isinstance(act.data, AppealDecided) else ""


def _next_opening(case: Case, newest: Pending, act: PersonAct, data: AppealDecided) -> Opening:
    decision = AnchorDay(data.decided_on, f"the level {data.level} decision", act.event, case.day(act.time))
    return Opening(
        level=data.level + 1,
        on=data.decided_on,
        event=act.event,
        opened=newest.opened._replace(decision=decision),
        dates=_dates(newest.account, data.decided_on),
    )


def _ended(case: Case, pending: Pending, decisions: Sequence[PersonAct]) -> Deadline:
    """The window with what ended it: the appeal filed, or a decision, which shows that one was filed."""
    window, act = pending.window, pending.act
    if act is None:
        return window
    level, on = _level_and_day(act)
    decided = next(
        (
            d.data
            for d in decisions
            if isinstance(d.data, AppealDecided) and d.data.level == level and d.data.decided_on >= on
        ),
        None,
    )
    if isinstance(act.data, AppealFiled):
        state, words = _filed(case, pending, act.data)
        words += f", decided on {say_day(decided.decided_on)}: {decided.outcome}" if decided else ""
    else:
        state, words = MET, f"Stopped: decided on {say_day(on)}, which means an appeal was filed"
    if decided and decided.outcome == WITHDRAWN and _still_runs(window, decided.decided_on):
        return window._replace(ending=(f"{words}; it can be refiled until the last day",))
    return window._replace(state=state, ended_by=act.event, ended_at=act.time, ending=(words,))


def _still_runs(window: Deadline, on: date) -> bool:
    return isinstance(window.limit, date) and on <= window.limit


def _filed(case: Case, pending: Pending, appeal: AppealFiled) -> tuple[DeadlineState, str]:
    """Where receipt counts, the day the payer had it; as long as that is not recorded, the day it was sent."""
    window, words = pending.window, f"Stopped: appeal filed on {say_day(appeal.filed_on)}"
    if pending.counts == Counts.SUBMISSION:
        return verdict(window.limit, appeal.filed_on, case.zone), words
    if appeal.received_on is None:
        words += "; what counts is the day the payer received it, which is not recorded: keep proof of delivery"
        return verdict(window.limit, appeal.filed_on, case.zone), words
    state = verdict(window.limit, appeal.received_on, case.zone)
    return state, f"{words}, received by the payer on {say_day(appeal.received_on)} (the date that counts)"


def _first_level(case: Case, account: Account, found: Determination) -> Pending:
    entry = found.entry
    opening = Opening(
        level=1,
        on=entry.notice_date,
        event=entry.event,
        opened=Opened(notice=notice_day(case, entry, NOTICE_WORDS)),
        dates=notice_dates(account, entry),
    )
    appealable = [line for line in found.denied if line.judgment.appealable]
    if not appealable:
        reason = "; ".join(dict.fromkeys(f"{line.codes}: {line.judgment.meaning}" for line in found.denied))
        row = found.denied[0].judgment.row_name
        return _pending(account, opening, _void(account, opening, row, f"No appeal: {reason}"))
    pending = _window(case, account, opening)
    if not any(line.stands for line in appealable):
        pending.window = _replaced(pending.window, found.replaced_by)
    return pending


def _replaced(window: Deadline, by: Entry | None) -> Deadline:
    if window.state != OPEN:
        return window
    words = f"Replaced by the notice of {say_day(by.notice_date)}" if by else "Replaced by a later notice"
    if by and by.is_reversal:
        words = f"Reversed by the payer on {say_day(by.notice_date)}; the corrected notice will open a new window"
    return window._replace(
        state=VOID,
        ended_by=by.event if by else None,
        ended_at=by.received_at if by else None,
        ending=(*window.ending, words),
    )


def _window(case: Case, account: Account, opening: Opening) -> Pending:
    term = case.terms.appeal(payer_of(account), opening.level, opening.dates)
    if isinstance(term, NotGranted):
        return _pending(account, opening, _void(account, opening, term.rule, term.reason))
    reckoned = reckon_cautious(term, lambda anchor: find_anchor(case, account, anchor, opening.opened), case.terms)
    kind, by = appeal_kind(opening.level), reckoned.started_by or opening.event
    counted = DueBy(reckoned.due, reckoned.rule, (*reckoned.steps, *_minimum(case, term, opening.on, reckoned)))
    ended = Ended("What stops it: the appeal at this level")
    window = clock(kind, account.payer_id, counted, ended, by=by, at=opening.on, latest=reckoned.latest)
    return _pending(account, opening, window, reckoned.counts)


def _pending(account: Account, opening: Opening, window: Deadline, counts: Counts = Counts.RECEIPT) -> Pending:
    return Pending(account=account, window=window, counts=counts, opened=opening.opened)


def _void(account: Account, opening: Opening, rule: str, reason: str) -> Deadline:
    counted, kind = DueBy(None, rule, (reason,)), appeal_kind(opening.level)
    return clock(kind, account.payer_id, counted, Ended(state=VOID), by=opening.event, at=opening.on)


def _minimum(case: Case, term: Term, on: date, reckoned: Reckoning) -> tuple[str, ...]:
    """The amount in controversy goes by the date the request is filed; claims may be added together."""
    if not isinstance(term, Window) or term.minimum is None or reckoned.due is None:
        return ()
    if isinstance(term.minimum, Decimal):
        return (f"Minimum amount in controversy: {term.minimum:.2f}",)
    ruling = case.terms.rules.pick("appeal", on, program=ORIGINAL_MEDICARE)
    stated = getattr(ruling, "values", {}).get("minimums", ())
    known = [
        f"{row[term.minimum]} if filed from {row['filed_from']} and before {row['filed_to']}"
        for row in stated
        if row.get(term.minimum)
    ]
    return ("Minimum amount in controversy (claims may be combined): " + ("; ".join(known) or "not known"),)
