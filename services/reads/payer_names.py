"""What people call each payer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from projections.rules.payer_library import CALLED
from projections.tables.columns import Row
from projections.terms.terms_in_force import MEDICARE, Reference
from services.reads.read_context import ReadContext
from services.store.named_payers import StatedPayer, stated_payers

OWN_NAMES = {MEDICARE: "Medicare Part B"}  # what the program itself knows
NO_PAYER = "no payer"
SENTENCES = ("reason", "next_action")
CLAIMS_NAME = "claim.submitted.v1"  # the practice's own name of a payer comes before what others call it


@dataclass(frozen=True)
class PayerNames:
    """`known`: what each payer is called, by payer id. `aliases`: payer ids by their names and identifiers, folded."""

    known: Mapping[str, str]
    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, payer_id: str | None) -> str:
        """A payer that nobody named is called by its id."""
        return self.known.get(payer_id, payer_id) if payer_id else NO_PAYER

    def named(self, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
        """The same rows, each with what the payer of its `payer_id` is called, as `payer`; sentences name payers."""
        return [
            dict(row)
            | {name: self.in_words(row[name]) for name in SENTENCES if row.get(name)}
            | {"payer": self.of(row["payer_id"])}
            for row in rows
        ]

    def in_words(self, sentence: str) -> str:
        """A sentence of a fold, which says `payer ID`, with the payer's name."""
        return self._mention.sub(lambda found: self.known[found[1]], sentence) if "ayer " in sentence else sentence

    @cached_property
    def _mention(self) -> re.Pattern[str]:
        ids = sorted((payer_id for payer_id in self.known), key=len, reverse=True)
        return re.compile(rf"\b[Pp]ayer ({'|'.join(map(re.escape, ids))})(?![\w-])")

    def ids(self, wanted: str) -> list[str]:
        """The payers that a typed text means: by id as it is, else by name or identifier; else the text itself."""
        return [wanted] if wanted in self.known else sorted(self.aliases.get(folded(wanted), {wanted}))


def payer_names(context: ReadContext) -> PayerNames:
    """Its name, with the id where names coincide; the id where no name is known."""
    with context.terms() as (log, reference):
        stated = stated_payers(log, context.practice, context.cut)
    names = all_names(reference, stated, context.today)
    known, aliases = called(names), dict[str, set[str]]()
    other = identifiers_of(reference, stated)
    for payer_id, name in known.items():
        for alias in (payer_id, name, *names.get(payer_id, ()), *other.get(payer_id, ())):
            aliases.setdefault(folded(alias), set()).add(payer_id)
    return PayerNames(known, {alias: frozenset(ids) for alias, ids in aliases.items()})


def folded(text: str) -> str:
    """A name without its case and repeated blanks."""
    return " ".join(text.casefold().split())


def called(names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """One name for each payer of those it has; where two payers' names coincide their ids are added."""
    first = {payer_id: OWN_NAMES.get(payer_id) or next(iter(given), payer_id) for payer_id, given in names.items()}
    often = Counter(name.casefold() for name in ({**OWN_NAMES, **first}).values())
    return {**OWN_NAMES} | {
        payer_id: f"{name} ({payer_id})" if often[name.casefold()] > 1 and name != payer_id else name
        for payer_id, name in first.items()
    }


def all_names(reference: Reference, stated: Iterable[StatedPayer], on: date) -> dict[str, tuple[str, ...]]:
    """Every payer of terms and files, with its names: what the practice calls it, those its terms say, then others'.

    Last come the names of a template that was adopted for it. `on`: the day whose terms name payers.
    """
    found: dict[str, dict[str, None]] = {}
    for policy in reference.policies:
        found.setdefault(reference.payer(policy.payer_id), {})
    in_force = reference.terms.in_force(on)
    for policy in in_force:
        if called_here := getattr(policy, CALLED, None):
            found.setdefault(policy.payer_id, {})[str(called_here)] = None
    for policy in in_force:
        if not hasattr(policy, "x_template"):
            found.setdefault(policy.payer_id, {}).update(dict.fromkeys(policy.names))
    for payer_id, one in sorted(payers_meant(reference, stated), key=_order):
        found.setdefault(payer_id, {}).update({one.name: None} if one.name else {})
    for policy in in_force:
        found.setdefault(policy.payer_id, {}).update(dict.fromkeys(policy.names))
    return {payer_id: tuple(_once(names)) for payer_id, names in found.items() if payer_id}


def identifiers_of(reference: Reference, stated: Iterable[StatedPayer]) -> dict[str, tuple[str, ...]]:
    """By payer, the other identifiers that files give it."""
    found: dict[str, dict[str, None]] = {}
    for payer_id, one in payers_meant(reference, stated):
        if one.identifier not in (payer_id, one.name):
            found.setdefault(payer_id, {})[one.identifier] = None
    return {payer_id: tuple(sorted(identifiers)) for payer_id, identifiers in found.items()}


def _once(names: Iterable[str]) -> list[str]:
    """Without names that differ from an earlier one in case or blanks only."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(folded(name), name)
    return list(first.values())


def _order(meant: tuple[str, StatedPayer]) -> tuple[bool, str, str]:
    _, one = meant
    return (one.event_type != CLAIMS_NAME, one.name, one.event_type)


def payers_meant(reference: Reference, stated: Iterable[StatedPayer]) -> list[tuple[str, StatedPayer]]:
    """Which payer each mention is.

    A mention without a filing indicator, as in the head of a remittance, is whom the same identifier means wherever it
    comes with one.
    """
    stated = list(stated)
    by_indicator: dict[str, set[str]] = {}
    for one in stated:
        if one.indicator:
            meant = reference.payer(one.identifier, one.name or None, one.indicator)
            by_indicator.setdefault(one.identifier, set()).add(meant)
    found = []
    for one in stated:
        bound = by_indicator.get(one.identifier, set())
        known = one.indicator or reference.known_payer(one.identifier, one.name or None) or len(bound) != 1
        meant = reference.payer(one.identifier, one.name or None, one.indicator or None) if known else next(iter(bound))
        found.append((meant, one))
    return found
