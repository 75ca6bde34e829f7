"""What a person may enter about a claim as it stands: one table, action x state x limit, a row each with its sentence.

It judges what people enter, on pages, in bulk and over the API. Events of publishers and files are posted as stated and
flagged instead (decision 10).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from events.followup import AppealDecided, AppealFiled, DisputeClosed, DisputeOpened
from events.values import ZERO
from projections.claims.state import Account, ClaimState
from projections.deadlines import Deadline
from services.commands.action_models import (
    ActionRequest,
    Assign,
    CloseDispute,
    DecideAppeal,
    FileAppeal,
    Milestone,
    OpenDispute,
    RequestRecords,
    SendRefund,
    Snooze,
    TakePayment,
    WriteOff,
)
from services.core.errors import ConflictError
from services.presentation.formatting import day, dollars, plural
from services.presentation.labels import DEADLINES, name

CLOSED = ("closed", "voided", "written_off")
OURS = ("timely_filing", "corrected_claim", "reopening", "records", "dispute", "submission")  # and appeals
Found = tuple[tuple[str, str], ...]  # code and sentence


class Verdict(StrEnum):
    REFUSED = "refused"
    CONFIRM = "confirm"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The claim as the log has it at this moment. `shortfall`: what the lines of a dispute are short of, if known."""

    state: ClaimState
    deadlines: Sequence[Deadline]
    today: date
    people: frozenset[str]
    shortfall: Decimal | None = None
    undone: frozenset[str] = field(default_factory=frozenset)

    @property
    def payer(self) -> str:
        return self.state.accounts[0].payer_id if self.state.accounts else "The payer"

    @cached_property
    def decided(self) -> list[Account]:
        """Payers that adjudicated something that is still in effect."""
        return [a for a in self.state.accounts if any(entry.is_decision for entry in a.standing_entries)]

    def appeals(self, level: int) -> int:
        """Filed at this level and not decided since."""
        filed = [a.data for a in self.state.acts if isinstance(a.data, AppealFiled) and a.data.level == level]
        ended = [a.data for a in self.state.acts if isinstance(a.data, AppealDecided) and a.data.level == level]
        return len(filed) - len(ended)

    @property
    def ever_appealed(self) -> set[int]:
        return {a.data.level for a in self.state.acts if isinstance(a.data, AppealFiled)}

    @property
    def disputes(self) -> int:
        acts = [a.data for a in self.state.acts]
        return sum(isinstance(a, DisputeOpened) for a in acts) - sum(isinstance(a, DisputeClosed) for a in acts)

    @property
    def credit(self) -> Decimal:
        return max(-self.state.payer_balance, ZERO) + max(-self.state.patient_balance, ZERO)

    @cached_property
    def running(self) -> list[tuple[date, str]]:
        """Our own deadlines that can still be met: last day and kind, the first to end first."""
        told = [
            (_day(d.limit), d.kind) for d in self.deadlines if d.runs and (d.kind in OURS or d.kind[:6] == "appeal")
        ]
        return sorted((last, kind) for last, kind in told if last is not None and last >= self.today)


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


def _day(limit: date | datetime | None) -> date | None:
    return None if limit is None or isinstance(limit, datetime) else limit


def _amount(wanted: ActionRequest) -> Decimal | None:
    found: Decimal | None = getattr(wanted, "amount", None)
    return found


def _happened(wanted: ActionRequest) -> date | None:
    return getattr(wanted, "filed_on", None) or getattr(wanted, "decided_on", None)


def _above(wanted: ActionRequest, limit: Decimal | None) -> bool:
    amount = _amount(wanted)
    return amount is not None and limit is not None and amount > limit


def _snoozes_into_the_past(wanted: ActionRequest, facts: Facts) -> bool:
    until = getattr(wanted, "until", None)
    last = until.date() if isinstance(until, datetime) else until
    return last is not None and last <= facts.today


def _rejected(facts: Facts) -> bool:
    return any(attempt.rejections for account in facts.state.accounts for attempt in account.attempts)


def _first_running(facts: Facts) -> str:
    last, kind = facts.running[0]
    left = (last - facts.today).days
    return f"{name(DEADLINES, kind)} runs until {day(last)}, {plural(left, 'day')} left"


TABLE: tuple[ActionGuard, ...] = (
    ActionGuard(
        actions=(FileAppeal, DecideAppeal, OpenDispute),
        code="not_adjudicated",
        verdict=Verdict.REFUSED,
        applies=lambda _, f: not f.decided,
        sentence=lambda _, f: (
            f"{f.payer} has not decided this claim, so there is nothing to appeal or dispute. "
            "A rejected claim is corrected and resubmitted."
        ),
    ),
    ActionGuard(
        actions=(FileAppeal, DecideAppeal),
        code="future_date",
        verdict=Verdict.REFUSED,
        applies=lambda w, f: (_happened(w) or f.today) > f.today,
        sentence=lambda w, f: f"{day(_happened(w))} is in the future; today is {day(f.today)}.",
    ),
    ActionGuard(
        actions=(Snooze,),
        code="snooze_in_past",
        verdict=Verdict.REFUSED,
        applies=_snoozes_into_the_past,
        sentence=lambda _, f: f"Snooze until tomorrow or later; today is {day(f.today)}.",
    ),
    ActionGuard(
        actions=(Assign,),
        code="unknown_assignee",
        verdict=Verdict.REFUSED,
        applies=lambda w, f: bool(getattr(w, "assignee", None)) and w.assignee not in f.people,  # type: ignore[attr-defined]
        sentence=lambda _, __: "There is no user of this name in the practice.",
    ),
    ActionGuard(
        actions=(WriteOff,),
        code="nothing_open",
        verdict=Verdict.REFUSED,
        applies=lambda _, f: f.state.balance <= ZERO and f.state.status != "unmatched",
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
        applies=lambda _, f: not _rejected(f),
        sentence=lambda _, __: "The claim was not rejected.",
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
        code="appeal_late",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: any(
            (last := _day(d.limit)) and w.filed_on > last  # type: ignore[attr-defined]
            for d in f.deadlines
            if d.kind == f"appeal_{w.level}" and d.runs  # type: ignore[attr-defined]
        ),
        sentence=lambda *_: "The appeal was filed after its last day.",
    ),
    ActionGuard(
        actions=(DecideAppeal,),
        code="no_filing",
        verdict=Verdict.CONFIRM,
        applies=lambda w, f: w.level not in f.ever_appealed,  # type: ignore[attr-defined]
        sentence=lambda w, _: (
            f"No level {w.level} appeal is recorded as filed; record the filing first if there was "  # type: ignore[attr-defined]
            "one."
        ),
    ),
    ActionGuard(
        actions=(WriteOff, TakePayment, SendRefund),
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
        actions=(SendRefund,),
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
