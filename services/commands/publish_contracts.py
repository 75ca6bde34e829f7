"""Contracts from a file: tried against what is in force and against the claims, then published."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from events.contract import ContractPublished
from services.app_context import AppContext
from services.contracts.dry_run import DryRun, Notice, dry_run
from services.contracts.files import read_contract_file
from services.core.errors import ConflictError
from services.projector.what_if import changed_reference, what_if
from services.reads.read_context import ReadContext

WAIT = 10.0  # seconds; repricing goes on in the background
SOURCE = "claimclock/contracts"


@dataclass(frozen=True, kw_only=True)
class ContractTrial:
    """What a file holds and what publishing it would change. `change`: as the verb what-if gives it."""

    published: tuple[ContractPublished, ...]
    facts: tuple[dict[str, Any], ...]
    notices: tuple[Notice, ...]
    clean: bool
    change: Mapping[str, Any]


def try_contracts(
    context: ReadContext, path: Path, terms: Mapping[str, Any], columns: Mapping[str, str]
) -> ContractTrial:
    """Reads the file and folds the claims it touches with it, changing nothing. `columns`: a heading -> what it means.

    Raises ContractFileError.
    """
    items = read_contract_file(path, terms, columns)
    with context.context() as (fold_context, reference):
        result = dry_run(items, reference.contracts, reference.rules)
        after = changed_reference(reference, result.facts)
        change = what_if(fold_context.log, context.practice, reference, after).as_json() if result.clean else {}
    return ContractTrial(
        published=result.facts,
        facts=tuple(fact.model_dump(mode="json") for fact in result.facts),
        notices=result.notices,
        clean=result.clean and bool(result.facts),
        change=change,
    )


def publish_contracts(app: AppContext, context: ReadContext, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Publishes contracts that were tried; their names. Raises ConflictError where they are not clean any more."""
    with context.context() as (_, reference):
        result: DryRun = dry_run(items, reference.contracts, reference.rules)
    if not result.clean or not result.facts:
        raise ConflictError("nothing was published: the contracts in force have changed; load the file again")
    now = app.clock.now().isoformat()
    bodies = [json.dumps(contract_event(fact, now, context.practice)).encode() for fact in result.facts]
    published = app.publisher().publish(bodies)
    app.wait(published.last, WAIT)
    return [f"{fact.contract_id}@{fact.version}" for fact in result.facts]


def contract_event(fact: ContractPublished, now: str, practice: str) -> dict[str, Any]:
    """The CloudEvent that publishes a contract's version."""
    return {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": SOURCE,
        "type": "contract.published.v1",
        "subject": fact.contract_id,
        "time": now,
        "practice": practice,
        "data": fact.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
