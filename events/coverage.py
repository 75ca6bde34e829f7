"""What payers said of a patient's coverage: authorizations, eligibility answers, notices."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from events.claim import ListedPayer
from events.event_data import EventData, EventType, MessageData, Names, PayerMention
from events.patient import PatientRegistered
from events.remittance import RemittanceRef
from events.values import Code, Day, EndDay, Fact, Id, Integer, Money, Name, StatedDay, Text, Units
from events.visit import Discipline


class AuthorizationRecorded(EventData):
    """A payer's prior authorization. `from` and `to` are the first and the last day of service it covers.

    It is good for a number of `visits` or of `units`; neither given: as many as its days hold.
    """

    event: ClassVar = EventType(
        "authorization.recorded.v1",
        "authorization number",
        "A payer authorized services for a patient: which, from when to when, how many.",
        "Authorization",
    )

    number: Id
    payer_id: Name
    patient_id: Id
    discipline: Discipline | None = None
    procedures: tuple[Code, ...] = ()
    from_day: Day = Field(alias="from")
    to_day: EndDay = Field(None, alias="to")
    visits: Integer | None = None
    units: Units | None = None

    def index_names(self) -> Names:
        return (("authorization", self.number), ("patient", self.patient_id))


class EligibilityChecked(EventData):
    """A payer's answer to an eligibility inquiry. Amounts in dollars, `coinsurance` in percent."""

    event: ClassVar = EventType(
        "eligibility.checked.v1",
        "patient id",
        "A payer said whether a patient was covered on a day, and on what terms.",
        "Eligibility",
    )

    patient_id: Id
    payer_id: Name
    payer_name: Name | None = None
    on: Day
    active: bool
    plan: Name | None = None
    member_id: Name | None = None
    copay: Money | None = None
    coinsurance: Units | None = None
    deductible_left: Money | None = None
    visits_left: Integer | None = None
    other_payers: tuple[ListedPayer, ...] = ()

    def business_date(self) -> date | None:
        return self.on

    def mentioned_payers(self) -> tuple[PayerMention, ...]:
        others = (PayerMention(other.payer_id, other.name or "") for other in self.other_payers)
        return (*super().mentioned_payers(), *others)

    def index_names(self) -> Names:
        return (("patient", self.patient_id),)


CoverageFact = AuthorizationRecorded | EligibilityChecked


class AnnouncedPayment(Fact):
    """What a prenotification (835, BPR01 P) says will be paid on a claim; no money has moved."""

    remit: RemittanceRef
    amount: Money
    charge: Money | None = None
    status_code: Code | None = None


class NoticeReceived(MessageData):
    """A payer's letter about a claim or a patient, from which a window may count, or the notice of a payment."""

    event: ClassVar = EventType(
        "notice.received.v1",
        "claim or patient id",
        "A payer's notice arrived: eligibility, recoupment, records, other.",
        "Notice",
    )

    claim_id: Id | None = None
    patient_id: Id | None = None
    kind: Literal["eligibility", "recoupment", "records", "other"]
    dated: Day
    received_on: StatedDay = None
    announced: AnnouncedPayment | None = None
    payer_id: Text | None = None
    payer_name: Text | None = None
    synthetic_id: bool = False

    @model_validator(mode="after")
    def _about_somebody(self) -> Self:
        if self.claim_id is None and self.patient_id is None:
            raise ValueError("name a claim_id or a patient_id")
        return self

    def business_date(self) -> date | None:
        return self.dated

    def judges_claims(self) -> bool:
        return self.kind == "eligibility" and self.claim_id is None

    def index_names(self) -> Names:
        patient = (("patient", self.patient_id),) if self.patient_id else ()
        return (*super().index_names(), *patient)


def eligibility_notice_of(data: EventData) -> tuple[str, date] | None:
    """The patient and date of a notice of eligibility that names no claim; None where the event is none."""
    if isinstance(data, NoticeReceived) and data.judges_claims() and data.patient_id:
        return data.patient_id, data.dated
    if isinstance(data, PatientRegistered) and data.eligibility_notice_on:
        return data.patient_id, data.eligibility_notice_on
    return None
