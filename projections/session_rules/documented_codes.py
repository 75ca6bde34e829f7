"""All a session did under one code: minutes of a code listed twice are added, in the place where it first stood."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from projections.session_rules.findings import Ruleset
from projections.session_rules.procedures import Procedure, procedure
from projections.session_rules.session import DocumentedService
from projections.session_rules.units import TimeRule


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedCode:
    """One code of a session. `unit_minutes` 0: untimed; `known` None: not on the code list; `times` it was listed."""

    service: DocumentedService
    known: Procedure | None
    unit_minutes: int
    times: int

    @property
    def code(self) -> str:
        return self.service.procedure

    @property
    def minutes(self) -> int:
        return self.service.minutes or 0


def items_of(services: Iterable[DocumentedService], rule: TimeRule, rules: Ruleset) -> list[DocumentedCode]:
    """Services by code in the order first given; minutes of a code that is listed twice are added."""
    items: dict[str, DocumentedCode] = {}
    for service in services:
        before = items.get(service.procedure)
        items[service.procedure] = _item(service, rule, rules) if before is None else _added(before, service)
    return list(items.values())


def _item(service: DocumentedService, rule: TimeRule, rules: Ruleset) -> DocumentedCode:
    """The code list says whether a code is timed; for a code it does not hold, the note does."""
    known = procedure(rules, service.procedure)
    documented = rule.unit_minutes if service.timed else 0
    listed = None if known is None else known.unit_minutes
    return DocumentedCode(service=service, known=known, unit_minutes=documented if listed is None else listed, times=1)


def _added(item: DocumentedCode, more: DocumentedService) -> DocumentedCode:
    known = [s.minutes for s in (item.service, more) if s.minutes is not None]
    service = replace(
        item.service,
        minutes=sum(known) if known else None,
        assistant_minutes=item.service.assistant_minutes + more.assistant_minutes,
    )
    return replace(item, service=service, times=item.times + 1)
