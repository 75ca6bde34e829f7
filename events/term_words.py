"""The words of a payer's term: what it counts from, in which unit, what has to happen, where a day off moves it to.

Each word has one meaning and the spellings that payers' manuals and older events use for it. Reading is forgiving,
so that every logged term can be read; what no spelling covers is refused where a term is published.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar


class Anchor(StrEnum):
    """What a window is counted from; the value is how people read it.

    NOTICE is the notice (remittance) that the window is about; at a higher level of appeal still the one the first
    level was about. FIRST_NOTICE is the first decision on the claim, LATEST_NOTICE the newest one. DECISION is the
    notice of the decision appealed: at level 1 the notice itself. RECEIPT is the receipt of what opens the level,
    NOTICE_RECEIPT that of the notice, whatever the level.
    """

    DOS = "date of service"
    LAST_DOS = "last date of service"
    DISCHARGE = "discharge"
    SUBMISSION = "submission"
    NOTICE = "notice"
    FIRST_NOTICE = "first notice"
    LATEST_NOTICE = "latest notice"
    DECISION = "decision"
    RECEIPT = "receipt"
    NOTICE_RECEIPT = "receipt of the notice"
    PAYMENT = "payment date"
    PRIMARY_NOTICE = "primary notice"
    ELIGIBILITY_NOTICE = "eligibility notice"
    RECOUPMENT = "recoupment letter"


class TermUnit(StrEnum):
    """MONTH_ENDS: as many months on, to the last day of that month; YEAR_ENDS: to 31 December of that year."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"
    BUSINESS_DAYS = "business days"
    MONTH_ENDS = "months to the end of the month"
    YEAR_ENDS = "years to the end of the year"


class Counts(StrEnum):
    """What must happen inside the window: the payer has it, or it is sent."""

    RECEIPT = "receipt"
    SUBMISSION = "submission"


class Roll(StrEnum):
    """Where a last day moves that is no business day. WEEKEND: weekends move on, holidays do not."""

    NONE = "none"
    NEXT_BUSINESS = "next_business"
    PREVIOUS_BUSINESS = "previous_business"
    WEEKEND = "weekend"


class Whichever(StrEnum):
    EARLIER = "earlier"
    LATER = "later"


_SPELLINGS: dict[type[StrEnum], dict[StrEnum, str]] = {
    Anchor: {
        Anchor.DOS: "dos dos_from service_date service from_date dos_start first_dos first_date_of_service",
        Anchor.LAST_DOS: "dos_through through_date dos_to last_dos dos_end",
        Anchor.DISCHARGE: "discharge_date",
        Anchor.SUBMISSION: "submission_date claim_submission submitted_on",
        Anchor.NOTICE: "notice_date remit remit_date remittance remittance_date denial_date denial eob eob_date"
        " determination determination_date adjudication adjudication_date 835",
        Anchor.FIRST_NOTICE: "original_notice original_denial original_eob original_remit first_denial first_eob"
        " initial_determination initial_notice",
        Anchor.LATEST_NOTICE: "last_notice newest_notice latest_eob latest_remit last_eob last_remit",
        Anchor.DECISION: "decision_date previous_decision prior_decision appeal_decision decision_notice"
        " notice_of_decision",
        Anchor.RECEIPT: "receipt_date received receipt_of_decision decision_receipt",
        Anchor.NOTICE_RECEIPT: "receipt_of_notice notice_receipt remit_received eob_received",
        Anchor.PAYMENT: "payment paid_date paid_on date_of_payment check_date",
        Anchor.PRIMARY_NOTICE: "primary_eob_date primary_eob primary_remit primary_remittance_date"
        " primary_payment_date primary_eob_received other_payer_notice",
        Anchor.ELIGIBILITY_NOTICE: "eligibility_notice_date notice_of_eligibility",
        Anchor.RECOUPMENT: "recoupment recoupment_notice recoupment_date demand demand_letter overpayment_letter",
    },
    TermUnit: {
        TermUnit.DAYS: "day calendar_day calendar_days d",
        TermUnit.WEEKS: "week",
        TermUnit.MONTHS: "month calendar_month calendar_months",
        TermUnit.YEARS: "year calendar_year calendar_years",
        TermUnit.BUSINESS_DAYS: "business_day working_days working_day workdays",
        TermUnit.MONTH_ENDS: "months_to_month_end month_ends months_end_of_month",
        TermUnit.YEAR_ENDS: "years_to_year_end year_ends years_end_of_year",
    },
    Counts: {
        Counts.RECEIPT: "received receipt_date receipt_by_payer",
        Counts.SUBMISSION: "submitted sent submission_date postmark postmarked mailed mailing",
    },
    Roll: {
        Roll.NONE: "no false",
        Roll.NEXT_BUSINESS: "next_business_day next_workday next_working_day business business_day federal"
        " weekend_and_holiday weekends_and_holidays weekend_holiday yes true forward following next",
        Roll.PREVIOUS_BUSINESS: "previous_business_day preceding",
        Roll.WEEKEND: "weekends weekend_only",
    },
    Whichever: {
        Whichever.EARLIER: "earliest first sooner",
        Whichever.LATER: "latest last",
    },
}
Word = TypeVar("Word", bound=StrEnum)


def _plain(spelled: object) -> str:
    return "_".join(str(spelled).lower().replace("-", " ").replace("_", " ").split())


_WORD_OF: dict[type[StrEnum], dict[str, StrEnum]] = {
    kind: {name: word for word, others in words.items() for name in (_plain(word.value), *others.split())}
    for kind, words in _SPELLINGS.items()
}


def read_word(kind: type[Word], spelled: object) -> Word | None:
    """The word of a kind that a spelling means; None where nothing covers it."""
    found = _WORD_OF[kind].get(_plain(spelled))
    return found if isinstance(found, kind) else None


def known_words(kind: type[StrEnum]) -> str:
    """The first spelling of each word of a kind, for a message to a person."""
    return ", ".join(_plain(word.value) for word in kind)
