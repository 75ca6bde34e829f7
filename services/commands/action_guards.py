"""What a person may enter about a claim as it stands: one table, action x state x limit, a row each with its sentence.

It judges what people enter, on pages, in bulk and over the API. Events of publishers and files are posted as stated and
flagged instead (decision 10).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from events.values import ZERO
from projections.deadlines.kinds import appeal_kind
from projections.tables.vocabulary import ClaimStatus
from services.commands.action_facts import Facts, Moment, day_of
from services.commands.action_models import (
    ActionRequest,
    Assign,
    CloseDispute,
    DecideAppeal,
    FileAppeal,
    Milestone,
    OpenDispute,
    RequestRecords,
    ReviewCredit,
    SendRefund,
    Snooze,
    TakePayment,
    WriteOff,
)
from services.core.errors import ConflictError
from services.presentation.formatting import day, dollars, plural
from services.presentation.labels import DEADLINES, name

CLOSED = ("closed", "voided", "written_off", "replaced")
Found = tuple[tuple[str, str], ...]  # code and sentence


class Verdict(StrEnum):
    REFUSED = "refused"
    CONFIRM = "confirm"


@dataclass(frozen=True, kw_only=True)
class ActionGuard:
    """One row: for these actions, where `applies`, the verdict with its code and sentence."""

    actions: tuple[type[ActionRequest], ...]
    code: str
    verdict: Verdict
    applies: Callable[[ActionRequest, Facts], bool]
    sentence: Callable[[ActionRequest, Facts], str]


class RefusedActionError(ConflictError):
    """The action has no meaning for the claim as it stands; `codes` name the rows of the table."""

    def __init__(self, found: Found) -> None:
        super().__init__(" ".join(sentence for _, sentence in found))
        self.codes = tuple(code for code, _ in found)


class ConfirmationNeededError(ConflictError):
    """The action is unlikely: repeat it with `confirm` holding these codes if it is meant."""

    def __init__(self, found: Found) -> None:
        super().__init__(" ".join(sentence for _, sentence in found))
        self.codes = tuple(code for code, _ in found)


def judge(wanted: ActionRequest, facts: Facts) -> tuple[Found, Found]:
    """What refuses the action, and what asks for confirmation."""
    met = [g for g in TABLE if isinstance(wanted, g.actions) and g.applies(wanted, facts)]
    said = {v: tuple((g.code, g.sentence(wanted, facts)) for g in met if g.verdict == v) for v in Verdict}
    return said[Verdict.REFUSED], said[Verdict.CONFIRM]


def check(wanted: ActionRequest, facts: Facts) -> None:
    """Raises RefusedActionError, ConfirmationNeededError."""
    refused, unlikely = judge(wanted, facts)
    if refused:
        raise RefusedActionError(refused)
    open_questions = tuple((code, sentence) for code, sentence in unlikely if code not in wanted.confirm)
    if open_questions:
        raise ConfirmationNeededError(open_questions)


def check_work(wanted: ActionRequest, moment: Moment) -> None:
    """The rows about work, for items that no claim bears. Raises RefusedActionError."""
    met = tuple((code, say(moment)) for _, code, applies, say in WORK if applies(wanted, moment))
    if met:
        raise RefusedActionError(met)


def _amount(wanted: ActionRequest) -> Decimal | None:
    found: Decimal | None = getattr(wanted, "amount", None)
    return found


def _payer(wanted: ActionRequest) -> str | None:
    found: str | None = getattr(wanted, "payer_id", None)
    return found


def _happened(wanted: ActionRequest) -> date | None:
    """The latest day that the action says something happened on."""
    days = [getattr(wanted, name, None) for name in ("filed_on", "received_on", "decided_on", "on")]
    return max((day for day in days if day is not None), default=None)


def _first_notice(wanted: ActionRequest, facts: Facts) -> date | None:
    found = facts.decisions(_payer(wanted))
    return found[0][1].notice_date if found else None


def _above(wanted: ActionRequest, limit: Decimal | None) -> bool:
    amount = _amount(wanted)
    return amount is not None and limit is not None and amount > limit


def _snoozes_into_the_past(wanted: ActionRequest, moment: Moment) -> bool:
    until = getattr(wanted, "until", None)
    last = until.date() if isinstance(until, datetime) else until
    return last is not None and last <= moment.today


def _tomorrow(moment: Moment) -> str:
    return f"Snooze until tomorrow or later; today is {day(moment.today)}."


def _names_no_user(wanted: ActionRequest, moment: Moment) -> bool:
    assignee = getattr(wanted, "assignee", None)
    return bool(assignee) and assignee not in moment.people


def _no_user(_moment: Moment) -> str:
    return "There is no user and no queue of this name in the practice."


# Acts on any item: the action, the code, when it applies, and the sentence.
WORK = (
    (Snooze, "snooze_in_past", _snoozes_into_the_past, _tomorrow),
    (Assign, "unknown_assignee", _names_no_user, _no_user),
)


def _first_running(facts: Facts) -> str:
    last, kind = facts.running[0]
    left = (last - facts.today).days
    return f"{name(DEADLINES, kind)} is open until {day(last)}, {plural(left, 'day')} left"


TABLE: tuple[ActionGuard, ...] = (
    ActionGuard(
        actions=(FileAppeal, DecideAppeal, OpenDispute),
        code="not_adjudicated",
        verdict=Verdict.REFUSED,
        applies=lambda w, f: not f.decisions(_payer(w)),
        sentence=lambda w, f: (
            f"{f.payer(_payer(w))} has not decided this claim, so there is nothing to appeal or dispute. "
            "A rejected claim is corrected and resubmitted."
        ),
    ),
    ActionGuard(
        actions=(FileAppeal, DecideAppeal, ReviewCredit),
        code="future_date",
        verdict=Verdict.REFUSED,
        applies=lambda w, f: (_happened(w) or f.today) > f.today,
        sentence=lambda w, f: f"{day(_happened(w))} is in the future; today is {day(f.today)}.",
    ),
    *(
        ActionGuard(
            actions=(action,),
            code=code,
            verdict=Verdict.REFUSED,
            applies=applies,
            sentence=lambda _, f, say=say: say(f),  # type: ignore[misc]
        )
        for action, code, applies, say in WORK
    ),
    ActionGuard(
        actions=(WriteOff,),
        code="nothing_open",
        verdict=Verdict.REFUSED,
        applies=lambda _, f: f.state.balance <= ZERO and f.state.status != ClaimStatus.UNMATCHED,
        sentence=lambda _, f: f"The claim has no open balance ({dollars(f.state.balance)}).",
    ),
    ActionGuard(
        actions=(WriteOff,),
        code="above_balance",
        verdict=Verdict.REFUSED,
        applies=lambda w, f: f.state.balance > ZERO and _above(w, f.state.balance),
        sentence=lambda w, f: f"{dollars(_amount(w))} is more than the open balance of {dollars(f.state.balance)}.",
    ),
    ActionGuard(
        actions=(ReviewCredit,),
        code="no_payer_credit",
        verdict=Verdict.REFUSED,
        applies=lambda _, f: f.state.answered_balance >= ZERO and not f.allowed_too_much,
        sentence=lambda _, __: "There is no payer credit on this claim, and no line was allowed above its terms.",
    ),
    ActionGuard(
        actions=(ReviewCredit,),
        code="no_investigation",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: w.finding == "investigation_ended" and not f.investigated(_payer(w)),  # type: ignore[attr-defined]
        sentence=lambda _, __: "No start of an investigation is recorded.",
    ),
    ActionGuard(
        actions=(CloseDispute,),
        code="no_dispute",
        verdict=Verdict.REFUSED,
        applies=lambda _, f: f.disputes < 1,
        sentence=lambda _, __: "No dispute is open on this claim.",
    ),
    ActionGuard(
        actions=(Milestone,),
        code="not_rejected",
        verdict=Verdict.REFUSED,
        applies=lambda _, f: not f.rejected,
        sentence=lambda _, __: "The claim was not rejected.",
    ),
    ActionGuard(
        actions=(DecideAppeal,),
        code="decided_before_filing",
        verdict=Verdict.REFUSED,
        applies=lambda w, f: bool(filed := f.filings(w.level)) and w.decided_on < min(each.filed_on for each in filed),  # type: ignore[attr-defined]
        sentence=lambda w, f: (
            f"The level {w.level} appeal was filed on {day(min(each.filed_on for each in f.filings(w.level)))}; "  # type: ignore[attr-defined]
            "it cannot be decided before that."
        ),
    ),
    ActionGuard(
        actions=(Milestone,),
        code="sent_again",
        verdict=Verdict.CONFIRM,
        applies=lambda _, f: f.resubmitted,
        sentence=lambda _, __: "The claim was resubmitted after it was rejected.",
    ),
    ActionGuard(
        actions=(FileAppeal, OpenDispute),
        code="newer_submission",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: f.sent_since(_payer(w)) is not None,
        sentence=lambda w, f: (
            f"Submission {f.sent_since(_payer(w)).number} was sent to {f.payer(_payer(w))} after its decision "  # type: ignore[union-attr]
            "and is not decided yet."
        ),
    ),
    ActionGuard(
        actions=(FileAppeal,),
        code="before_notice",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: (first := _first_notice(w, f)) is not None and w.filed_on < first,  # type: ignore[attr-defined]
        sentence=lambda w, f: f"The payer's first decision is dated {day(_first_notice(w, f))}, after the appeal.",
    ),
    ActionGuard(
        actions=(FileAppeal,),
        code="appeal_again",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: f.appeals(w.level) > 0,  # type: ignore[attr-defined]
        sentence=lambda w, _: f"A level {w.level} appeal is already filed and not decided.",  # type: ignore[attr-defined]
    ),
    ActionGuard(
        actions=(FileAppeal,),
        code="level_skipped",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: w.level > 1 and not f.appeal_decisions(w.level - 1),  # type: ignore[attr-defined]
        sentence=lambda w, _: f"No decision of a level {w.level - 1} appeal is recorded.",  # type: ignore[attr-defined]
    ),
    ActionGuard(
        actions=(DecideAppeal,),
        code="decided_again",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: bool(f.appeal_decisions(w.level)) and f.appeals(w.level) < 1,  # type: ignore[attr-defined]
        sentence=lambda w, _: f"A decision of the level {w.level} appeal is already recorded.",  # type: ignore[attr-defined]
    ),
    ActionGuard(
        actions=(OpenDispute,),
        code="dispute_again",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: f.disputes_about(w.lines),  # type: ignore[attr-defined]
        sentence=lambda *_: "A dispute about these lines is already open.",
    ),
    ActionGuard(
        actions=(FileAppeal,),
        code="appeal_late",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: any(
            (last := day_of(d.limit)) and w.filed_on > last  # type: ignore[attr-defined]
            for d in f.deadlines
            if d.kind == appeal_kind(w.level) and d.runs  # type: ignore[attr-defined]
        ),
        sentence=lambda *_: "The appeal was filed after its last day.",
    ),
    ActionGuard(
        actions=(DecideAppeal,),
        code="no_filing",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: not f.filings(w.level),  # type: ignore[attr-defined]
        sentence=lambda w, _: (
            f"No level {w.level} appeal is recorded as filed; record the filing first if there was "  # type: ignore[attr-defined]
            "one."
        ),
    ),
    ActionGuard(
        actions=(WriteOff, TakePayment, SendRefund, FileAppeal, OpenDispute),
        code="claim_closed",
        verdict=Verdict.CONFIRM,
        applies=lambda _, f: f.state.status in CLOSED,
        sentence=lambda _, f: f"The claim is {f.state.status.replace('_', ' ')}.",
    ),
    ActionGuard(
        actions=(TakePayment,),
        code="above_patient_balance",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: _above(w, max(f.state.patient_balance, ZERO)),
        sentence=lambda w, f: (
            f"{dollars(_amount(w))} is more than the patient owes ({dollars(max(f.state.patient_balance, ZERO))})."
        ),
    ),
    ActionGuard(
        actions=(SendRefund, ReviewCredit),
        code="above_credit",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: _above(w, f.credit),
        sentence=lambda w, f: f"{dollars(_amount(w))} is more than the credit on the claim ({dollars(f.credit)}).",
    ),
    ActionGuard(
        actions=(OpenDispute,),
        code="above_shortfall",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: _above(w, f.shortfall),
        sentence=lambda w, f: f"{dollars(_amount(w))} is more than the underpaid amount of {dollars(f.shortfall)}.",
    ),
    ActionGuard(
        actions=(WriteOff,),
        code="days_left",
        verdict=Verdict.CONFIRM,
        applies=lambda _, f: bool(f.running),
        sentence=lambda _, f: f"{_first_running(f)}: the money may still be collected.",
    ),
    ActionGuard(
        actions=(RequestRecords,),
        code="due_in_past",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: bool(getattr(w, "due_on", None)) and w.due_on < f.today,  # type: ignore[attr-defined]
        sentence=lambda w, _: f"The records were due on {day(w.due_on)}.",  # type: ignore[attr-defined]
    ),
)
