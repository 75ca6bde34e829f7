"""The nouns of the invented world: people, payers, services, claims. All money is whole cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from services.demo.x12writer import PLAIN, Dialect

DEMO_ZONE = "America/Chicago"  # the clinic's zone: ISA09/10 and file names are in it
DEMO_AT = datetime(2026, 11, 6, 14, tzinfo=UTC)
ZONE = ZoneInfo(DEMO_ZONE)


def instant(local: datetime) -> str:
    """A naive clinic-local time as RFC 3339 in UTC."""
    return f"{local.replace(tzinfo=ZONE).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """A patient or therapist. `number` is the member id or the NPI."""

    last: str
    first: str
    number: str
    born: date = date(1980, 1, 1)
    sex: str = "U"
    street: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPayer:
    """A payer and its habits.

    `indicator` is the claim filing indicator of the 837P (SBR09), `remit_indicator` that of the 835 (CLP06), whose code
    list is another; `tax_id` is TRN03 without its leading 1; `named_by` says where its number is in an 835 (XV in
    N1, 2U in REF, or nowhere); `paydays` are weekdays, Monday 0; it never pays before `lag` days from submission.
    """

    payer_id: str
    name: str
    number: str
    tax_id: str
    indicator: str
    remit_indicator: str
    paydays: tuple[int, ...]
    lag: int
    minute: int  # after 06:00, when its files arrive
    named_by: str = "XV"
    sends_allowed: bool = True
    echoes_modifiers: bool = True
    dialect: Dialect = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPatient:
    person: DemoPerson
    payer: DemoPayer
    plan: str = ""
    copay: int = 0
    coinsurance: int = 0
    deductible: int = 0
    secondary: DemoPayer | None = None
    dependent: DemoPerson | None = None  # then `person` is the subscriber
    referral: DemoPerson | None = None
    diagnoses: tuple[str, ...] = ("M62.81",)
    chart: str = ""  # the clinic's own number of a dependent, who has no member number

    @property
    def id(self) -> str:
        return self.person.number


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLine:
    number: int
    procedure: str
    modifiers: tuple[str, ...]
    units: int
    charge: int
    dos: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoClaim:
    claim_id: str
    patient: DemoPatient
    discipline: str
    therapist: DemoPerson
    dos: date
    lines: tuple[DemoLine, ...]

    @property
    def payer(self) -> DemoPayer:
        return self.patient.payer

    @property
    def charge(self) -> int:
        return sum(line.charge for line in self.lines)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(line.procedure for line in self.lines)


CLINIC = DemoPerson(last="QUILLBACK THERAPY CLINIC", first="", number="9999998013")
CLINIC_TAX_ID = "990018427"
CLINIC_ADDRESS = ("N3*418 MILLRACE ROAD", "N4*QUILL FALLS*WI*539990418")
CLINIC_SENDER = "QUILLBACK"
EXCHANGE = "LARKWING EXCHANGE"
EXCHANGE_ID = "LARKWINGX"
