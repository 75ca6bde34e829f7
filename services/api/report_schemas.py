"""What figures over many claims look like, for the OpenAPI document: docs/metrics.md defines each measure."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from services.api.claim_schemas import Amount, ClaimPart

RateText = str | None
MaybeCount = int | None


class PatternMetrics(ClaimPart):
    """Measures of a payer or a month, or of all; what is not counted by that is null."""

    payer_id: str | None = None
    month: str | None = None
    submitted: MaybeCount = None
    attempts: MaybeCount = None
    rejected: MaybeCount = None
    rejection_rate: RateText = None
    attempts_rejected: MaybeCount = None
    attempt_rejection_rate: RateText = None
    clean: MaybeCount = None
    clean_claim_rate: RateText = None
    first_pass: MaybeCount = None
    first_pass_rate: RateText = None
    adjudicated: MaybeCount = None
    denied: MaybeCount = None
    denial_rate: RateText = None
    denied_in_part: MaybeCount = None
    denial_rate_any_line: RateText = None
    denied_amount: Amount | None = None
    denial_rate_dollars: RateText = None
    still_denied: MaybeCount = None
    net_denial_rate: RateText = None
    appeals_decided: MaybeCount = None
    overturned: MaybeCount = None
    overturned_in_part: MaybeCount = None
    overturn_rate: RateText = None
    collected: Amount | None = None
    collectible: Amount | None = None
    outstanding: Amount | None = None
    net_collection_rate: RateText = None
    rejections: MaybeCount = None
    worked_in_time: MaybeCount = None
    worked_in_time_rate: RateText = None
    resubmitted: MaybeCount = None
    hours_to_resubmit: RateText = None
    lost: Amount | None = None
    claims_lost: MaybeCount = None
    net_receivable: Amount | None = None
    net_revenue_90_days: Amount | None = None
    days_in_ar: RateText = None


class DenialPattern(ClaimPart):
    """Denials by code. `carc`, `rarc`: the payer's codes; `still_denied`: what no later answer paid."""

    payer_id: str | None = None
    month: str | None = None
    carc: str
    rarc: str | None
    meaning: str | None
    claims: int
    lines: int
    amount: Amount
    still_denied: Amount
    first: date
    last: date


class RejectionPattern(ClaimPart):
    payer_id: str | None = None
    month: str | None = None
    stage: str
    codes: str
    words: str | None
    rejections: int
    first: date
    last: date


class LostPattern(ClaimPart):
    payer_id: str | None = None
    month: str | None = None
    reason: str
    claims: int
    amount: Amount


class LagDays(ClaimPart):
    attempts: int
    median_days: str | None
    p90_days: str | None


class LagPattern(ClaimPart):
    """How long a payer takes."""

    payer_id: str | None = None
    month: str | None = None
    to_acknowledgment: LagDays | None = None
    acknowledgment_to_answer: LagDays | None = None
    to_answer: LagDays | None = None


class SilentClaim(ClaimPart):
    """A claim that waits longer than nearly all of the payer's answers took."""

    claim_id: str
    ref: str
    payer_id: str
    attempt: int
    sent_at: datetime
    charge: Amount
    waiting_days: str
    percentile: int
    usual_days: str
    p95_days: str
    answers: int


class PatternTables(ClaimPart):
    """Each list as docs/metrics.md defines its measures; by code there are denials and rejections alone."""

    metrics: list[PatternMetrics] | None = None
    denials: list[DenialPattern]
    rejections: list[RejectionPattern]
    lost: list[LostPattern] | None = None
    lags: list[LagPattern] | None = None
    silences: list[SilentClaim] | None = None


class Workload(ClaimPart):
    """`open` to `amount`: the work at hand; the rest was done in the last `days`."""

    open: int
    claims: int
    overdue: int
    due_soon: int
    amount: Amount
    acts: int
    done: int
    appeals_decided: int
    overturned: int
    recovered: Amount


class PersonWorkload(Workload):
    person: str | None = Field(description="Null: what nobody holds.")


class QueueWorkload(Workload):
    queue: str


class FirstTouch(ClaimPart):
    rejected: int
    touched: int
    median_hours: str | None


class LostMonth(ClaimPart):
    month: str
    claims: int
    amount: Amount
    reasons: dict[str, int]


class CountedMoney(ClaimPart):
    claims: int
    amount: Amount


class CashWeek(CountedMoney):
    week: date = Field(description="Its Monday.")


class ExpectedCash(ClaimPart):
    weeks: list[CashWeek]
    late: CountedMoney
    unknown: int


class TeamJson(ClaimPart):
    """`queues`: what was done is that of their members."""

    days: int
    people: list[PersonWorkload]
    queues: list[QueueWorkload]
    first_touch: FirstTouch
    lost: list[LostMonth]
    cash: ExpectedCash


class WeekFigures(ClaimPart):
    sent: int
    rejected: int
    denied: int
    collected: Amount
    lost: Amount
    claims_lost: int
    acts: int
    done: int
    letters: int


class AtRisk(CountedMoney):
    capped: bool = Field(description="There are more than were counted.")


class LostReason(CountedMoney):
    reason: str


class WeekJson(ClaimPart):
    """The last whole week next to the one before."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    this: WeekFigures
    before: WeekFigures
    at_risk: AtRisk
    lost_why: list[LostReason]


class LinesShort(ClaimPart):
    """How many lines, and the dollars they are short: for `more` and `less` by how much that rises or falls."""

    lines: int
    amount: Amount


class DifferenceGroup(ClaimPart):
    """Lines of a payer, code and month whose expected amount would differ."""

    payer_id: str
    procedure: str
    month: str
    lines: int
    expected_before: Amount | None
    expected_after: Amount | None
    underpaid_before: Amount
    underpaid_after: Amount


class MovedDeadlines(ClaimPart):
    payer_id: str
    kind: str
    changed: int
    earlier: int
    later: int


class TermsDifference(ClaimPart):
    """What other terms would change. `not_judged`: claims, days and years that could not be folded under them."""

    lines: int
    not_judged: int
    deadlines: int
    work_items: int
    opened: int
    closed: int
    underpaid: dict[str, LinesShort] = Field(
        description="Of the lines repriced: before, after, new, more, less, closed; before + new + more - less "
        "- closed is after."
    )
    groups: list[DifferenceGroup]
    deadlines_moved: list[MovedDeadlines]
