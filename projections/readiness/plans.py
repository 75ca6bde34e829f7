"""The claim that a day's visits should become: lines, units, modifiers, and what it should bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from events.values import ZERO
from projections.pricing.lines import PricedLine, PriceLine
from projections.readiness.parties import Visit
from projections.rows.day_prices import DayClaimLine
from projections.rules.rulebook import Ruling
from projections.session_rules.findings import Ruleset
from projections.session_rules.planning import ClaimPlan, PlannedLine, plan_session
from projections.session_rules.session import Session, mended
from projections.tables.readiness_facts import PlannedClaim, PlannedClaimLine
from projections.terms.terms_in_force import Reference


@dataclass(frozen=True, kw_only=True)
class Planned:
    """Visits whose minutes are counted together, and the claim they should become. `prices` by place of the line."""

    visits: tuple[Visit, ...]
    payer_id: str
    rules: Ruleset
    plan: ClaimPlan
    prices: Mapping[int, PricedLine]

    @property
    def expected(self) -> Decimal | None:
        """What the whole should bring; None as soon as one line's price is unknown."""
        amounts = [price.expected_allowed for price in self.prices.values()]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, ZERO) if known and len(known) == len(amounts) else None

    @property
    def by_code(self) -> dict[str, Decimal]:
        """What each code brings at most, for the worth of a finding about it."""
        found: dict[str, Decimal] = {}
        for place, price in self.prices.items():
            if price.expected_allowed is not None:
                code = self.plan.lines[place].procedure
                found[code] = max(found.get(code, ZERO), price.expected_allowed)
        return found

    def __str__(self) -> str:
        """For people: 97530 x2 GP, 97110 x1 GP CQ."""
        return ", ".join(
            " ".join((line.procedure, f"×{line.units}", *line.modifiers)) for line in self.plan.lines if line.billed
        )

    def as_record(self) -> PlannedClaim:
        """As the visit's page shows it. `rules`: the packs and contracts that made it."""
        packs = [
            ruling.name
            for kind in ("units", "modifiers", "assistant")
            if isinstance(ruling := self.rules.pick(kind), Ruling)
        ]
        return PlannedClaim(
            visits=tuple(visit.visit_id for visit in self.visits),
            payer_id=self.payer_id,
            method=self.plan.allocation.rule.method,
            tie=self.plan.allocation.tie,
            units_explanation=self.plan.allocation.explanation,
            total_timed_minutes=self.plan.allocation.total_minutes,
            total_units=self.plan.total_units,
            lines=tuple(_line(line, self.prices.get(place)) for place, line in enumerate(self.plan.lines)),
            expected_allowed=self.expected,
            rules=tuple(dict.fromkeys([*packs, *(n for p in self.prices.values() for n in p.rule_names)])),
        )


def _line(line: PlannedLine, price: PricedLine | None) -> PlannedClaimLine:
    amount = price.expected_allowed if price else None
    return PlannedClaimLine(
        procedure=line.procedure,
        units=line.units,
        modifiers=line.modifiers,
        minutes=line.minutes,
        explanation=line.explanation,
        expected_allowed=amount,
        unpriced=price.reason if price and amount is None else None,
    )


def plan_day(
    visits: Sequence[Visit], payers: Mapping[str, str], others: Sequence[DayClaimLine], dos: date, reference: Reference
) -> list[Planned]:
    """One plan for each discipline and payer of the day, all priced together; closed visits by themselves.

    `payers`: by visit, the payer its claim went to. `others`: lines of the day's claims that bill no known visit; they
    compete for the one unit that is paid in full.
    """
    groups: dict[tuple[str, str, bool], list[Visit]] = {}
    for visit in visits:
        payer_id = payers.get(visit.visit_id) or visit.session.payer_id
        shut = visit.closed is not None and visit.visit_id not in payers
        groups.setdefault((visit.discipline, payer_id, shut), []).append(visit)
    drafts = [_draft(group, payer_id, reference) for (_, payer_id, _shut), group in groups.items()]
    prices = _price(drafts, others, dos, reference)
    return [replace(draft, prices=prices[index]) for index, draft in enumerate(drafts)]


def _draft(visits: list[Visit], payer_id: str, reference: Reference) -> Planned:
    session = _pooled([visit.session for visit in visits], payer_id)
    rules = reference.ruleset(session.dos, payer_id, session.program, session.discipline)
    return Planned(
        visits=tuple(visits), payer_id=payer_id, rules=rules, plan=plan_session(mended(session), rules), prices={}
    )


def _pooled(sessions: Sequence[Session], payer_id: str) -> Session:
    services = tuple(service for session in sessions for service in session.services)
    return replace(sessions[0], services=services, payer_id=payer_id)


def _price(
    drafts: Sequence[Planned], others: Iterable[DayClaimLine], dos: date, reference: Reference
) -> list[dict[int, PricedLine]]:
    others = list(others)
    npis = {line.row.billing_npi for line in others}
    npi = npis.pop() if len(npis) == 1 else None
    found: list[dict[int, PricedLine]] = [{} for _ in drafts]
    for payer_id in dict.fromkeys(draft.payer_id for draft in drafts):
        places = {
            f"plan {index}/{place}": (index, place)
            for index, draft in enumerate(drafts)
            if draft.payer_id == payer_id
            for place, line in enumerate(draft.plan.lines)
            if line.billed
        }
        asked = [_asked(key, drafts[i].plan.lines[p], f"visit {i}", p, npi) for key, (i, p) in places.items()]
        asked += [line.price_line for line in others if line.row.payer_id == payer_id]
        for priced in reference.comparer.pricer(asked, dos, payer_id) if asked else ():
            if priced.key in places:
                index, place = places[priced.key]
                found[index][place] = priced
    return found


def _asked(key: str, line: PlannedLine, claim: str, place: int, npi: str | None) -> PriceLine:
    return PriceLine(
        key=key,
        procedure=line.procedure,
        units=Decimal(line.units),
        charge=None,
        modifiers=line.modifiers,
        claim=claim,
        number=place,
        billing_npi=npi,
    )
