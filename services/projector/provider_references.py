"""Finds the claims that provider adjustments (PLB) name. A reference that fits no claim, or several, names none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from events.provider_references import claim_forms, reference_forms, trace_name
from projections.claims.repeated_entries import is_entry
from projections.cut import Cut
from projections.history import LoggedEvent
from projections.keys import Key, parse_key
from services.store.log import histories, keys_beside


def with_recoupments(log: Connection, found: Mapping[str, list[LoggedEvent]], cut: Cut) -> None:
    """Adds to each claim's history the remittances whose adjustments name it, with those adjustments alone."""
    forms = {key: _claim_keys(key, history) for key, history in found.items()}
    named = histories(log, {name for names in forms.values() for name in names}, cut)
    owners: dict[str, set[str]] = {}
    for key, names in forms.items():
        events = {event.name: event for name in names for event in named[name]}
        for event in events.values():
            mine = _only_mine(log, key, event, owners, cut)
            if mine is not None:
                found[key].append(mine)


def _claim_keys(key: str, history: Sequence[LoggedEvent]) -> list[str]:
    _, practice, claim_id = parse_key(key)
    numbers = [event.data.payer_claim_number for event in history if is_entry(event.data)]
    if not numbers:
        return []
    checks = (trace_name(event.data.remit.trace_number) for event in history if is_entry(event.data))
    names = dict.fromkeys((*claim_forms([claim_id, *numbers]), *filter(None, checks)))
    return [str(Key("plb", practice, name)) for name in names]


def _only_mine(
    log: Connection, key: str, event: LoggedEvent, owners: dict[str, set[str]], cut: Cut
) -> LoggedEvent | None:
    practice = parse_key(key).practice
    kept = tuple(
        adjustment
        for adjustment in event.data.provider_adjustments
        if claims_named(log, practice, adjustment.reference, owners, cut) == {key}
    )
    if not kept:
        return None
    return replace(event, data=event.data.model_copy(update={"provider_adjustments": kept}))


def claims_named(
    log: Connection, practice: str, reference: str | None, owners: dict[str, set[str]], cut: Cut
) -> set[str]:
    """The keys of all claims a reference may mean; as the number of a check only where it is no claim's number.

    At a cut: of the claims that had these numbers then.

    `owners` remembers what was asked before.
    """
    found = _named_by(log, practice, reference_forms(reference), owners, cut)
    check = trace_name(reference)
    return found or (_named_by(log, practice, (check,), owners, cut) if check else found)


def _named_by(log: Connection, practice: str, names: Iterable[str], owners: dict[str, set[str]], cut: Cut) -> set[str]:
    found: set[str] = set()
    for form in names:
        name = str(Key("claim_number", practice, form))
        if name not in owners:
            owners[name] = keys_beside(log, [name], "claim", cut)
        found |= owners[name]
    return found


def named_again(log: Connection, keys: Iterable[str]) -> set[str]:
    """Claims under numbers that some adjustment names, and its remittance.

    Another claim under the same number makes it name none, the first one makes it name one.
    """
    numbers = [parse_key(key) for key in keys if parse_key(key).kind == "claim_number"]
    names = {str(Key("plb", number.practice, number.name)): str(number) for number in numbers}
    remittances = keys_beside(log, names, "remittance") if names else set()
    return keys_beside(log, names.values(), "claim") | remittances if remittances else set()
