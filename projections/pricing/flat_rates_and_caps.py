"""Amounts that several lines have in common: flat rates, the lesser of a claim, caps."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from events.values import ZERO
from projections.pricing.contract import ANY, CLAIM, LINE, Cap, Contract, ContractMethod, Rate
from projections.pricing.drafts import ComparisonDraft, grouped, join
from projections.pricing.shares import largest_remainder

_CENTS = "leftover cents to the largest remainders"


def share_flat(drafts: Sequence[ComparisonDraft]) -> None:
    """Give each visit, day or claim its flat amount, shared over its lines in proportion to their charges."""
    methods = {id(draft.flat): draft.flat for draft in drafts if draft.flat is not None}
    for method in methods.values():
        for group in grouped([draft for draft in drafts if draft.flat is method], method.per):
            _share_visit(method, group)


def _share_visit(method: ContractMethod, group: list[ComparisonDraft]) -> None:
    found = [method.rate(d.line.procedure, d.line.modifiers) or method.rate(ANY, d.line.modifiers) for d in group]
    rates = [rate.amount for rate in found if isinstance(rate, Rate)]
    amount = max(rates) if rates else method.amount
    if amount is None:
        for draft in group:
            draft.fail(f"{draft.contract.name} has no {method.per} rate for these services")
        return
    charges = [draft.line.charge for draft in group]
    known = all(charge is not None for charge in charges) and any(charges)
    weights = [charge or ZERO for charge in charges] if known else [draft.line.units for draft in group]
    join(group, method.per)
    for draft, share, weight in zip(group, largest_remainder(amount, weights), weights, strict=True):
        draft.add("one amount for the {}", amount, method.per)
        draft.set(
            share,
            f"this line's share, {{}} of {{}} by {'charge' if known else 'units'}, {_CENTS}",
            weight,
            sum(weights),
        )


def lesser_of(contract: Contract, drafts: Sequence[ComparisonDraft]) -> None:
    """Hold prices to the charges, by line or by claim; a flat amount is always held to its claim's charges."""
    if not contract.lesser_of:
        return
    by_line = [draft for draft in drafts if draft.flat is None] if contract.lesser_of == LINE else []
    for draft in by_line:
        if draft.amount is None:
            continue
        if draft.line.charge is None:
            draft.add("the charge is not known: nothing to take the lesser of", draft.amount)
        else:
            draft.set(
                min(draft.amount, draft.line.charge), "lesser of {} and the charge {}", draft.amount, draft.line.charge
            )
    together = [draft for draft in drafts if draft not in by_line]
    for group in grouped(together, CLAIM):
        _lesser_together(group)


def _lesser_together(group: list[ComparisonDraft]) -> None:
    charges = [draft.line.charge for draft in group if draft.line.charge is not None]
    amounts = [draft.amount for draft in group if draft.amount is not None]
    if len(charges) < len(group) or len(amounts) < len(group):
        for draft in group:
            if draft.amount is not None:
                draft.add("a charge or a price of the claim is not known: nothing to take the lesser of", draft.amount)
        return
    billed, computed = sum(charges, ZERO), sum(amounts, ZERO)
    _limit(group, amounts, billed, "the claim's total {} and its charges {}: the lesser applies")
    if billed >= computed:
        for draft in group:
            draft.add("the claim's total {} does not exceed its charges {}", draft.amount, computed, billed)


def cap_sum(cap: Cap, drafts: Sequence[ComparisonDraft]) -> None:
    """Cut what a day, visit or claim brings to the cap."""
    concerned = [draft for draft in drafts if draft.capped and cap.covers(draft.line.procedure)]
    for group in grouped(concerned, cap.per):
        unknown = next((draft for draft in group if draft.amount is None), None)
        if unknown is not None:
            for draft in group:
                draft.fail(f"the cap cannot be shared: {unknown.reason}")
            continue
        amounts = [draft.amount for draft in group if draft.amount is not None]
        whole = sum(amounts, ZERO)
        if whole <= cap.amount:
            for draft in group:
                draft.add("the total {} is within the cap {} for each {}", draft.amount, whole, cap.amount, cap.per)
        else:
            _limit(group, amounts, cap.amount, f"the total {{}} is reduced to the cap {{}} for each {cap.per}")


def _limit(group: list[ComparisonDraft], amounts: list[Decimal], limit: Decimal, template: str) -> None:
    """Cut the group's amounts to a limit, in proportion, so that the cents add up to it exactly."""
    whole = sum(amounts, ZERO)
    if whole <= limit:
        return
    join(group, "limit")
    for draft, amount, share in zip(group, amounts, largest_remainder(limit, amounts), strict=True):
        draft.add(template, limit, whole, limit)
        draft.set(share, f"this line's share of {{}}: {{}} of {{}}, {_CENTS}", limit, amount, whole)
