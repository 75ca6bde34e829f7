"""Routing rules in words: what a rule says, what it would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.presentation.formatting import count, day, dollars, plural
from services.presentation.labels import ITEMS, category_name

FIELD_NAMES: Mapping[str, str] = {
    "name": "Name",
    "rank": "Order",
    "payers": "Payers",
    "lists": "Lists",
    "categories": "Categories",
    "disciplines": "Disciplines",
    "clinics": "Billing NPI",
    "providers": "Rendering NPI",
    "amount_min": "Amount from",
    "amount_max": "Amount to",
    "age_min": "Days since service, at least",
    "age_max": "Days since service, at most",
    "to": "Send to",
    "hold_until": "Hold until",
    "hold_days": "Hold for days after service",
    "tags": "Tags",
    "effective_from": "In force from",
    "effective_to": "In force until",
}


def when_words(terms: Mapping[str, Any], payer_name: Callable[[str], str] = str) -> str:
    """Which items a rule is about. `terms`: as JSON."""
    told = [_any("payer", [payer_name(each) for each in terms["payers"]])]
    told.append(_any("list", [ITEMS.get(each, each) for each in terms["lists"]]))
    told.append(_any("category", [category_name(each) for each in terms["categories"]]))
    told.append(_any("discipline", terms["disciplines"]))
    told.append(_any("billing NPI", terms["clinics"]))
    told.append(_any("rendering NPI", terms["providers"]))
    told.append(_between("amount", terms["amount_min"], terms["amount_max"], dollars))
    told.append(_between("days since service", terms["age_min"], terms["age_max"], str))
    said = "; ".join(part for part in told if part)
    return f"{said[:1].upper()}{said[1:]}" if said else "Every item"


def _any(name: str, values: Any) -> str:
    return f"{name} {' or '.join(values)}" if values else ""


def _between(name: str, least: Any, most: Any, said: Callable[[Any], str]) -> str:
    if least is None and most is None:
        return ""
    low = "" if least is None else f" from {said(least)}"
    return f"{name}{low}" + ("" if most is None else f" up to {said(most)}")


def then_words(terms: Mapping[str, Any]) -> str:
    """What a rule does."""
    told = [f"send to {terms['to']}"] if terms["to"] else []
    told += [f"hold until {day(terms['hold_until'])}"] if terms["hold_until"] else []
    told += [f"hold for {plural(terms['hold_days'], 'day')} after the date of service"] if terms["hold_days"] else []
    told += [f"tag {', '.join(terms['tags'])}"] if terms["tags"] else []
    said = "; ".join(told)
    return f"{said[:1].upper()}{said[1:]}"


def trial_words(told: Mapping[str, Any]) -> list[str]:
    """What the rule would do, a sentence each."""
    lines = [
        f"Would move {plural(move['items'], 'item')} ({dollars(move['amount'])}) to {move['to'] or 'nobody'}"
        f", now with {move['from'] or 'nobody'}."
        for move in told["moves"]
    ]
    lines += [f"Would hold back {plural(told['held'], 'item')}."] if told["held"] else []
    lines += [f"Would put {plural(told['released'], 'item')} back on the lists."] if told["released"] else []
    lines += [f"Would tag {plural(told['tagged'], 'item')}."] if told["tagged"] else []
    if told["kept"]:
        lines.append(f"{plural(told['kept'], 'item')} that a person assigned would stay with that person.")
    return lines or [f"Would change nothing: it fits {count(told['fits'])} open items."]
