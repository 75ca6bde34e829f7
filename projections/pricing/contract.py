"""What a contract says, understood: its method, and what composes with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

PER_UNIT = "per_unit"
PERCENT_OF_MEDICARE = "percent_of_medicare"
CHARGE = "percent_of_charge"
FLAT = "flat"

DAY = "day"
VISIT = "visit"  # a day and discipline
CLAIM = "claim"

LINE = "line"
ANY = "*"
SCOPE = ("plan", "billing_npi", "discipline", "place_of_service", "provider_kind")


class Rate(NamedTuple):
    modifiers: frozenset[str]
    amount: Decimal


class RateBasis(NamedTuple):
    """The Medicare fee schedule a percentage is taken of. `year` None: the schedule of the date of service."""

    year: int | None = None
    on: date | None = None
    locality: str | None = None
    edition: str | None = None
    mppr: bool = False

    def date_for(self, dos: date) -> date:
        """The date whose schedule counts; a named year means the factor that closed it."""
        if self.on is not None:
            return self.on
        if self.year is None or self.year == dos.year:
            return dos
        return date(self.year, 12, 31)


PREVAILING = RateBasis()


@dataclass(frozen=True, kw_only=True)
class ContractMethod:
    """How an amount is found. `factor` is a fraction of one, `amount` a flat amount for each `per`."""

    kind: str
    rates: Mapping[str, tuple[Rate, ...]] = field(default_factory=dict)
    factor: Decimal | None = None
    basis: RateBasis = PREVAILING
    amount: Decimal | None = None
    per: str = VISIT

    def rate(self, procedure: str, modifiers: Iterable[str]) -> Rate | str | None:
        """The rate that names most of the line's modifiers; the reason where two are equally near; None without one."""
        rates = self.rates.get(procedure)
        if not rates:
            return None
        held = frozenset(modifiers)
        fitting = [rate for rate in rates if rate.modifiers <= held]
        if not fitting:
            return None
        best = max(len(rate.modifiers) for rate in fitting)
        nearest = [rate for rate in fitting if len(rate.modifiers) == best]
        if len(nearest) > 1:
            names = " and ".join("+".join(sorted(rate.modifiers)) for rate in nearest)
            return f"{procedure} has equally close rates for {names}"
        return nearest[0]


class CarveOut(NamedTuple):
    """Codes with a method of their own. They stay outside a cap unless `capped`."""

    procedures: frozenset[str]
    method: ContractMethod
    capped: bool = False


class Cap(NamedTuple):
    """The most that is allowed for each `per`; over `procedures` where given, never over `outside`."""

    amount: Decimal
    per: str = DAY
    procedures: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()

    def covers(self, procedure: str) -> bool:
        return procedure not in self.outside and (not self.procedures or procedure in self.procedures)


class UnitCap(NamedTuple):
    """The most units paid for each `per`: of one code, of every code by itself ("*"), or of all together (None)."""

    units: Decimal
    procedure: str | None = None
    per: str = DAY


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One version of a contract. `error` says why it cannot be used; then nothing but its scope and dates counts."""

    contract_id: str
    version: str
    payer_id: str
    scope: tuple[tuple[str, str], ...]
    effective_from: date
    effective_to: date | None
    method: ContractMethod | None
    carve_outs: tuple[CarveOut, ...] = ()
    default: ContractMethod | None = None
    caps: tuple[Cap, ...] = ()
    lesser_of: str = ""
    multipliers: Mapping[str, Decimal] = field(default_factory=dict)
    unit_caps: tuple[UnitCap, ...] = ()
    dispute_days: int | None = None
    supersedes: str | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None
    may_bind_anyone: bool = False  # what cannot be read of its scope might have narrowed it
    has_no_version: bool = False  # that cannot be read: it follows those published before it

    @cached_property
    def name(self) -> str:
        return f"{self.contract_id}@{self.version}"

    def covers(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)

    def method_for(self, procedure: str) -> tuple[ContractMethod | None, bool]:
        """The method for a code, and whether it is carved out of the caps."""
        for carve_out in self.carve_outs:
            if procedure in carve_out.procedures:
                return carve_out.method, not carve_out.capped
        return self.method, False
