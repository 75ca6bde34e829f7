"""Terms in the log that today's vocabulary cannot read: for whom and when they stand all the same.

Such a term judges nothing, and no older version takes its place: what it governs is unknown, for the reason it holds.
What cannot be read of its own scope is in `lost`; it then binds whatever that part might have narrowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError

from events.contract import ContractPublished
from events.contract_terms import ContractScope
from events.event_data import UnreadableData
from events.terms import PolicyPublished, RulesAdopted
from events.values import FIRST_DAY, Code, Day, EndDay, Fact, Id, Integer, Name, StatedDay

_Stated = TypeVar("_Stated", bound=Fact)


class _PolicyParts(Fact):
    """What says whom a policy binds and when; each part may be missing."""

    payer_id: Id | None = None
    version: Integer | Name | None = None
    program: Name | None = None
    identifiers: tuple[Name, ...] = ()
    names: tuple[Name, ...] = ()
    claim_filing_indicators: tuple[Code, ...] = ()
    plan: Name | None = None
    state: Code | None = None
    line_of_business: Name | None = None
    effective_by: Name | None = None
    effective_from: StatedDay = None
    effective_to: EndDay = None


class _ScopeParts(ContractScope):
    payer_id: Id | None = None  # type: ignore[assignment]  # of a contract that cannot be read anything may be missing


class _ContractParts(Fact):
    contract_id: Id | None = None
    version: Integer | Name | None = None
    supersedes: Name | None = None
    scope: dict[str, Any] | None = None
    effective_from: Day | None = None
    effective_to: EndDay = None


class UnreadPolicy(PolicyPublished):
    """A policy of which only the scope is known."""

    event: ClassVar = PolicyPublished.event
    why_unread: str
    lost: frozenset[str] = frozenset()

    @property
    def may_bind_anyone(self) -> bool:
        """Whether it is not known for which plan, state or line of business of the payer it is."""
        return bool(self.lost & {"plan", "state", "line_of_business"})

    @classmethod
    def of(cls, data: UnreadableData, subject: str) -> UnreadPolicy:
        """From what the log holds; the event's subject is the payer's id too."""
        parts, lost = _salvaged(_PolicyParts, data.stated)
        known = {name: getattr(parts, name) for name in _PolicyParts.model_fields}
        known["payer_id"] = parts.payer_id or subject
        return cls.model_construct(**known, why_unread=data.reason, lost=lost)


class UnreadContract(ContractPublished):
    """A contract version of which only the scope is known."""

    event: ClassVar = ContractPublished.event
    why_unread: str
    lost: frozenset[str] = frozenset()

    @property
    def may_bind_anyone(self) -> bool:
        """Whether it is not known for which of the payer's lines it is."""
        return bool(self.lost & _ScopeParts.model_fields.keys())

    @classmethod
    def of(cls, data: UnreadableData, subject: str, earlier: Mapping[str, ContractScope]) -> UnreadContract | None:
        """From what the log holds; the event's subject is the contract's id too.

        Where the payer cannot be read it is that of an `earlier` version, by contract id; None where there is none.
        """
        parts, lost = _salvaged(_ContractParts, data.stated)
        contract_id = parts.contract_id or subject
        scope, lost_of_scope = _salvaged(_ScopeParts, parts.scope)
        if scope.payer_id is None:
            former = earlier.get(contract_id) or earlier.get(parts.supersedes or "")
            if former is None:
                return None
            scope = scope.model_copy(update={"payer_id": former.payer_id})
        return cls.model_construct(
            contract_id=contract_id,
            version="unreadable" if parts.version is None else parts.version,
            supersedes=parts.supersedes,
            scope=scope,
            effective_from=parts.effective_from or FIRST_DAY,
            effective_to=parts.effective_to,
            method="unreadable",  # type: ignore[arg-type]  # none of those there are
            why_unread=data.reason,
            lost=lost | lost_of_scope | ({"version"} if parts.version is None else set()),
        )


class UnreadPack(RulesAdopted):
    """A rule pack of which only the id is known, and what its content states of its dates."""

    event: ClassVar = RulesAdopted.event
    why_unread: str

    @classmethod
    def of(cls, data: UnreadableData, subject: str) -> UnreadPack:
        """From what the log holds; the event's subject is the pack's id."""
        stated = data.stated if isinstance(data.stated, Mapping) else {}
        named = stated.get("pack_id")
        return cls.model_construct(
            pack_id=named if isinstance(named, str) and named else subject,
            kind="",
            version="",
            checksum="",
            content=content if isinstance(content := stated.get("content"), dict) else {},
            why_unread=data.reason,
        )


def _salvaged(parts: type[_Stated], stated: Any) -> tuple[_Stated, frozenset[str]]:
    """What can be read, and the names of what is stated and cannot."""
    if not isinstance(stated, Mapping):
        return parts(), frozenset(parts.model_fields)
    mine = {name: value for name, value in stated.items() if name in parts.model_fields}
    try:
        return parts.model_validate(mine), frozenset()
    except ValidationError as error:
        lost = {str(fault["loc"][0]) for fault in error.errors(include_url=False, include_input=False)}
        return parts.model_validate({k: v for k, v in mine.items() if k not in lost}), frozenset(lost)
