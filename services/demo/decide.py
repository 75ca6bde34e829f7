"""What a payer rightly (or by its known error) decides about a claim: the entry of an ordinary remittance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.demo import payers
from services.demo.adjudicate import DemoEntry, PaidLine, contract_line, deny_lines, medicare_line, pay
from services.demo.prices import Price, Share, contract_lines, medicare_day
from services.demo.world import DemoClaim

CEDAR_CHANGED = date(2026, 7, 1)  # the new schedule the payer never loaded


def icn(claim: DemoClaim, generation: int = 0) -> str:
    """The payer's claim control number; a reprocessed claim gets a new generation."""
    number = "".join(character for character in claim.claim_id if character.isdigit())
    return f"{claim.payer.number}26{int(number or 0):07d}{generation}"


def decide(
    claim: DemoClaim, prices: Sequence[Price] = (), deductible: int | None = None, generation: int = 0
) -> DemoEntry:
    """The payer's entry. `prices` default to its own; Cedar Bluff's own are out of date."""
    patient = claim.patient
    left = patient.deductible if deductible is None else deductible
    share = Share(left, patient.copay, patient.coinsurance)
    if claim.payer == payers.MEDICARE:
        return pay(claim, icn(claim, generation), prices or medicare_prices(claim), share, medicare_line)
    entry = pay(claim, icn(claim, generation), prices or contract_prices(claim), share, contract_line)
    return replace(entry, remarks=())


def medicare_prices(claim: DemoClaim, *, every_unit_reduced: bool = False) -> list[Price]:
    """The price of a claim that is alone on its day."""
    return medicare_day([claim.lines], every_unit_reduced=every_unit_reduced)[0]


def contract_prices(claim: DemoClaim, plan: str | None = None) -> list[Price]:
    """By the contract for the patient's plan, or for another; with Cedar Bluff's error."""
    rates = payers.rates(claim.payer, claim.patient.plan if plan is None else plan, claim.dos.isoformat())
    if claim.payer == payers.CEDAR and claim.dos >= CEDAR_CHANGED:
        rates = payers.old_cedar_rates()
    return contract_lines(claim.lines, rates)


def deny_and_reprice(
    entry: DemoEntry, numbers: Sequence[int], group: str, reason: str, remarks: Sequence[str]
) -> DemoEntry:
    """Some lines of a Medicare claim denied; the others then compete again for the unit paid in full."""
    claim = entry.claim
    kept = [line for line in claim.lines if line.number not in numbers]
    again = decide(replace(claim, lines=tuple(kept)))
    by_number: dict[int, PaidLine] = {paid.line.number: paid for paid in again.lines}
    lines = tuple(by_number.get(paid.line.number, paid) for paid in entry.lines)
    return deny_lines(replace(entry, lines=lines), numbers, group, reason, remarks)


def repaid(claim: DemoClaim, entry: DemoEntry, prices: Sequence[Price]) -> DemoEntry:
    """The entry again, at other prices."""
    patient = claim.patient
    share = Share(patient.deductible, patient.copay, patient.coinsurance)
    again = pay(claim, entry.icn, prices, share, medicare_line if claim.payer == payers.MEDICARE else contract_line)
    return replace(again, remarks=entry.remarks)
