"""Which column of a list of open claims means what: by usual headings, or as a person said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.contracts.cells import Cell, text_of

FIELDS: Mapping[str, str] = {
    "claim_id": "Claim number",
    "patient_id": "Patient or account number",
    "patient_name": "Patient name",
    "payer_id": "Payer",
    "payer_sequence": "Primary, secondary or tertiary",
    "member_id": "Member number",
    "dos": "Date of service",
    "charge": "Charge",
    "paid": "Paid by payers",
    "adjusted": "Adjusted",
    "patient_paid": "Paid by the patient",
    "balance": "Balance",
    "owner": "Who owes the balance",
    "sent_on": "Billed on",
    "denied_on": "Denied on",
    "status": "Status",
    "note": "Note",
}
REQUIRED = ("claim_id", "payer_id", "dos", "charge", "balance")
_ENOUGH = 3  # columns known by their headings make a row the heading of the table
# Field by field, the usual headings in the form of `plain_name`.
_USUAL = """
claim_id: claim claim_id claim_number claim_no claim_num claim_# invoice invoice_number invoice_no ticket ticket_number
    encounter encounter_id patient_control_number control_number
patient_id: patient_id patient_number patient_no account account_id account_number account_no acct acct_no acct_# chart
    chart_number chart_no mrn patient_account patient_account_number
patient_name: patient patient_name name
payer_id: payer payer_id payer_name insurance insurance_name insurance_company carrier carrier_name plan
    primary_insurance current_insurance current_payer responsible_payer insurance_plan
payer_sequence: payer_sequence sequence insurance_level coverage_order payer_level
member_id: member_id member_number policy policy_number subscriber_id insured_id insurance_id
dos: dos date_of_service service_date from_dos first_dos from_date visit_date dos_from service_from svc_date
charge: charge charges charge_amount billed billed_amount amount_billed total_charge total_charges total_billed
paid: paid payments payment insurance_paid ins_paid insurance_payments ins_payments payer_paid paid_by_payers
    insurance_payment total_paid
adjusted: adjusted adjustment adjustments adj contractual contractual_adjustment write_off write_offs
patient_paid: patient_paid pt_paid patient_payments patient_payment pt_payments paid_by_patient
balance: balance open_balance balance_due current_balance outstanding outstanding_balance amount_due ar_balance
    claim_balance total_balance insurance_balance
owner: owner responsible_party responsibility balance_owner owed_by
sent_on: sent_on billed_on bill_date date_billed last_billed submitted submitted_on submission_date date_submitted
    first_billed sent_date date_sent claim_date dates_billed date_of_billing
denied_on: denied denied_on denial_date date_denied denied_date
status: status claim_status
note: note notes comment comments remark remarks
"""
HEADINGS: Mapping[str, frozenset[str]] = {
    field: frozenset(names.split()) for field, names in re.findall(r"^(\w+):((?: .*|\n    .*)+)$", _USUAL, re.MULTILINE)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where each field stands, and under which heading; `unused`: headings that mean nothing to us."""

    places: Mapping[str, int]
    headings: Mapping[str, str]
    unused: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """What the list cannot do without; a patient is named by number or by name."""
        lacking = [name for name in REQUIRED if name not in self.places]
        return lacking if {"patient_id", "patient_name"} & set(self.places) else [*lacking, "patient_id"]


def columns_of(
    row: Sequence[Cell], above: Sequence[Cell], named: Mapping[str, str], *, required: int = _ENOUGH
) -> Columns | None:
    """The columns where a row heads the table; None where it does not.

    `above`: the row before it, whose cells may head several columns (merged). `named`: a heading -> the field it means,
    as a person said; these come first.
    """
    said = {plain_name(heading): field for heading, field in named.items()}
    titles = _titles(row, above)
    places: dict[str, int] = {}
    headings: dict[str, str] = {}
    for meaning in (said.get, _usual):
        for place, forms in enumerate(titles):
            field = next((found for form in forms if (found := meaning(form)) and found not in places), None)
            if field and place not in places.values():
                places[field] = place
                headings[field] = text_of(row[place]) or text_of(above[place])
    unused = tuple(text_of(cell) for place, cell in enumerate(row) if text_of(cell) and place not in places.values())
    return Columns(places=places, headings=headings, unused=unused) if len(places) >= required else None


def plain_name(heading: Cell) -> str:
    """A heading in lower case with underscores."""
    return re.sub(r"[^a-z0-9#]+", "_", text_of(heading).lower()).strip("_").removesuffix("_$").removesuffix("_amt")


def _usual(form: str) -> str | None:
    return next((field for field, names in HEADINGS.items() if form in names), None)


def _titles(row: Sequence[Cell], above: Sequence[Cell]) -> list[tuple[str, ...]]:
    """What each column may be called: by its own cell, or with the cell that heads it in the row above."""
    group, found = "", []
    for place, cell in enumerate(row):
        over = plain_name(above[place]) if place < len(above) else ""
        group, own = over or group, plain_name(cell)
        found.append(tuple(form for form in (f"{group}_{own}" if group and own else "", own) if form))
    return found
