"""Which years and quarters of the published rules are missing for dates of service that exist or are about to begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from projections.calendar import add_days, add_months
from projections.pricing.fees import FeeBook
from projections.rules.rulebook import Rulebook, Ruling, Unknown
from projections.tables.tables import READ_TABLES
from services.reads.read_context import ReadContext

AHEAD = 60  # days in which a new year or quarter has to be there
MissingRule = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class PublishedRule:
    """One thing publishers renew. `lacks` says why a day has none, or None; `months` is how long one edition lasts."""

    kind: str
    title: str
    months: int
    file: str
    lacks: Callable[[Rulebook, date], str | None]


def _absent(kind: str, **scope: str) -> Callable[[Rulebook, date], str | None]:
    def lacks(rules: Rulebook, on: date) -> str | None:
        found = rules.pick(kind, on, **scope)
        return found.reason if isinstance(found, Unknown) else None

    return lacks


def _no_prices(rules: Rulebook, on: date) -> str | None:
    found = rules.pick("pfs", on)
    if isinstance(found, Unknown):
        return found.reason
    return None if found.values.get("rows") else f"{found.name} holds the conversion factor alone, no relative values"


def _no_locality(rules: Rulebook, on: date) -> str | None:
    """Only a practice that is paid by a locality's indices needs them."""
    own = rules.pick("practice_medicare", on)
    place = str(own.values.get("locality", "national")) if isinstance(own, Ruling) else "national"
    found = FeeBook(rules).locality(on, place)
    return found.reason if isinstance(found, Unknown) else None


def _no_full_table(rules: Rulebook, on: date) -> str | None:
    """A sample of pairs, or a full table read for another quarter, does not show what is no pair."""
    found = rules.pick("ncci", on)
    if isinstance(found, Unknown):
        return found.reason
    through = found.values.get("read_through")
    if through is None:
        return f"{found.name} is a sample of {len(found.values.get('rows', ()))} pairs"
    return None if on <= date.fromisoformat(through) else f"{found.name} was read through {through}"


def _sample_of_units(rules: Rulebook, on: date) -> str | None:
    found = rules.pick("mue", on)
    if isinstance(found, Unknown):
        return found.reason
    return f"{found.name} is a sample of {len(found.values['rows'])} codes" if found.values.get("sample") else None


YEAR, QUARTER = 12, 3
PUBLISHED = (
    PublishedRule(
        kind="pfs",
        title="Medicare fee schedule",
        months=YEAR,
        file="PPRRVU (the RVU ZIP of the year)",
        lacks=_no_prices,
    ),
    PublishedRule(
        kind="gpci", title="Geographic indices", months=YEAR, file="GPCI (in the RVU ZIP)", lacks=_no_locality
    ),
    PublishedRule(
        kind="kx", title="Therapy threshold (KX)", months=YEAR, file="a TOML of the year's figures", lacks=_absent("kx")
    ),
    PublishedRule(
        kind="deductible",
        title="Part B deductible",
        months=YEAR,
        file="a TOML of the year's figures",
        lacks=_absent("deductible"),
    ),
    PublishedRule(
        kind="holidays",
        title="Federal holidays",
        months=YEAR,
        file="nothing: adopted at the next start",
        lacks=_absent("holidays"),
    ),
    PublishedRule(
        kind="icd10cm",
        title="ICD-10-CM codes",
        months=YEAR,
        file="the ICD-10-CM order file of the fiscal year",
        lacks=_absent("icd10cm"),
    ),
    PublishedRule(
        kind="ncci",
        title="NCCI pairs (PTP)",
        months=QUARTER,
        file="all practitioner volumes of the quarter",
        lacks=_no_full_table,
    ),
    PublishedRule(
        kind="mue",
        title="Unit maximums (MUE)",
        months=QUARTER,
        file="the practitioner table of the quarter",
        lacks=_sample_of_units,
    ),
)


def rule_status(context: ReadContext) -> list[MissingRule]:
    """What is missing, [{kind, title, covers, from, first_needed, claims, why, import}]; the soonest needed first.

    `claims`: how many claims have dates of service in it today; 0 where it is only about to begin.
    """
    days = _service_days(context)
    with context.context() as (_, reference):
        rules = reference.rules
    found = [told for rule in PUBLISHED for told in _missing(rule, rules, days, context.today)]
    return sorted(found, key=lambda told: (told["first_needed"], told["kind"]))


def _missing(
    rule: PublishedRule, rules: Rulebook, days: Sequence[tuple[date, int]], today: date
) -> Iterator[MissingRule]:
    for begins in _editions(rule.months, [day for day, _ in days], today):
        ends = add_months(begins, rule.months)
        mine = [(day, claims) for day, claims in days if begins <= day < ends]
        looked_at = [day for day, _ in mine] or [begins]
        gaps = [(day, why) for day in looked_at if (why := rule.lacks(rules, day)) is not None]
        if gaps:
            lacking = {day for day, _ in gaps}
            yield {
                "kind": rule.kind,
                "title": rule.title,
                "covers": _name(begins, rule.months),
                "from": begins.isoformat(),
                "first_needed": gaps[0][0].isoformat(),
                "claims": sum(claims for day, claims in mine if day in lacking),
                "why": gaps[0][1],
                "import": rule.file,
            }


def _editions(months: int, days: Iterable[date], today: date) -> list[date]:
    """The first days of every year or quarter that has a date of service, today, or begins within the days ahead."""
    return sorted({_start(day, months) for day in (*days, today, add_days(today, AHEAD))})


def _start(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _name(begins: date, months: int) -> str:
    return str(begins.year) if months == YEAR else f"{begins.year} Q{begins.month // 3 + 1}"


def _service_days(context: ReadContext) -> list[tuple[date, int]]:
    """Dates of service with the number of claims and unbilled visits on each."""
    line, visit = READ_TABLES["claim_line"], READ_TABLES["visit"]
    found: dict[date, int] = {}
    with context.rows() as rows:
        for table, counted in ((line, line.c.claim_id), (visit, visit.c.visit_id)):
            query = select(table.c.dos, func.count(counted.distinct())).where(table.c.practice == context.practice)
            for day, number in rows.execute(query.where(table.c.dos.is_not(None)).group_by(table.c.dos)):
                found[day] = found.get(day, 0) + (number if table is line else 0)
    return sorted(found.items())


def ending(missing: Iterable[MissingRule], today: date) -> list[MissingRule]:
    """Of what is missing, what no date of service needs yet but soon will: a year ends without its successor."""
    horizon = (today + timedelta(days=AHEAD)).isoformat()
    return [told for told in missing if today.isoformat() < told["first_needed"] <= horizon]


def without_successor(context: ReadContext, missing: Iterable[MissingRule]) -> list[MissingRule]:
    """Of what is missing for today or soon, what follows a year or quarter in force: it ends with nothing after.

    What a practice never had is on the list of missing rules, but nothing of it ends.
    """
    with context.context() as (_, reference):
        rules = reference.rules
    lacks = {rule.kind: rule.lacks for rule in PUBLISHED}
    return [
        told
        for told in missing
        if _is_near(date.fromisoformat(told["from"]), context.today)
        and lacks[told["kind"]](rules, add_days(date.fromisoformat(told["from"]), -1)) is None
    ]


def _is_near(begins: date, today: date) -> bool:
    """Begins within the days ahead, or began within a year: older gaps are history."""
    return add_months(today, -YEAR) < begins <= add_days(today, AHEAD)
