"""Parts of a contract: scope, rates, caps, and the terms of each method, with the spellings that are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
)

from events.values import Code, Fact, Id, Money, Name, StatedDay, Units, Year
from events.visit import Discipline

PER_UNIT, PERCENT_OF_MEDICARE, PERCENT_OF_CHARGE = "per_unit", "percent_of_medicare", "percent_of_charge"
PER_VISIT, CASE_RATE = "per_visit", "case_rate"
DAILY_CAP, EVALUATION_PLUS_CAP = "daily_cap", "evaluation_plus_cap"
MethodName = Literal[
    "per_unit", "percent_of_medicare", "percent_of_charge", "per_visit", "case_rate", "daily_cap", "evaluation_plus_cap"
]
ANY = "*"  # the procedure that means every code without a rate of its own
EVALUATIONS = "EVALUATIONS"  # the word that means the evaluation codes
Per = Literal["day", "visit", "claim"]  # visit: a day and discipline

# Other names that contracts in use have, each with the one meaning it can have.
_METHODS: Mapping[str, str] = {
    "fee_schedule": PER_UNIT,
    "rate": PER_UNIT,
    "fixed_fee": PER_UNIT,
    "per_code": PER_UNIT,
    "unit": PER_UNIT,
    "percent_medicare": PERCENT_OF_MEDICARE,
    "medicare_percent": PERCENT_OF_MEDICARE,
    "percent_of_mpfs": PERCENT_OF_MEDICARE,
    "percent_of_fee_schedule": PERCENT_OF_MEDICARE,
    "percent_of_charges": PERCENT_OF_CHARGE,
    "percent_of_billed_charges": PERCENT_OF_CHARGE,
    "visit_rate": PER_VISIT,
    "flat_per_visit": PER_VISIT,
    "per_diem": PER_VISIT,
    "per_case": CASE_RATE,
    "case": CASE_RATE,
    "day_cap": DAILY_CAP,
    "capped": DAILY_CAP,
}
_PERS: Mapping[str, str] = {
    "daily": "day",
    "per_day": "day",
    "per_diem": "day",
    "per_visit": "visit",
    "session": "visit",
    "case": "claim",
    "per_claim": "claim",
    "episode": "claim",
}
_ANY_CODE = frozenset({"ANY", "ALL", "DEFAULT", "VISIT", "CASE", "DAY"})
_ALIASES = {"rate": "amount", "unit_cap": "unit_caps", "carve_out": "carve_outs", "multipliers": "modifier_multipliers"}


def _spelled(value: Any) -> Any:
    return re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_") if isinstance(value, str) else value


def _known(table: Mapping[str, str]) -> BeforeValidator:
    """A name in small letters with single underscores, its aliases resolved."""

    def resolve(value: Any) -> Any:
        plain = _spelled(value)
        return table.get(plain, plain) if isinstance(plain, str) else value

    return BeforeValidator(resolve)


def _bare_number(value: Any) -> Any:
    return re.sub(r"[$,%\s]", "", value) if isinstance(value, str) else value


def _codes(value: Any) -> Any:
    return re.split(r"[\s,;]+", value.strip()) if isinstance(value, str) else value


def _procedure(value: str) -> str:
    if value.startswith("EVAL"):
        return EVALUATIONS
    return ANY if value in _ANY_CODE else value


def _rate_list(value: Any) -> Any:
    """RateList may be written as a table of code to amount."""
    if isinstance(value, dict):
        return [{"procedure": procedure, "amount": amount} for procedure, amount in value.items()]
    return value


def listed(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """One thing where a list is asked for; `make` turns a bare figure into it."""

    def as_list(value: Any) -> Any:
        parts = value if isinstance(value, list | tuple) else [value]
        return [part if isinstance(part, dict | Fact) else make(part) for part in parts]

    return as_list


def unit_cap_list(value: Any) -> Any:
    """A figure for all units of the day together, or a table of code to units ("*": each code by itself)."""
    if isinstance(value, dict) and "units" not in value:
        return [{"procedures": [code], "units": units} for code, units in value.items()]
    return listed(lambda units: {"units": units})(value)


def carve_out_list(value: Any) -> Any:
    """A table of code to amount is one rate for each."""
    if isinstance(value, dict) and not {"procedures", "rates", "method"} & value.keys():
        return [{"procedures": [code], "method": PER_UNIT, "amount": amount} for code, amount in value.items()]
    return [value] if isinstance(value, dict) else value


def lesser(value: Any) -> Any:
    if isinstance(value, bool):
        return "line" if value else None
    return _spelled(value) or None


def superseded(value: Any) -> Any:
    """The id alone, also where a version follows it or an object holds it."""
    if isinstance(value, dict):
        value = value.get("contract_id")
    return value.partition("@")[0] if isinstance(value, str) else value


def _schedule(value: Any) -> Any:
    return {"year": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _current(value: Any) -> Any:
    return None if _spelled(value) in ("current", "prevailing") else value


Percent = Annotated[Units, Field(gt=3, le=10_000), BeforeValidator(_bare_number)]  # of 100
TermAmount = Annotated[Money, Field(ge=0), BeforeValidator(_bare_number)]
UnitLimit = Annotated[Units, Field(ge=0), BeforeValidator(_bare_number)]
ContractCode = Annotated[Code, AfterValidator(_procedure)]
ContractCodes = Annotated[tuple[ContractCode, ...], BeforeValidator(_codes)]
PerWhat = Annotated[Per, _known(_PERS)]


_DISCIPLINES = {"st": "SLP", "slp": "SLP", "pt": "PT", "ot": "OT"}


def _discipline(value: Any) -> Any:
    return _DISCIPLINES.get(_spelled(value), value) if isinstance(value, str) else value


class ContractScope(Fact):
    """Every dimension given must match; the contract that names more dimensions wins."""

    payer_id: Id
    plan: Name | None = None
    billing_npi: Name | None = None
    discipline: Annotated[Discipline | None, BeforeValidator(_discipline)] = None
    place_of_service: Annotated[Code | None, BeforeValidator(lambda v: v and str(v).strip().zfill(2))] = None
    provider_kind: Code | None = None


class ContractRate(Fact):
    """The amount of a unit; `modifiers` where it is for them only."""

    procedure: ContractCode
    modifiers: Annotated[tuple[Code, ...], BeforeValidator(_codes)] = ()
    amount: TermAmount


def _consistent(rates: tuple[ContractRate, ...]) -> tuple[ContractRate, ...]:
    known: dict[tuple[str, frozenset[str]], ContractRate] = {}
    for rate in rates:
        key = (rate.procedure, frozenset(rate.modifiers))
        if known.setdefault(key, rate).amount != rate.amount:
            raise ValueError("a procedure has two amounts for the same modifiers")
    return tuple(known.values())


RateList = Annotated[tuple[ContractRate, ...], BeforeValidator(_rate_list), AfterValidator(_consistent)]


class FeeScheduleBasis(Fact):
    """The Medicare schedule a percentage is taken of; without year and date that of the date of service."""

    year: Annotated[Year | None, BeforeValidator(_current)] = None
    on: StatedDay = Field(None, alias="date")
    locality: Name | None = None
    edition: Annotated[Literal["qp", "non_qp"] | None, BeforeValidator(_spelled)] = None
    mppr: bool = False


class ContractCap(Fact):
    """The most that is allowed for each `per`, over `procedures` where given, never over those of `except`."""

    amount: TermAmount
    per: PerWhat | None = None
    procedures: ContractCodes = ()
    outside: ContractCodes = Field((), alias="except")


class ContractUnitCap(Fact):
    """The most units for each `per`: of each procedure named, of every one by itself ("*"), or, without, of all."""

    units: UnitLimit
    procedures: ContractCodes = ()
    per: PerWhat = "day"


class _WithRates(Fact):
    amount: TermAmount | None = None
    rates: Annotated[RateList, Field(validate_default=True)] = ()

    @field_validator("rates")
    @classmethod
    def _priced(cls, value: tuple[ContractRate, ...], info: ValidationInfo) -> tuple[ContractRate, ...]:
        if not value and info.data.get("amount") is None and not (cls.cap_is_enough and info.data.get("cap")):
            raise ValueError("at least one rate, or an amount, is needed")
        return value

    cap_is_enough: ClassVar[bool] = False


class PerUnitTerms(_WithRates):
    """Rate times units; `amount` is the rate of every code without one."""

    method: Literal["per_unit"]


class PercentOfMedicareTerms(Fact):
    """A percentage of Medicare's price of a unit; a code in `rates` is paid by its rate."""

    method: Literal["percent_of_medicare"]
    percent: Percent
    basis: Annotated[FeeScheduleBasis | None, BeforeValidator(_schedule)] = None
    rates: RateList = ()


class PercentOfChargeTerms(Fact):
    """A percentage of the line's charge; a code in `rates` is paid by its rate."""

    method: Literal["percent_of_charge"]
    percent: Percent
    rates: RateList = ()


class PerVisitTerms(_WithRates):
    """One amount for each visit (or `per` day); where codes have rates, the highest of the visit is paid once."""

    cap_is_enough = True
    method: Literal["per_visit"]
    per: PerWhat = "visit"


class CaseRateTerms(_WithRates):
    """One amount for each claim."""

    cap_is_enough = True
    method: Literal["case_rate"]
    per: PerWhat = "claim"


class DailyCapTerms(_WithRates):
    """Rate times units, the day's sum cut to the contract's cap."""

    method: Literal["daily_cap"]


class EvaluationPlusCapTerms(_WithRates):
    """As daily_cap; evaluations stay outside the cap."""

    method: Literal["evaluation_plus_cap"]


def method_named(value: Any) -> Any:
    """The terms with the method's one name, and with the names their fields have here."""
    if not isinstance(value, Mapping):
        return value
    told = {_ALIASES.get(name, name) if _ALIASES.get(name) not in value else name: part for name, part in value.items()}
    named = _spelled(told.get("method"))
    if isinstance(named, str):
        told["method"] = _METHODS.get(named, named)
        if named == "per_diem" and "per" not in told:
            told["per"] = "day"
    return told


def nested_terms(value: Any) -> Any:
    """As `method_named`; an amount or rates alone are by the unit."""
    told = method_named(value)
    if isinstance(told, dict) and "method" not in told and "percent" not in told and {"amount", "rates"} & told.keys():
        return told | {"method": PER_UNIT}
    return told


MethodTerms = Annotated[
    Annotated[
        PerUnitTerms | PercentOfMedicareTerms | PercentOfChargeTerms | PerVisitTerms | CaseRateTerms,
        Field(discriminator="method"),
    ],
    BeforeValidator(nested_terms),
]
