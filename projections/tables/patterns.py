"""Read tables that patterns over many claims are counted from. Written by claim keys; a voided claim has no rows.

Money is in whole cents; what is counted is 0 or 1 or a number, so that a sum over rows is a count.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import Index
from sqlmodel import Field

from projections.tables.columns import TableModel, cents, instant, optional_instant, optional_word, word
from projections.tables.vocabulary import DeadlineState, FirstDecision, OutcomeKind


class ClaimPayerTable(TableModel, table=True):
    """A claim with one payer: how often it was sent, how the payer first answered, and its state now.

    `sent_on`: the local day it first left for this payer; `notice_on`: the date of the payer's first decision;
    `verdict`: that decision: paid, partly or denied. `open`, `charge`, `collected` and `net` (charge less what came off
    by contract) are the whole claim's; they are in the row of its first payer, the others' hold 0.
    """

    __tablename__ = "claim_payer"
    __table_args__ = (Index("claim_payer_by_payer", "practice", "payer_id"),)

    key: str = Field(primary_key=True)
    payer_id: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    dos: date | None
    sent_on: date | None
    attempts: int
    rejected: int
    clean: int
    first_pass: int
    notice_on: date | None
    verdict: FirstDecision | None = optional_word()
    noticed: int = cents()
    first_denied: int = cents()
    denied_now: int
    answered: int
    charge: int = cents()
    collected: int = cents()
    net: int = cents()
    open: int = cents()


class ClaimPayerRow(TypedDict):
    """A row of `ClaimPayerTable`."""

    key: str
    payer_id: str
    practice: str
    dos: date | None
    sent_on: date | None
    attempts: int
    rejected: int
    clean: int
    first_pass: int
    notice_on: date | None
    verdict: FirstDecision | None
    noticed: int
    first_denied: int
    denied_now: int
    answered: int
    charge: int
    collected: int
    net: int
    open: int


class ClaimAttemptTable(TableModel, table=True):
    """One sending of a claim: when it was acknowledged by the payer, answered, or rejected and sent again.

    `awaiting`: the payer's answer is still to come. Of a rejection: `verdict` is that of its clock (open, met, missed,
    void), `late_at` the first instant that is too late, `resent_at` when the claim left again.
    """

    __tablename__ = "claim_attempt"
    __table_args__ = (Index("claim_attempt_by_payer", "practice", "payer_id", "sent_at"),)

    key: str = Field(primary_key=True)
    payer_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    claim_id: str
    ref: str
    charge: int = cents()
    sent_at: datetime = instant()
    acknowledged_at: datetime | None = optional_instant()
    answered_at: datetime | None = optional_instant()
    awaiting: int
    rejected_at: datetime | None = optional_instant()
    rejected_on: date | None
    late_at: datetime | None = optional_instant()
    resent_at: datetime | None = optional_instant()
    verdict: DeadlineState | None = optional_word()
    stage: str | None
    codes: str | None


class ClaimAttemptRow(TypedDict):
    """A row of `ClaimAttemptTable`."""

    key: str
    payer_id: str
    number: int
    practice: str
    claim_id: str
    ref: str
    charge: int
    sent_at: datetime
    acknowledged_at: datetime | None
    answered_at: datetime | None
    awaiting: int
    rejected_at: datetime | None
    rejected_on: date | None
    late_at: datetime | None
    resent_at: datetime | None
    verdict: DeadlineState | None
    stage: str | None
    codes: str | None


class ClaimOutcomeTable(TableModel, table=True):
    """What was denied by which codes, decided on appeal, or lost.

    kind: denial (`code` CARC with its group, `remark` RARC), decision (`code` the outcome of an appeal) or lost (`code`
    why, `first_on` the first day on which it is too late). `standing`: what of the amount is still denied.
    """

    __tablename__ = "claim_outcome"
    __table_args__ = (Index("claim_outcome_by_kind", "practice", "kind", "payer_id"),)

    key: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    payer_id: str
    kind: OutcomeKind = word()
    code: str
    remark: str
    first_on: date
    last_on: date
    lines: int
    amount: int = cents()
    standing: int = cents()


class ClaimOutcomeRow(TypedDict):
    """A row of `ClaimOutcomeTable`."""

    key: str
    seq: int
    practice: str
    payer_id: str
    kind: OutcomeKind
    code: str
    remark: str
    first_on: date
    last_on: date
    lines: int
    amount: int
    standing: int
