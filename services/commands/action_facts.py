"""The claim that a person's action is judged against, as the log has it at that moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from events.followup import AppealDecided, AppealFiled, DisputeClosed, DisputeOpened
from events.review import CreditReviewed
from events.values import ZERO
from projections.claims.state import Account, Attempt, ClaimState, Entry
from projections.deadlines import Deadline

OURS = ("timely_filing", "corrected_claim", "reopening", "records", "dispute", "submission")  # and appeals


def day_of(limit: date | datetime | None) -> date | None:
    """None for a deadline of hours, and where no day is known."""
    return None if limit is None or isinstance(limit, datetime) else limit


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Today, and who can be given work: what acts on any item are judged against."""

    today: date
    people: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Facts(Moment):
    """The claim as the log has it at this moment.

    `shortfall`: what the lines of a dispute are short of, if known. `allowed_too_much`: payers that allowed more than
    their terms on some line. `naming`: what a payer is called.
    """

    state: ClaimState
    deadlines: Sequence[Deadline]
    shortfall: Decimal | None = None
    allowed_too_much: frozenset[str] = frozenset()
    naming: Callable[[str], str] = str

    def accounts(self, payer_id: str | None) -> Sequence[Account]:
        """Those of one payer; without one all of the claim."""
        return [a for a in self.state.accounts if payer_id in (None, a.payer_id, a.stated_payer_id)]

    def payer(self, payer_id: str | None) -> str:
        found = self.accounts(payer_id) or self.state.accounts
        known = payer_id or (found[0].payer_id if found else None)
        return self.naming(known) if known else "The payer"

    def decisions(self, payer_id: str | None) -> list[tuple[Account, Entry]]:
        """What was adjudicated and is still in effect, the latest last."""
        found = [(a, e) for a in self.accounts(payer_id) for e in a.standing_entries if e.is_decision]
        return sorted(found, key=lambda each: each[1].notice_date)

    def sent_since(self, payer_id: str | None) -> Attempt | None:
        """What that payer was sent after its latest decision, and has not decided: the decision may be replaced."""
        decided = self.decisions(payer_id)
        if not decided:
            return None
        account, entry = decided[-1]
        last = account.last_attempt
        return last if last is not None and last.sent_at > entry.received_at else None

    @property
    def rejected(self) -> list[Account]:
        """Payers, or those on the way to them, that refused some attempt before adjudication."""
        return [a for a in self.state.accounts if any(attempt.rejections for attempt in a.attempts)]

    @property
    def resubmitted(self) -> bool:
        """Whether after each refused attempt another one was sent that nobody refused."""
        last = [a.last_attempt for a in self.rejected]
        return bool(last) and all(attempt is not None and not attempt.rejections for attempt in last)

    def filings(self, level: int) -> list[AppealFiled]:
        return [a.data for a in self.state.acts if isinstance(a.data, AppealFiled) and a.data.level == level]

    def appeal_decisions(self, level: int) -> list[AppealDecided]:
        return [a.data for a in self.state.acts if isinstance(a.data, AppealDecided) and a.data.level == level]

    def appeals(self, level: int) -> int:
        """Filed at this level and not decided since."""
        return len(self.filings(level)) - len(self.appeal_decisions(level))

    @property
    def disputes(self) -> int:
        acts = [a.data for a in self.state.acts]
        return sum(isinstance(a, DisputeOpened) for a in acts) - sum(isinstance(a, DisputeClosed) for a in acts)

    def disputes_about(self, lines: Sequence[int]) -> bool:
        """Whether an open dispute is about one of these lines; no lines mean all."""
        opened: list[tuple[int, ...]] = []
        for act in self.state.acts:
            if isinstance(act.data, DisputeOpened):
                opened.append(act.data.lines)
            elif isinstance(act.data, DisputeClosed) and opened:
                closed = act.data.lines
                opened.remove(closed if closed in opened else opened[-1])
        return any(not lines or not told or set(lines) & set(told) for told in opened)

    def investigated(self, payer_id: str | None) -> bool:
        """Whether the begin of an investigation of a payer's credit is recorded."""
        reviews = [a.data for a in self.state.acts if isinstance(a.data, CreditReviewed)]
        return any(r.finding == "investigation_begun" and payer_id in (None, r.payer_id) for r in reviews)

    @property
    def credit(self) -> Decimal:
        return max(-self.state.payer_balance, ZERO) + max(-self.state.patient_balance, ZERO)

    @cached_property
    def running(self) -> list[tuple[date, str]]:
        """Our own deadlines that can still be met: last day and kind, the first to end first."""
        told = [
            (day_of(d.limit), d.kind) for d in self.deadlines if d.runs and (d.kind in OURS or d.kind[:6] == "appeal")
        ]
        return sorted((last, kind) for last, kind in told if last is not None and last >= self.today)
