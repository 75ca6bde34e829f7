"""Appeal windows: level one from each notice that denies, each next level from the decision below it.

Original Medicare: 42 CFR 405.942, 405.962, 405.1014, 405.1102, 405.1136; receipt is presumed five days after the date
of the notice. `due` counts from the notice itself and is never moved; `latest` is the last legal day. A late-filing
denial and an unprocessable claim are no initial determination (42 CFR 405.926): nothing to appeal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from events.followup import AppealDecided, AppealFiled
from projections.claims.state import Account, Entry, PersonAct
from projections.deadlines.base import MET, OPEN, VOID, Case, Deadline, payer_of, say_day, verdict
from projections.deadlines.determinations import Determination
from projections.history import EventId
from projections.rules.policies import Missing, NotGranted
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.rules.windows import Window

MAX_LEVEL = 5


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens an appeal level: a notice (level 1) or the decision below."""

    level: int
    on: date
    event: EventId
    words: str
    received: date | None = None


@dataclass(slots=True)
class Pending:
    """An appeal window on its way: whose it is, and the act that ended it."""

    account: Account
    window: Deadline
    act: PersonAct | None = None

    @property
    def began(self) -> date:
        at = self.window.started_at
        return at.date() if isinstance(at, datetime) else at or date.min

    @property
    def appealable(self) -> bool:
        return self.window.due is not None or self.window.state != VOID


def appeal_deadlines(case: Case, found: Sequence[tuple[Account, Sequence[Determination]]]) -> list[Deadline]:
    """Every appeal window of every payer, ended and void ones included."""
    windows = [Pending(a, _first_level(case, a, d)) for a, decided in found for d in decided if d.denied]
    filings = [act for act in case.acts if isinstance(act.data, AppealFiled)]
    decisions = [act for act in case.acts if isinstance(act.data, AppealDecided)]
    if windows and (filings or decisions):
        windows += _higher_levels(case, windows, found, decisions)
        filed = {act.data.level for act in filings if isinstance(act.data, AppealFiled)}
        for act in (*filings, *(act for act in decisions if _level_and_day(act)[0] not in filed)):
            _assign(act, windows)
    return [_ended(case, pending, decisions) for pending in windows]


def _assign(act: PersonAct, windows: Sequence[Pending]) -> None:
    """An appeal names neither payer nor notice: it belongs to the newest window of its level then open."""
    level, on = _level_and_day(act)
    same = [w for w in windows if w.appealable and w.window.kind == f"appeal_{level}"]
    before = [w for w in same if w.began <= on] or same[:1]
    if before and (newest := max(before, key=lambda w: w.began)).act is None:
        newest.act = act


def _level_and_day(act: PersonAct) -> tuple[int, date]:
    data = act.data
    if isinstance(data, AppealFiled):
        return data.level, data.filed_on
    return (data.level, data.decided_on) if isinstance(data, AppealDecided) else (0, date.min)


def _higher_levels(
    case: Case, windows: Sequence[Pending], found: Sequence[tuple[Account, Sequence[Determination]]],
    decisions: Sequence[PersonAct],
) -> list[Pending]:  # fmt: skip
    """The next level after each decision that left something denied; a decision is about the last payer that denied."""
    account = max((w for w in windows if w.appealable), key=lambda w: w.began, default=windows[-1]).account
    denied_still = any(d.standing for whose, decided in found for d in decided if whose is account)
    higher = []
    for act in decisions:
        data = act.data
        if isinstance(data, AppealDecided) and data.outcome != "overturned" and 0 < data.level < MAX_LEVEL:
            words = f"the level {data.level} decision"
            opening = Opening(data.level + 1, data.decided_on, act.event, words, case.day(act.time))
            window = _window(case, account, opening)
            higher.append(Pending(account, window if denied_still else _replaced(window, None)))
    return higher


def _ended(case: Case, pending: Pending, decisions: Sequence[PersonAct]) -> Deadline:
    """The window with what ended it: the appeal filed, or a decision, which shows that one was filed."""
    window, act = pending.window, pending.act
    if act is None:
        return window
    level, on = _level_and_day(act)
    if isinstance(act.data, AppealFiled):
        state, words = verdict(window.limit, on, case.zone), f"Stopped: appeal filed on {say_day(on)}"
        decided = [d.data for d in decisions if isinstance(d.data, AppealDecided) and d.data.level == level
                   and d.data.decided_on >= on]  # fmt: skip
        words += f", decided on {say_day(decided[0].decided_on)}: {decided[0].outcome}" if decided else ""
    else:
        state, words = MET, f"Stopped: decided on {say_day(on)}, so an appeal was filed"
    return window._replace(state=state, ended_by=act.event, ended_at=act.time, ending=(words,))


def _first_level(case: Case, account: Account, found: Determination) -> Deadline:
    entry = found.entry
    opening = Opening(1, entry.notice_date, entry.event, "the notice (remittance date)", case.day(entry.received_at))
    appealable = [line for line in found.denied if line.judgement.appealable]
    if not appealable:
        reason = "; ".join(dict.fromkeys(f"{line.codes}: {line.judgement.meaning}" for line in found.denied))
        return _void(account, opening, found.denied[0].judgement.row_name, f"No appeal: {reason}")
    window = _window(case, account, opening)
    if not any(line.stands for line in appealable):
        return _replaced(window, found.replaced_by)
    return window


def _replaced(window: Deadline, by: Entry | None) -> Deadline:
    if window.state != OPEN:
        return window
    words = f"Replaced by the notice of {say_day(by.notice_date)}" if by else "Replaced by a later notice"
    if by and by.kind == "reversal":
        words = f"Reversed by the payer on {say_day(by.notice_date)}; the corrected notice will open a new window"
    return window._replace(
        state=VOID, ended_by=by.event if by else None, ended_at=by.received_at if by else None,
        ending=(*window.ending, words),
    )  # fmt: skip


def _window(case: Case, account: Account, opening: Opening) -> Deadline:
    term = case.terms.appeal(payer_of(account), opening.level, opening.on)
    if isinstance(term, NotGranted):
        return _void(account, opening, term.rule, term.reason)
    due, latest, steps = _ends(case, account, term, opening)
    return Deadline(
        f"appeal_{opening.level}", account.payer_id, due, latest, OPEN, opening.event, opening.on, None, None,
        term.rule, steps, ending=("Would stop it: the appeal at this level",),
    )  # fmt: skip


def _void(account: Account, opening: Opening, rule: str, reason: str) -> Deadline:
    return Deadline(
        f"appeal_{opening.level}", account.payer_id, None, None, VOID, opening.event, opening.on, None, None, rule,
        (reason,),
    )  # fmt: skip


def _ends(
    case: Case, account: Account, term: Window | Missing, opening: Opening
) -> tuple[date | None, date | None, tuple[str, ...]]:
    """The cautious date, the legal one, and the sum in words."""
    if isinstance(term, Missing):
        return None, None, (f"No date: {term.reason}",)
    on, words, received = opening.on, opening.words, opening.received
    if term.anchor in ("dos", "dos_through"):
        days = sorted(line.dos for line in account.billed_lines)
        if not days:
            return None, None, (f"{term.rule}: {term.span} from the date of service, which is not known",)
        on, words, received = days[-1] if term.anchor == "dos_through" else days[0], "the date of service", None
    elif term.anchor not in ("notice", "receipt", "decision"):
        return None, None, (f"{term.rule}: {term.span} from the {term.anchor}, which is not known",)
    key = (
        "appeal end",
        payer_of(account),
        opening.level,
        opening.on,
        on,
        received if term.anchor == "receipt" else None,
    )
    return case.terms.remember(key, lambda: _sum(case, term, on, words, received))


def _sum(
    case: Case, term: Window, on: date, words: str, received: date | None
) -> tuple[date | None, date | None, tuple[str, ...]]:
    due = term.end(on)
    title = f"{term.name} ({term.citation})" if term.name and term.citation else f"level {term.level} appeal"
    steps = [
        f"{term.rule}: {title}, {term.span} from {words}",
        f"Cautious: {say_day(on)} + {term.span} = {say_day(due)}",
    ]
    start = on
    if term.presumed_receipt_days:
        start = _later(on, term.presumed_receipt_days)
        steps.append(f"Receipt presumed {term.presumed_receipt_days} days after: {say_day(start)}")
    elif term.anchor == "receipt" and received and received > on:
        start = received
        steps.append(f"Received {say_day(start)}")
    last = term.end(start)
    latest = term.rolled(last)
    moved = f", no business day: moved to {say_day(latest)}" if latest != last else ""
    steps.append(f"Latest: {say_day(start)} + {term.span} = {say_day(last)}{moved}")
    if term.minimum is not None:
        steps.append(_minimum(case, term, on))
    return due, latest, tuple(steps)


def _later(on: date, days: int) -> date:
    return Window("", "", days, "days", "", "none").end(on)


def _minimum(case: Case, term: Window, on: date) -> str:
    """The amount in controversy goes by the date the request is filed; claims may be added together."""
    if isinstance(term.minimum, Decimal):
        return f"At least {term.minimum:.2f} must be in dispute"
    ruling = case.terms.rules.pick("appeal", on, program=ORIGINAL_MEDICARE)
    stated = getattr(ruling, "values", {}).get("minimums", ())
    known = [f"{row[term.minimum]} if filed from {row['filed_from']} and before {row['filed_to']}" for row in stated
             if row.get(term.minimum)]  # fmt: skip
    return "At least this must be in dispute, claims added together: " + ("; ".join(known) or "not known")
