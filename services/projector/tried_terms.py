"""Terms to try, read as publishing reads them: what publishing would refuse is refused, and not tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from events.contract import ContractPublished
from events.registry import complaint
from events.term_refusals import UnknownTermError, refuse_unknown_terms
from events.terms import PolicyPublished
from projections.rules.rulebook import Pack, RulePackError, read_pack
from projections.terms.packcheck import check_pack
from projections.terms.terms_in_force import Reference
from services.projector.what_if import changed_reference


class RefusedTermsError(ValueError):
    """Terms that would not be published. The text says what and where, with each field's pointer."""


def read_policy(stated: Mapping[str, Any]) -> PolicyPublished:
    """The data of a `policy.published`. Raises RefusedTermsError."""
    try:
        policy = PolicyPublished.model_validate(stated)
        refuse_unknown_terms(policy)
    except (ValidationError, UnknownTermError) as error:
        raise RefusedTermsError(
            "; ".join(f"{fault['pointer']}: {fault['message']}" for fault in complaint(error))
        ) from None
    return policy


def read_sound_pack(content: Mapping[str, Any]) -> Pack:
    """The content of a `rules.adopted`. Raises RefusedTermsError."""
    try:
        pack = read_pack(content)
        check_pack(pack)
    except RulePackError as error:
        raise RefusedTermsError(str(error)) from None
    return pack


def with_tried(
    reference: Reference,
    contracts: Iterable[ContractPublished],
    policies: Iterable[PolicyPublished],
    packs: Iterable[Pack],
) -> Reference:
    """The terms with those to try. Raises RefusedTermsError where packs cannot be used together."""
    try:
        return changed_reference(reference, contracts, policies, packs)
    except RulePackError as error:
        raise RefusedTermsError(str(error)) from None
