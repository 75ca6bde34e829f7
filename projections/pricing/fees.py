"""Medicare's price of one unit, from the fee schedule packs: relative values, locality indices, conversion factor."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from events.values import ZERO, round_cents
from projections.pricing.lines import ONE, PriceStep
from projections.rules.rulebook import Rulebook, Ruling, Unknown

NATIONAL = "national"
NON_QP = "non_qp"
QP = "qp"
_EDITIONS = {NON_QP: NON_QP, "non-qp": NON_QP, "nonqp": NON_QP, "standard": NON_QP, QP: QP, "qualifying": QP, "apm": QP}


def edition_of(stated: str) -> str | None:
    """A conversion factor edition however it is spelled; None for one that is not known."""
    return _EDITIONS.get(stated.strip().lower())


class Locality(NamedTuple):
    """Geographic practice cost indices of one payment locality."""

    key: str
    name: str
    work: Decimal
    practice: Decimal
    malpractice: Decimal
    source: str


WHOLE_NATION = Locality(NATIONAL, NATIONAL, ONE, ONE, ONE, "national amount: every index is 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFee:
    """The price of one unit: `full`, and `reduced` when it is not the day's full unit.

    `rank` orders units for the one that keeps its whole practice expense. `payable` is false for a service that
    Medicare never pays by itself: its price is zero.
    """

    procedure: str
    full: Decimal
    reduced: Decimal
    rank: tuple[Decimal, Decimal]
    competes: bool
    payable: bool
    steps: tuple[PriceStep, ...]


class FeeSchedule:
    """The unit fees of one date, locality and edition. Asks the packs once per code."""

    def __init__(
        self,
        year: _Year,
        locality: Locality,
        reduction: Ruling,
        edition: str,
        factor_of: _Year | None = None,
        *,
        own: str = "",
        facilities: Ruling | None = None,
    ) -> None:
        """`own`: the pack that says where the practice is and which factor it has, where it was asked.

        `facilities`: the pack of places of service that are paid by the facility practice expense.
        """
        self.locality = locality
        self.edition = edition
        self.factor = (factor_of or year).factor(edition)
        self._factor_name = (factor_of or year).name
        self.rule_names = tuple(
            name
            for name in (year.name, locality.source if locality is not WHOLE_NATION else "", reduction.name, own)
            if name
        )
        self.kept = Decimal(str(reduction.values["practice_expense_kept"]))
        self._indicator = str(reduction.values["indicator"])
        self._reduction_name = reduction.name
        self._year = year
        self._facilities = frozenset(facilities.values["places"].split()) if facilities else frozenset()
        self._facilities_name = facilities.name if facilities else ""
        self._fees: dict[tuple[str, bool], UnitFee | str] = {}

    @property
    def empty(self) -> str | None:
        """Why there is no price at all; None where there are some."""
        return None if self._year.rows else self._year.empty

    def in_facility(self, procedure: str, place_of_service: str | None) -> bool:
        """Whether a place takes the facility practice expense, and the code has one of its own."""
        if not place_of_service or place_of_service.strip().zfill(2) not in self._facilities:
            return False
        return bool(self._year.rows.get(procedure, {}).get("pe_facility"))

    def fee(self, procedure: str, place_of_service: str | None = None) -> UnitFee | str:
        """The unit fee, or the reason why there is none. Without a place of service: outside of a facility."""
        key = (procedure, self.in_facility(procedure, place_of_service))
        found = self._fees.get(key)
        if found is None:
            found = self._fees[key] = self._make(*key)
        return found

    def _make(self, procedure: str, in_facility: bool) -> UnitFee | str:  # noqa: FBT001
        row = self._year.rows.get(procedure)
        if row is None:
            return self._year.absent(procedure)
        status, values = row["status"], self._year.values
        if status in values.get("bundled", ()):
            return self._unpaid(procedure, f"{procedure} is bundled into other services and never paid separately")
        if status in values.get("not_paid", ()):
            instead = f"; {row['instead']} is used instead" if row.get("instead") else ""
            return self._unpaid(procedure, f"{procedure} is not paid by Medicare under this code{instead}")
        work, practice, malpractice = (
            Decimal(row[part]) for part in ("work", "pe_facility" if in_facility else "pe", "mp")
        )
        if status not in values.get("payable", ()) or not work + practice + malpractice:
            return (
                f"{procedure} has no national price: status {status} in {self._year.name} is priced by the contractor"
            )
        fee = self._price(procedure, row, work, practice, malpractice)
        return self._said_of_facility(fee) if in_facility else fee

    def _said_of_facility(self, fee: UnitFee) -> UnitFee:
        step = PriceStep("the place of service uses the facility practice expense", None, self._facilities_name)
        return replace(fee, steps=(step, *fee.steps))

    def _unpaid(self, procedure: str, why: str) -> UnitFee:
        return UnitFee(
            procedure=procedure,
            full=ZERO,
            reduced=ZERO,
            rank=(ZERO, ZERO),
            competes=False,
            payable=False,
            steps=(PriceStep(why, ZERO, self._year.name),),
        )

    def _price(
        self, procedure: str, row: Mapping[str, str], work: Decimal, practice: Decimal, malpractice: Decimal
    ) -> UnitFee:
        where = self.locality
        fixed = work * where.work + malpractice * where.malpractice
        full = round_cents((fixed + practice * where.practice) * self.factor)
        reduced = round_cents((fixed + self.kept * practice * where.practice) * self.factor)
        competes = row["multiple_procedure"] == self._indicator
        steps = [
            PriceStep(
                "{}: work {} + practice expense {} + malpractice {} relative value units",
                work + practice + malpractice,
                self._year.name,
                (procedure, work, practice, malpractice),
            ),
            PriceStep(
                "indices of {}: work {}, practice expense {}, malpractice {}",
                None,
                where.source,
                (where.name, where.work, where.practice, where.malpractice),
            ),
            PriceStep(
                "conversion factor" + (", qualifying APM participants" if self.edition == QP else ""),
                self.factor,
                self._factor_name,
            ),
            PriceStep(
                "full price of a unit: ({} × {} + {} × {} + {} × {}) × {}, half up",
                full,
                self._year.name,
                (work, where.work, practice, where.practice, malpractice, where.malpractice, self.factor),
            ),
        ]
        if competes:
            steps.append(
                PriceStep(
                    "reduced price of a unit: ({} × {} + {} × {} × {} + {} × {}) × {}, half up",
                    reduced,
                    self._reduction_name,
                    (
                        work,
                        where.work,
                        self.kept,
                        practice,
                        where.practice,
                        malpractice,
                        where.malpractice,
                        self.factor,
                    ),
                )
            )
        return UnitFee(
            procedure=procedure,
            full=full,
            reduced=reduced,
            rank=(practice, full),
            competes=competes,
            payable=True,
            steps=tuple(steps),
        )


class _Year:
    """One period of a fee schedule pack, indexed by code."""

    def __init__(self, ruling: Ruling) -> None:
        self.name = ruling.name
        self.values = ruling.values
        self.rows: dict[str, Mapping[str, str]] = {row["procedure"]: row for row in ruling.values.get("rows", ())}
        self.listed = frozenset(ruling.values.get("listed", "").split())
        self.empty = (
            f"{ruling.name} holds no relative values, only the conversion factor: load the year's RVU file to price it"
        )

    def absent(self, procedure: str) -> str:
        """Why a code has no row: the year has no prices, the schedule lacks it, or it was not kept of the file."""
        if not self.rows:
            return self.empty
        if not self.listed:
            part = f"{self.name}, which is a part: import the year's file"
            return f"{procedure} is not in the fee schedule of {part}"
        if procedure in self.listed:
            again = "import the year's RVU file again"
            return f"{procedure} was not kept of the file behind {self.name}: {again}"
        return f"{procedure} is not in the fee schedule of {self.name}"

    def factor(self, edition: str) -> Decimal:
        qualifying = self.values.get("conversion_factor_qp") if edition == QP else None
        return Decimal(str(qualifying or self.values["conversion_factor"]))


class FeeBook:
    """Fee schedules by date, locality and edition, from a rulebook; each is built once."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self._schedules: dict[tuple[date, str | None, str | None, date | None], FeeSchedule | Unknown] = {}
        self._built: dict[tuple[object, ...], FeeSchedule] = {}
        self._years: dict[tuple[str, date], _Year] = {}

    def schedule(
        self, on: date, locality: str | None = None, edition: str | None = None, factor_on: date | None = None
    ) -> FeeSchedule | Unknown:
        """The schedule in force, or why there is none: no pack for the date, an unknown locality or edition.

        Without a locality or edition it is the practice's own (pack practice_medicare), without one of those the
        nation's and the standard one. `factor_on` takes the conversion factor of another date: what a payer does that
        did not update it.
        """
        key = (on, locality, edition, factor_on)
        found = self._schedules.get(key)
        if found is None:
            found = self._schedules[key] = self._find(*key)
        return found

    def locality(self, on: date, stated: str) -> Locality | Unknown:
        """The locality that a practice's setting names on a date, or why it is not known."""
        return self._locality(on, stated)

    def localities(self, on: date) -> Iterator[Locality]:
        """Every locality whose indices are known on a date, the nation first."""
        yield WHOLE_NATION
        ruling = self._rules.pick("gpci", on)
        if isinstance(ruling, Ruling):
            for row in ruling.values.get("rows", ()):
                yield _locality(row, ruling.name)

    def _find(self, on: date, stated: str | None, edition: str | None, factor_on: date | None) -> FeeSchedule | Unknown:
        own = None if stated and edition else self._rules.pick("practice_medicare", on)
        usual = own.values if isinstance(own, Ruling) else {}
        edition = edition or str(usual.get("edition", NON_QP))
        kind = edition_of(edition)
        if kind is None:
            return Unknown(f"unknown fee schedule edition {edition!r}; use {NON_QP} or {QP}")
        ruling, reduction = self._rules.pick("pfs", on), self._rules.pick("mppr", on)
        factor = ruling if factor_on is None else self._rules.pick("pfs", factor_on)
        locality = self._locality(on, stated or str(usual.get("locality", NATIONAL)))
        for answer in (ruling, reduction, factor, locality):
            if isinstance(answer, Unknown):
                return answer
        assert isinstance(ruling, Ruling)
        assert isinstance(reduction, Ruling)
        assert isinstance(factor, Ruling)
        assert isinstance(locality, Locality)
        name = own.name if isinstance(own, Ruling) else ""
        facilities = self._rules.pick("facility_places", on)
        places = facilities.name if isinstance(facilities, Ruling) else ""
        key = (*_period(ruling), *_period(reduction), *_period(factor), locality, kind, name, places)
        if key not in self._built:
            year = self._year(ruling)
            self._built[key] = FeeSchedule(
                year,
                locality,
                reduction,
                kind,
                self._year(factor),
                own=name,
                facilities=facilities if isinstance(facilities, Ruling) else None,
            )
        return self._built[key]

    def _year(self, ruling: Ruling) -> _Year:
        key = _period(ruling)
        if key not in self._years:
            self._years[key] = _Year(ruling)
        return self._years[key]

    def _locality(self, on: date, stated: str) -> Locality | Unknown:
        wanted = _plain(stated)
        if wanted in ("", "national", "us", "usa", "nation"):
            return WHOLE_NATION
        by_zip = self._by_zip(on, wanted) if _ZIP_CODE.fullmatch(wanted) else stated
        if isinstance(by_zip, Unknown):
            return by_zip
        wanted, ruling = _plain(by_zip), self._rules.pick("gpci", on)
        if isinstance(ruling, Unknown):
            return Unknown(f"locality {by_zip}: {ruling.reason}")
        found = [row for row in ruling.values.get("rows", ()) if wanted in _names(row)]
        if len(found) == 1:
            return _locality(found[0], ruling.name)
        many = "names several localities" if found else "is not a known locality"
        some = ", ".join(row["locality"] for row in (found or ruling.values.get("rows", ()))[:8])
        return Unknown(
            f"{stated} {many} in {ruling.name}; write the contractor and locality number, for example {some}"
        )

    def _by_zip(self, on: date, wanted: str) -> str | Unknown:
        """The locality of a ZIP code, from CMS's quarterly file."""
        ruling = self._rules.pick("zip_locality", on)
        if isinstance(ruling, Unknown):
            return Unknown(f"ZIP code {wanted}: {ruling.reason}; import CMS's ZIP5 file or write the locality")
        found = next((row["locality"] for row in ruling.values.get("rows", ()) if wanted in row["zips"].split()), None)
        return found or Unknown(f"ZIP code {wanted} has no locality in {ruling.name}")


_ZIP_CODE = re.compile(r"\d{5}")


def _period(ruling: Ruling) -> tuple[str, date]:
    return ruling.name, ruling.period.effective_from


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _names(row: Mapping[str, Any]) -> frozenset[str]:
    """All ways to name a locality: 06302-00, WI-00, WI, Wisconsin; a state alone only helps where it has but one."""
    number = row["locality"].partition("-")[2]
    ways = (row["locality"], row.get("state", "") + number, row.get("state", ""), row.get("name", ""))
    return frozenset(_plain(way) for way in ways if way)


def _locality(row: Mapping[str, Any], source: str) -> Locality:
    work, practice, malpractice = (Decimal(row[part]) for part in ("work", "pe", "mp"))
    return Locality(row["locality"], row.get("name") or row["locality"], work, practice, malpractice, source)
