"""What is true of one claim after its history: plain frozen values, no rules about deadlines or worklists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from events.adjustment import Adjustment
from events.claim import ACCEPTED, SYNTAX_ACCEPTED, VOID_CLAIM, RejectionCode, Stage
from events.event_data import EventData
from events.submission_key import SubmissionRef
from events.values import ZERO
from projections.claims.carried_statement import Carried
from projections.claims.named_patient import NamedPatient
from projections.claims.repeat_facts import Contradicted, RepeatedEntry
from projections.claims.status_reports import StatusReport
from projections.claims.typed_entries import TypedEntry
from projections.history import EventId
from projections.tables.vocabulary import ClaimStatus, EntryKind, LineStatus

NOBODY = NamedPatient()
LineKey = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """An acknowledgment of one attempt.

    stage: syntax, clearinghouse or payer; category as in the 277CA (A0, A1, A2 …) or the 999 code (A, E) at stage
    syntax.
    """

    stage: Stage
    category: str
    received_at: datetime
    effective_on: date | None
    payer_claim_number: str | None
    event: EventId
    bound_by: str  # submission, attempt, nearest (flagged), or set: said of the whole set, naming no claim

    @property
    def accepts(self) -> bool:
        """More than taken note of: the set passed the syntax check, the claim was accepted into adjudication."""
        return self.category in (SYNTAX_ACCEPTED if self.stage == "syntax" else ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A message that the attempt was never adjudicated. `received_at` starts the 24-hour clock."""

    stage: Stage
    received_at: datetime
    occurred_on: date | None
    codes: tuple[RejectionCode, ...]
    message: str | None
    remark_codes: tuple[str, ...]
    from_remittance: bool
    event: EventId
    bound_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A billed line of the claim as last submitted to this payer."""

    number: int
    procedure: str
    modifiers: tuple[str, ...]
    units: Decimal
    charge: Decimal
    dos: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One 837 sent to one payer. `number` counts the attempts of this claim with this payer from 1."""

    number: int
    sent_at: datetime
    frequency: str
    original_reference: str | None
    total_charge: Decimal
    lines: tuple[Line, ...]
    submission: SubmissionRef | None
    acks: tuple[Ack, ...]
    rejections: tuple[Rejection, ...]
    event: EventId
    diagnoses: tuple[str, ...] = ()
    seen: bool = True  # its 837 is here; else its lines are those an 835 repeats

    @property
    def bills(self) -> bool:
        """Whether it has lines and is no void."""
        return bool(self.lines) and self.frequency != VOID_CLAIM

    @property
    def accepted(self) -> Ack | None:
        """The payer's acceptance into adjudication (277CA A2 or A5 at stage payer): proof of timely filing.

        None where the payer also refused this attempt: then nothing is proven.
        """
        if any(rejection.stage == "payer" for rejection in self.rejections):
            return None
        return next((ack for ack in self.acks if ack.stage == "payer" and ack.accepts), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """A line as the payer answered it. `line` is the billed line it was matched to, None when no match is certain.

    `laid`: its part of what the payer adjusted on the claim as a whole, and `net` what it was paid after that.
    `cut`: what a code that denies took off a line that was not denied whole. `rolled`: its charge was moved to another
    line of the claim (OA-94 there, 97 here), so that nothing of it was denied.
    """

    line: int | None
    matched_by: str
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
    dos: date | None
    denied: bool
    laid: tuple[Adjustment, ...] = ()
    net: Decimal | None = None
    cut: Decimal = ZERO
    rolled: bool = False
    units_billed: Decimal | None = None  # as the payer says it was billed, where that differs

    @property
    def key(self) -> LineKey:
        """What distinguishes this line from the others of its claim: the billed line, else the service as answered."""
        return (self.line,) if self.line is not None else (self.procedure, self.dos, self.charge)

    @property
    def refused(self) -> bool:
        """Denied, as a whole or in part."""
        return self.denied or self.cut > ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One CLP of one remittance.

    `notice_date` is the payer's own date of the remittance and starts appeal windows; `received_at` is ours.
    `undone`: a reversal takes this entry back, or it is that reversal. One taken back in part is kept as two pieces.
    `unpaired`: what a reversal paid back beyond all payments seen here, zero or negative; `applied`: it lowers what
    is in effect without taking back a whole payment or line.
    `patient_share`: the patient's share as the adjustments settle it; `patient_responsibility`: as CLP05 states it.
    `repeated`: claim-level adjustments that only repeat those of the lines. `balanced`: the entry's sums come out.
    """

    kind: EntryKind
    remit: str
    trace_number: str | None
    ordinal: int
    payer_sequence: str
    notice_date: date
    received_at: datetime
    status_code: str
    payer_claim_number: str | None
    charge: Decimal
    paid: Decimal
    allowed: Decimal
    patient_responsibility: Decimal
    adjustments: tuple[Adjustment, ...]
    remark_codes: tuple[str, ...]
    lines: tuple[EntryLine, ...]
    event: EventId
    undone: bool
    allowed_stated: Decimal | None = None
    patient_share: Decimal = ZERO
    unpaired: Decimal = ZERO
    applied: bool = False
    repeated: tuple[Adjustment, ...] = ()
    balanced: bool = True
    forwarded_to: str | None = None  # NM1*TT
    corrected_member_id: str | None = None  # NM1*74
    received_on: date | None = None  # DTM*050: the payer's own day of receipt
    carried: bool = False  # no remittance: a denial that the system used before stated

    @property
    def counts(self) -> bool:
        """Whether its adjustments count: what is in effect, and a reversal that lowers it."""
        return self.stands or self.applied

    @property
    def is_denial(self) -> bool:
        return self.kind == EntryKind.DENIAL

    @property
    def is_reversal(self) -> bool:
        return self.kind == EntryKind.REVERSAL

    @property
    def is_decision(self) -> bool:
        """Whether the payer decided the claim by it, whatever became of that since."""
        return self.kind in (EntryKind.PAYMENT, EntryKind.DENIAL)

    @property
    def stands(self) -> bool:
        """A decision that nothing took back."""
        return self.is_decision and not self.undone

    @property
    def refused(self) -> bool:
        """Denied, as a whole or in part of some line."""
        return self.is_denial or any(line.refused for line in self.lines)


@dataclass(frozen=True, kw_only=True)  # no slots: what every rule asks of it is found once
class Account:
    """A claim with one payer: attempts, answers and balance are counted per (claim, payer)."""

    payer_id: str
    stated_payer_id: str
    sequence: str  # P, S, T
    plan: str | None
    program: str | None
    attempts: tuple[Attempt, ...]
    entries: tuple[Entry, ...]
    indicator: str | None = None  # claim filing indicator (SBR09, CLP06)
    state: str | None = None  # where the services were given
    line_of_business: str | None = None
    discharged_on: date | None = None
    carried: Carried | None = None  # what the system used before said of the claim with this payer

    @property
    def last_attempt(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None

    @cached_property
    def billed(self) -> Attempt | None:
        """The newest attempt that had lines and was no void."""
        return next((attempt for attempt in reversed(self.attempts) if attempt.bills), None)

    @property
    def billed_lines(self) -> tuple[Line, ...]:
        return self.billed.lines if self.billed else ()

    @property
    def billed_days(self) -> tuple[date, ...]:
        """Dates of service of the lines; of a claim whose lines are not here, the one that was carried over."""
        days = tuple(line.dos for line in self.billed_lines)
        return days or ((self.carried.dos,) if self.carried else ())

    @cached_property
    def standing_entries(self) -> tuple[Entry, ...]:
        """Answers that still hold: no reversals, nothing reversed, no mere pricing."""
        return tuple(entry for entry in self.entries if entry.stands)

    @property
    def sent_on(self) -> Entry | None:
        """The payer's word that the claim is not its own and went on; None once it decided or was billed again."""
        if self.standing_entries:
            return None
        last = self.last_attempt
        told = [
            e for e in self.entries if e.kind == EntryKind.FORWARDED and (last is None or e.received_at >= last.sent_at)
        ]
        return max(told, key=lambda entry: (entry.notice_date, entry.received_at, entry.event), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAct:
    """What a person did about the claim (work.*, appeal.*, dispute.*, records, money), in business order."""

    type: str
    time: datetime
    data: EventData
    event: EventId


class TurnStep(StrEnum):
    """How the claim gets to the next payer."""

    BILL = "bill"
    FORWARDED = "forwarded"
    BILLED = "billed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPayer:
    """The payer whose turn it is. `account` has no attempts where it was never billed; `after`: the notice before.

    `share`: what the patient would owe if no payer came after. `carried`: what the payer before left undecided.
    """

    account: Account
    after: Entry
    step: TurnStep
    share: Decimal
    carried: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        """What the payer decides about."""
        return self.share + self.carried


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoupment:
    """A provider adjustment (PLB) that names this claim: a positive amount takes money, a negative one gives.

    `counts`: whether it is money of the claim; interest, levies and carried balances are shown and not counted.
    """

    event: EventId
    received_at: datetime
    on: date | None
    reason: str
    reference: str
    amount: Decimal
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """A billed line with everything all payers said of it."""

    number: int
    procedure: str
    modifiers: tuple[str, ...]
    units: Decimal
    charge: Decimal
    dos: date | None
    allowed: Decimal
    paid: Decimal
    patient_responsibility: Decimal
    adjustments: tuple[Adjustment, ...]
    remark_codes: tuple[str, ...]
    status: LineStatus


@dataclass(frozen=True, kw_only=True)
class ClaimState:
    """A claim as it stands. Amounts are algebraic sums over all entries, reversals included."""

    practice: str
    claim_id: str
    patient_id: str | None
    billing_npi: str | None
    rendering_npi: str | None
    place_of_service: str | None
    visit_ids: tuple[str, ...]
    diagnoses: tuple[str, ...]
    status: ClaimStatus
    flags: tuple[str, ...]
    dos: date | None
    last_dos: date | None
    charge: Decimal
    allowed: Decimal
    paid: Decimal
    patient_responsibility: Decimal
    payer_balance: Decimal
    patient_balance: Decimal
    written_off: Decimal
    accounts: tuple[Account, ...]
    lines: tuple[LineState, ...]
    acts: tuple[PersonAct, ...] = field(default=())
    returned: Decimal = ZERO  # refunded to the patient
    unpaired: Decimal = ZERO  # taken back though its payment was never seen here; inside `paid`, in no balance
    recoupments: tuple[Recoupment, ...] = ()  # all that name the claim; `recouped` of them lowers its balance
    recouped: Decimal = ZERO
    next_payer: NextPayer | None = None  # whose turn it is; its share is in `payer_balance`
    part_a_stay: bool | None = None  # as stated; None: as the place of service says
    copies: tuple[RepeatedEntry, ...] = ()  # wait for a person and count nothing
    reissued: tuple[RepeatedEntry, ...] = ()  # came again under a later date, and count
    contradicted: tuple[Contradicted, ...] = ()
    patient: NamedPatient = NOBODY
    returned_as: tuple[tuple[str, str], ...] = ()  # other numbers its responses have, and who joined them
    typed_before: tuple[TypedEntry, ...] = ()  # typed from paper before its 835 came, which counts instead
    status_reports: tuple[StatusReport, ...] = ()  # what payers answered when asked; changes nothing else
    carried: Carried | None = None  # stated by the system used before; `anchors` where its amounts count
    replaced_by: str | None = None  # the claim, under another number, that took its place

    @property
    def answered_balance(self) -> Decimal:
        """What the payers that answered leave open, the next payer's share not in it; negative where they overpaid."""
        return self.payer_balance - (self.next_payer.share if self.next_payer else ZERO)

    @property
    def balance(self) -> Decimal:
        return self.payer_balance + self.patient_balance

    @property
    def current(self) -> Account | None:
        """The account that decides the next step: the last in sequence that was billed or answered."""
        return self.accounts[-1] if self.accounts else None
