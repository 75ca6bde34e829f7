"""The denial list: one item for each claim and payer with the lines that are denied, and what can still be done.

Several remedies may run at once. `due` is the earliest of those that apply; `lost_on` the last, when the money is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from events.followup import AppealDecided, AppealFiled
from events.values import ZERO
from projections import calendar
from projections.claims.state import Account, Attempt, ClaimState
from projections.deadlines.base import Case, Deadline, payer_of, say_day
from projections.deadlines.determinations import DeniedLine, Determination, determinations
from projections.deadlines.kinds import MET, VOID, DeadlineKind, is_appeal
from projections.rules.adjustment_codes import DenialJudgment
from projections.rules.policies import Dates
from projections.rules.windows import Window
from projections.tables.vocabulary import EntryKind, ListKind
from projections.work.filing import as_day
from projections.work.item import ItemDraft, WorkItem, discipline_of, earliest

REMEDIES = {
    "appeal": (
        DeadlineKind.VACATE_DISMISSAL,
        DeadlineKind.DISMISSAL_REVIEW,
        DeadlineKind.PEER_TO_PEER,
    ),
    "corrected": (DeadlineKind.CORRECTED_CLAIM,),
    "reopening": (DeadlineKind.REOPENING,),
    "records": (DeadlineKind.RECORDS,),
}
_ALSO = {
    "kx": "Evidence: the patient's therapy dollars of the year, line by line, on the threshold list",
    "ncci": "Evidence: the start and end of each service in the visit",
    "benefit_limit": "Evidence: visits and amounts used, as the plan's eligibility answer states them",
}
SHOWN = 5  # reasons shown in a row of a list; the claim's page has them all
_NO_DATE = {
    "other_payer_filing": "The other payer's filing limit applies; it is known once the claim is sent there",
    "statement": "The patient's statement cycle applies",
    "dispute": "The contract's dispute window applies",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """The next move is the payer's: until when to wait for it, and in words what for."""

    until: date | None
    words: str
    action: str


def denial_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    drafts: list[ItemDraft] = []
    if case.state.payer_balance == case.state.patient_balance == ZERO:
        return drafts  # paid by somebody after all
    for account in case.state.accounts:
        if any(entry.refused for entry in account.standing_entries):
            notices = [d for d in determinations(account, case.terms) if d.standing]
            if notices and _still_open(case.state, account, notices):
                drafts.append(_item(case, account, notices, [d for d in found if d.payer_id == account.payer_id]))
    return drafts


def _still_open(state: ClaimState, account: Account, notices: Sequence[Determination]) -> bool:
    """Whether somebody owes what was denied: not what was written off or paid by another since."""
    if state.answered_balance > ZERO or account is not state.accounts[0]:
        return state.balance > ZERO
    return state.patient_balance > ZERO and any(line.patient_owes for notice in notices for line in notice.standing)


def _item(case: Case, account: Account, notices: Sequence[Determination], found: Sequence[Deadline]) -> ItemDraft:
    state = case.state
    lines = [line for notice in notices for line in notice.standing]
    main = max(lines, key=lambda line: line.amount).judgment
    clocks = _remedies(main, found)
    dues = [d.due for d in clocks if d.due is not None]
    waiting = _waiting(case, account, notices, found)
    due, lost_on = earliest(dues, case.zone), _lost_on(clocks)
    action = waiting.action if waiting else _action(main, clocks, found)
    item = WorkItem(
        kind=ListKind.DENIAL,
        claim_id=state.claim_id,
        payer_id=account.payer_id,
        patient_id=state.patient_id,
        item=account.payer_id,
        due=waiting.until if waiting else due,
        lost_on=lost_on,
        amount_at_risk=_at_risk(state, lines),
        category=main.category,
        discipline=discipline_of(state, account),
        reason=_reason(lines, waiting),
        next_action=action,
        snoozed_until=_sleeps(case, waiting, due) if waiting else None,
        explanation=_explanation(main, account, clocks, found, waiting),
        clocks=tuple(dict.fromkeys(d.kind for d in clocks)),
    )
    return ItemDraft(item, _since(case, notices))


def _at_risk(state: ClaimState, lines: Sequence[DeniedLine]) -> Decimal:
    """What was denied, as far as it is still open: part of it may be written off."""
    denied = sum((line.amount for line in lines), ZERO)
    return min(denied, state.balance) if state.balance > ZERO else denied


def _lost_on(clocks: Sequence[Deadline]) -> date | None:
    """The last remedy's end. Of several notices' appeals the first to end: what that notice denied is lost with it."""
    if any(d.unlimited for d in clocks):
        return None
    limits = [(d.kind, day) for d in clocks if (day := as_day(d.limit)) is not None]
    appeals = sorted(day for kind, day in limits if is_appeal(kind))
    return max([*(day for kind, day in limits if not is_appeal(kind)), *appeals[:1]], default=None)


def _remedies(main: DenialJudgment, found: Sequence[Deadline]) -> list[Deadline]:
    """The clocks of the remedies this denial has; where a payer takes no corrected claim, reopening takes its place."""
    bases = set(main.deadline_basis)
    if "corrected" in bases and any(d.kind == DeadlineKind.CORRECTED_CLAIM and d.state == VOID for d in found):
        bases.add("reopening")
    clocks = [d for d in found if d.runs and any(_serves(d.kind, basis) for basis in bases)]
    if "filing" in main.deadline_basis:  # a new claim has to meet the limit again, whatever stopped it before
        clocks += [d for d in found if d.kind == DeadlineKind.TIMELY_FILING]
    return clocks


def _serves(kind: str, basis: str) -> bool:
    """Whether the clock is that of a remedy."""
    return kind in REMEDIES.get(basis, ()) or (basis == "appeal" and is_appeal(kind))


def _action(main: DenialJudgment, clocks: Sequence[Deadline], found: Sequence[Deadline]) -> str:
    if not clocks and "appeal" in main.deadline_basis:
        return "No remedy left with this payer: write off with the reason, or record what else is being done"
    refused = any(d.kind == DeadlineKind.CORRECTED_CLAIM and d.state == VOID for d in found)
    if main.workflow == "correct" and refused:
        return f"{main.next_action}; this payer accepts no corrected claim: request a reopening instead"
    return main.next_action


def _reason(lines: Sequence[DeniedLine], waiting: Waiting | None) -> str:
    """Each reason once, with the lines it fell on."""
    numbers: dict[str, list[int]] = {}
    for line in lines:
        told = numbers.setdefault(f"{line.codes or 'no code'}: {line.judgment.meaning}", [])
        if line.number:
            told.append(line.number)
    reasons = [f"{words}{_on_lines(told)}" for words, told in numbers.items()]
    more = [f"and {len(reasons) - SHOWN} more reasons"] if len(reasons) > SHOWN else []
    return "; ".join([*([waiting.words] if waiting else []), *reasons[:SHOWN], *more])


def _on_lines(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    return f" (line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, sorted(set(numbers))))})"


def _since(case: Case, notices: Sequence[Determination]) -> datetime:
    decisions = [act.time for act in case.acts if isinstance(act.data, AppealDecided)]
    return max([*(notice.entry.received_at for notice in notices), *decisions])


def _waiting(
    case: Case, account: Account, notices: Sequence[Determination], found: Sequence[Deadline]
) -> Waiting | None:
    """An appeal undecided, one won but not yet paid, or a new attempt under way."""
    if not any(is_appeal(d.kind) and d.runs for d in found):
        appeal = _appeal_waiting(case, account, notices)
        if appeal:
            return appeal
    last = account.last_attempt
    newest = max(notice.entry.received_at for notice in notices)
    if last is None or last.rejections or last.sent_at <= newest or _called_duplicate(account, last):
        return None
    response = next(
        (d for d in found if d.kind == DeadlineKind.PAYER_RESPONSE and d.attempt == last.number and d.runs), None
    )
    words = f"Attempt {last.number} submitted after the denial, no response yet"
    return Waiting(
        as_day(response.due) if response else None,
        words,
        "Follow up with the payer if there is no response by the due date",
    )


def _called_duplicate(account: Account, attempt: Attempt) -> bool:
    """The payer answered the new attempt without news: it is a copy, and what was denied stays denied."""
    return any(e.kind == EntryKind.DUPLICATE and e.received_at >= attempt.sent_at for e in account.entries)


def _appeal_waiting(case: Case, account: Account, notices: Sequence[Determination]) -> Waiting | None:
    filed = [a.data for a in case.acts if isinstance(a.data, AppealFiled)]
    decided = [a.data for a in case.acts if isinstance(a.data, AppealDecided)]
    notice = max(n.entry.notice_date for n in notices)
    if decided and decided[-1].outcome == "overturned" and decided[-1].decided_on >= notice:
        words = f"Appeal won on {say_day(decided[-1].decided_on)}, payment not received yet"
        return Waiting(_follow_up(case, decided[-1].decided_on), words, "Ask the payer for the corrected payment")
    open_appeals = [f for f in filed if f.filed_on >= notice and not any(d.level >= f.level for d in decided)]
    if not open_appeals:
        return None
    appeal = max(open_appeals, key=lambda f: f.level)
    term = case.terms.appeal(payer_of(account), appeal.level, Dates(notice, case.state.dos))
    days = term.decision_days if isinstance(term, Window) else None
    until = calendar.add_days(appeal.filed_on, days) if days else _follow_up(case, appeal.filed_on)
    words = f"Appeal at level {appeal.level} filed on {say_day(appeal.filed_on)}, not decided yet"
    return Waiting(until, words, "Follow up if there is no decision by the due date")


def _follow_up(case: Case, since: date) -> date | None:
    ruling = case.terms.pack("appeal_follow_up", since)
    return calendar.add_days(since, int(ruling.values["length"])) if ruling else None


def _sleeps(case: Case, waiting: Waiting, due: date | datetime | None) -> datetime | None:
    """Until the payer's answer is overdue, and never past the day a remedy ends."""
    if waiting.until is None:
        return None
    until = calendar.overdue_at(waiting.until, case.zone)
    if isinstance(due, date) and not isinstance(due, datetime):
        until = min(until, calendar.start_of_day(due, case.zone))
    return until


def _proof_of_filing(account: Account, found: Sequence[Deadline]) -> str:
    """The payer's own acceptance, where that is what stopped the filing clock in time."""
    accepted = {ack.event for attempt in account.attempts if (ack := attempt.accepted)}
    met = (d for d in found if d.kind == DeadlineKind.TIMELY_FILING and d.state == MET and d.ended_by in accepted)
    return next((f"Proof of filing: {d.ending[0]}" for d in met), "No proof of timely filing on record")


def _explanation(
    main: DenialJudgment,
    account: Account,
    clocks: Sequence[Deadline],
    found: Sequence[Deadline],
    waiting: Waiting | None,
) -> tuple[str, ...]:
    told = [f"{main.row_name}: {main.meaning}", f"Usual handling: {main.workflow.replace('_', ' ')}"]
    if main.category in _ALSO:
        told.append(_ALSO[main.category])
    if main.workflow == "proof_of_filing":
        told.append(_proof_of_filing(account, found))
    told += [_NO_DATE[basis] for basis in main.deadline_basis if basis in _NO_DATE]
    if "records" in main.deadline_basis and not any(d.kind == DeadlineKind.RECORDS for d in found):
        told.append("The payer's request names the day for the records; record the request to start its clock")
    for clock in clocks:
        told += (f"{clock.kind}: {step}" for step in clock.explanation)
    beside = [
        d for d in found if d.runs and d.limit and d not in clocks and any(_serves(d.kind, basis) for basis in REMEDIES)
    ]
    told += [f"{d.kind} is also open until {d.limit}" for d in beside]
    return (*told, waiting.words) if waiting else tuple(told)
