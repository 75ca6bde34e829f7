"""What a row of `claim_line` keeps in `facts`: all that the pricing and the thresholds of its day need of its claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from pydantic import Field

from events.adjustment import Adjustment
from projections.tables.records import Dollars, JsonRecord, StoredInstant
from projections.tables.vocabulary import EntryKind
from projections.tables.work_acts import StoredAct


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer(JsonRecord):
    """What one remittance entry said of the line. Amounts are dollars.

    `undone`: taken back since. `net`: the paid amount with the line's part of what was adjusted on the claim as a
    whole (`allocated`). `supported`: of an entry that does not balance, what it supports of the line. `program`: of a
    payer that is not Original Medicare.
    """

    payer_id: str
    sequence: str
    kind: EntryKind
    undone: bool
    remit: str | None
    notice_date: date
    received_at: StoredInstant
    ordinal: int
    procedure: str
    submitted_procedure: str | None
    modifiers: tuple[str, ...]
    units: Decimal | None
    charge: Decimal
    paid: Decimal
    allowed: Decimal
    allowed_stated: Decimal | None
    adjustments: tuple[Adjustment, ...]
    remark_codes: tuple[str, ...]
    denied: bool
    supported: Decimal | None = None
    allocated: Annotated[tuple[Adjustment, ...], Field(alias="laid")] = ()
    net: Decimal | None = None

    @property
    def stands(self) -> bool:
        """Whether it decides something and was not taken back."""
        return self.kind != EntryKind.REVERSAL and not self.undone


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAnswer(JsonRecord):
    """What a payer said of the claim as a whole, where it said nothing of its lines. Amounts are dollars."""

    charge: Decimal
    paid: Decimal
    denied: bool
    adjustments: tuple[Adjustment, ...]
    remark_codes: tuple[str, ...]
    notice_date: date
    received_at: StoredInstant
    allowed: Decimal
    allowed_stated: Decimal | None


@dataclass(frozen=True, slots=True)
class DisputeAct(JsonRecord):
    """A dispute of the line that was opened or closed; `outcome` where it was closed."""

    type: str
    time: StoredInstant
    outcome: str | None


class EarlierLine(NamedTuple):
    """A line as an earlier submission billed it."""

    number: int
    procedure: str
    modifiers: str
    units: Decimal
    charge: Dollars
    dos: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierSubmission(JsonRecord):
    """A submission that a later one took the place of."""

    attempt: int
    sent_at: StoredInstant
    frequency: str
    diagnoses: tuple[str, ...]
    lines: tuple[EarlierLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSubmission(JsonRecord):
    """Whose visits the claim bills, and how it was last sent.

    `begins`: the claim's first day, which carries what is said of the claim as a whole.
    """

    visit_ids: tuple[str, ...]
    diagnoses: tuple[str, ...]
    frequency: str
    attempt: int
    sent_at: StoredInstant
    begins: bool
    earlier: tuple[EarlierSubmission, ...] = ()


class CreditReview(NamedTuple):
    """One word about the credit of a payer: `on` the day it is about, `at` when it was recorded."""

    payer_id: str
    finding: str
    on: date
    by: str
    at: StoredInstant
    event: tuple[str, str]


class CreditWords(NamedTuple):
    """The reviews of a claim's credits in the order they were recorded, and when money was returned."""

    reviews: Sequence[CreditReview] = ()
    returned: Sequence[StoredInstant] = ()

    def about(self, payer_id: str, since: StoredInstant) -> list[CreditReview]:
        """Those about the credit of a payer that began then, by their own dates.

        What was recorded before the last return of money that came before it is about an earlier credit.
        """
        settled = max((at for at in self.returned if at < since), default=None)
        mine = (r for r in self.reviews if r.payer_id == payer_id and (settled is None or r.at > settled))
        return sorted(mine, key=lambda review: (review.on, review.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPayer(JsonRecord):
    """What is known of the claim that a payer's policies may distinguish, and its filing indicator (SBR09, CLP06)."""

    payer_id: str
    plan: str | None = None
    program: str | None = None
    state: str | None = None
    line_of_business: str | None = None
    indicator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts(JsonRecord):
    """The facts of one billed line.

    `plan`: the first payer's. `payers`: those of which more is known than their ids.
    `answers`: what each payer said of it, in business order. `claim`: on the first line of each day alone.
    `sent_without_kx`: earlier submissions of a line that has KX now. `part_a`: as the claim states it.
    """

    plan: str | None
    payers: tuple[StoredPayer, ...] = ()
    place_of_service: str | None
    rendering_npi: str | None
    sent_at: StoredInstant | None
    claim_status: str
    flags: tuple[str, ...]
    disputes: tuple[DisputeAct, ...]
    work: tuple[StoredAct, ...]
    credit_reviews: tuple[CreditReview, ...] = ()
    returned: tuple[StoredInstant, ...] = ()
    claim_answer: Annotated[ClaimAnswer | None, Field(alias="whole")]
    answers: tuple[LineAnswer, ...]
    claim: LastSubmission | None = None
    sent_without_kx: Annotated[tuple[int, ...], Field(alias="bare")] = ()
    part_a: bool | None = None

    @property
    def credit_words(self) -> CreditWords:
        return CreditWords(self.credit_reviews, self.returned)
