"""A contract's terms in words, for its page and for letters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from services.presentation.formatting import amount, day, dollars, plural

METHODS: Mapping[str, str] = {
    "per_unit": "Rate for each unit of a code",
    "percent_of_medicare": "Percentage of the Medicare fee schedule",
    "percent_of_charge": "Percentage of the charge",
    "per_visit": "Flat amount for a visit",
    "case_rate": "Flat amount for a case",
    "daily_cap": "Rates with a limit for the day",
    "evaluation_plus_cap": "Evaluations apart, other codes with a limit for the day",
}
SCOPES: Mapping[str, str] = {
    "plan": "Plan",
    "billing_npi": "Billing NPI",
    "discipline": "Discipline",
    "place_of_service": "Place of service",
    "provider_kind": "Kind of provider",
}
_PER: Mapping[str, str] = {"day": "day", "visit": "visit", "claim": "claim"}


CONTRACT = "Contract"  # the row with the name and version that we keep a contract under


def term_rows(contract: Mapping[str, Any], codes: Collection[str] | None = None) -> tuple[tuple[str, str], ...]:
    """Name and value of each term, in the order of the paper; of the rates only those of `codes`, if given.

    `contract`: the data of contract.published as JSON.
    """
    scope = contract.get("scope") or {}
    rows = [(CONTRACT, f"{contract['contract_id']}, version {contract['version']}"), ("In force", period(contract))]
    rows += [(SCOPES[name], str(scope[name])) for name in SCOPES if scope.get(name)]
    rows.append(("Method", METHODS.get(contract["method"], str(contract["method"]))))
    rows += _figures(contract)
    rates = contract.get("rates") or ()
    rows += [
        (f"Rate of {rate_name(r)}", amount(r["amount"])) for r in rates if codes is None or r["procedure"] in codes
    ]
    if contract.get("dispute_days"):
        rows.append(("Disputes", f"within {contract['dispute_days']} days"))
    return tuple(rows)


def change_words(change: Mapping[str, Any]) -> tuple[str, ...]:
    """What other terms would change of underpayments: how many lines, and how the dollars short come about.

    `change`: as the trial of a contract and `what-if` answer.
    """
    told = change["underpaid"]
    shortfall = (("more", "already underpaid would be short by {} more"), ("less", "stay underpaid, short by {} less"))
    parts = [("new", "newly underpaid, {} short"), *shortfall, ("closed", "no longer underpaid, {} before")]
    said = [
        f"{plural(told[name]['lines'], 'line')} {words.format(dollars(told[name]['amount']))}"
        for name, words in parts
        if told[name]["lines"]
    ]
    priced = f"{plural(change['lines'], 'line is', 'lines are')} priced differently"
    if not said:
        return (f"{priced}; no underpayment changes.",)
    before, after = (dollars(told[name]["amount"]) for name in ("before", "after"))
    return (f"{priced}: {'; '.join(said)}.", f"These lines together: {before} short now, {after} then.")


def period(contract: Mapping[str, Any]) -> str:
    """`effective_to` is the first day that is no longer covered."""
    begins = f"for services from {day(contract['effective_from'])}"
    return f"{begins} until before {day(contract['effective_to'])}" if contract.get("effective_to") else begins


def rate_name(rate: Mapping[str, Any]) -> str:
    return "-".join([str(rate["procedure"]), *(rate.get("modifiers") or ())])


def _figures(contract: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if contract.get("percent") is not None:
        rows.append(("Percentage", f"{contract['percent']}%"))
    if contract.get("amount") is not None:
        rows.append(("Amount", f"{dollars(contract['amount'])} for each {_PER.get(contract.get('per') or 'visit')}"))
    caps = contract.get("cap") or ()
    rows += [("Limit", f"{dollars(cap['amount'])} for each {_PER.get(cap.get('per') or 'day')}") for cap in caps]
    if contract.get("lesser_of"):
        rows.append(("Lesser of", f"contract and charge, by {contract['lesser_of']}"))
    return rows
