"""Published contracts as lists show them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from events.contract import ContractPublished
from projections.terms.terms_in_force import Reference


def contract_json(fact: ContractPublished) -> dict[str, Any]:
    """A version of a contract: whom it is about, when it is in force, how it prices, how many rates it has."""
    return {
        "contract_id": fact.contract_id,
        "version": str(fact.version),
        "payer_id": fact.scope.payer_id,
        "scope": fact.scope.model_dump(exclude_none=True),
        "method": fact.method,
        "effective_from": fact.effective_from.isoformat(),
        "effective_to": fact.effective_to.isoformat() if fact.effective_to else None,
        "rates": len(getattr(fact, "rates", ())),
    }


def contract_list(reference: Reference) -> list[dict[str, Any]]:
    """Every published version of every contract, by contract and day."""
    return sorted((contract_json(fact) for fact in reference.contracts), key=contract_place)


def contract_place(row: dict[str, Any]) -> tuple[str, str, str, str]:
    """What the list is ordered by."""
    return row["contract_id"], row["effective_from"], row["version"], json.dumps(row["scope"], sort_keys=True)


def contract_versions(contracts: Iterable[ContractPublished], contract_id: str) -> list[dict[str, Any]]:
    """Every version of one contract with all its terms, as it was published."""
    found = [fact for fact in contracts if fact.contract_id == contract_id]
    return [fact.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True) for fact in found]
