"""Contracts in force, new ones tried first, and the whole history under other terms."""

from __future__ import annotations

import json as json_module
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from events.contract import ContractPublished
from events.terms import PolicyPublished
from projections.rules.rulebook import Pack, RulePackError
from projections.terms.terms_in_force import Reference
from services.cli import show
from services.cli.options import (
    AsJson,
    AsOfOption,
    AtOption,
    DataOption,
    KnownAtOption,
    PracticeOption,
    When,
    audited,
    day_option,
    reading,
)
from services.commands.publish_contracts import contract_event
from services.contracts.cells import ContractFileError
from services.contracts.dry_run import DryRun, dry_run
from services.contracts.files import read_contract_file
from services.core.errors import UsageError
from services.presentation.contract_words import change_words
from services.presentation.formatting import plural
from services.projector import what_if as whatif
from services.projector.tried_terms import RefusedTermsError, read_policy, read_sound_pack, with_tried
from services.projector.what_if import WhatIfPeriod, changed_reference
from services.reads.contracts import contract_json, contract_list
from services.store.shipped_rule_packs import read_pack_file

Paths = list[Path] | None
contracts = typer.Typer(help="Contracts in force; check a file first, then publish it.")
CONTRACT_COLUMNS = [
    ("contract_id", "contract"),
    ("version", "version"),
    ("payer", "payer"),
    ("method", "method"),
    ("effective_from", "from"),
    ("effective_to", "to"),
    ("rates", "rates"),
]
NOTICE_COLUMNS = [("kind", "kind"), ("contract", "contract"), ("text", "what")]
GROUP_COLUMNS = [
    ("payer", "payer"),
    ("procedure", "code"),
    ("month", "month"),
    ("lines", "lines"),
    ("expected_before", "expected now"),
    ("expected_after", "expected then"),
    ("underpaid_before", "underpaid now"),
    ("underpaid_after", "underpaid then"),
]
MOVED_COLUMNS = [
    ("payer", "payer"),
    ("kind", "clock"),
    ("changed", "changed"),
    ("earlier", "earlier"),
    ("later", "later"),
]

ContractArgument = Annotated[Path, typer.Argument(help="TOML, JSON, CSV or XLSX.")]


@contracts.callback(invoke_without_command=True)
def contracts_listed(
    context: typer.Context,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Contracts in force; check a file first, then publish it."""
    if context.invoked_subcommand is None:
        list_contracts(json, data, at, as_of, known_at, practice)


@contracts.command("list")
def list_contracts(
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Every published contract version."""
    with reading(data, practice, When(at, as_of, known_at)) as read_context, read_context.context() as (_, reference):
        rows = contract_list(reference)
    show.as_json(rows) if json else show.table("Contracts", rows, CONTRACT_COLUMNS)


@contracts.command("check")
def check(
    path: ContractArgument,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Show what publishing a file would do: problems, overlaps, gaps, unknown codes, changes."""
    result = _tried(path, data, practice)
    _show_notices(result, json=json)


@contracts.command("publish")
def publish(
    path: ContractArgument,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Publish a file's contracts if they have no problems, and reprice the affected claims."""
    from services.app_context import open_app_context, projecting  # noqa: PLC0415  only writers need the stream
    from services.core.settings import load_settings  # noqa: PLC0415

    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as app, projecting(app):
        result = _tried(path, data, practice)
        if not result.clean:
            _show_notices(result, json=json)
            raise UsageError("nothing was published: fix the problems and overlaps first")
        with reading(data, practice) as read_context, read_context.context() as (fold_context, reference):
            diff = whatif.what_if(
                fold_context.log, read_context.practice, reference, changed_reference(reference, result.facts)
            )
        now = app.clock.now().isoformat()
        bodies = [json_module.dumps(contract_event(fact, now, settings.practice)).encode() for fact in result.facts]
        published = app.publisher().publish(bodies)
        app.wait(published.last)
    if json:
        show.as_json({"published": [contract_json(fact) for fact in result.facts], "repriced": diff.as_json()})
        return
    _show_notices(result, json=False)
    _show_diff(diff.as_json())
    show.console.print(f"{len(result.facts)} published; affected claims are repriced")


def _tried(path: Path, data: Path | None, practice: str | None) -> DryRun:
    try:
        items = read_contract_file(path)
    except ContractFileError as error:
        raise UsageError(str(error)) from None
    with reading(data, practice) as read_context, read_context.context() as (_, reference):
        return dry_run(items, reference.contracts, reference.rules)


def _show_notices(result: DryRun, *, json: bool) -> None:
    rows, facts = [notice._asdict() for notice in result.notices], [contract_json(fact) for fact in result.facts]
    if json:
        show.as_json({"clean": result.clean, "contracts": facts, "notices": rows})
    else:
        show.table("Before publishing", rows, NOTICE_COLUMNS)


def what_if(
    contract: Annotated[Paths, typer.Option(help="Contract file (TOML, JSON, CSV, XLSX); repeatable.")] = None,
    policy: Annotated[Paths, typer.Option(help="Policy file (TOML or JSON); repeatable.")] = None,
    rules: Annotated[Paths, typer.Option(help="Rule pack file (TOML); repeatable.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First date of service to include.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last date of service to include.")] = None,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """What would have been different under other terms; nothing is changed.

    Example: `claimclock what-if --contract lakeshore-2027.csv --from 2026-01-01`.
    """
    from services.cli.writing import bar  # noqa: PLC0415

    period = WhatIfPeriod(day_option(start, "--from"), day_option(end, "--to"))
    policies, packs = [_policy(path) for path in policy or ()], [_pack(path) for path in rules or ()]
    with (
        reading(data, practice) as read_context,
        read_context.context() as (fold_context, reference),
        bar("refolding", hidden=json) as told,
    ):
        facts = [fact for path in contract or () for fact in _clean(path, reference)]
        after = _trial_terms(reference, facts, policies, packs)
        task = told.task_ids[0]
        diff = whatif.what_if(
            fold_context.log,
            read_context.practice,
            reference,
            after,
            period=period,
            progress=lambda done, known: told.update(task, completed=done, total=known),
        )
    if json:
        show.as_json(diff.as_json())
    else:
        _show_diff(diff.as_json())


def _show_diff(answer: dict[str, Any]) -> None:
    show.console.print(" ".join(change_words(answer)) + f" {plural(answer['deadlines'], 'deadline')} moved.\n")
    if answer["not_judged"]:
        show.console.print(
            f"{answer['not_judged']} claims or days could not be priced under these terms and are left out"
        )
    show.table("By payer, code and month", answer["groups"], GROUP_COLUMNS)
    show.table("Deadlines", answer["deadlines_moved"], MOVED_COLUMNS)


def _clean(path: Path, reference: Any) -> Any:
    try:
        result = dry_run(read_contract_file(path), reference.contracts, reference.rules)
    except ContractFileError as error:
        raise UsageError(str(error)) from None
    if not result.clean:
        raise UsageError("; ".join([*result.of("problem"), *result.of("overlap")]))
    return result.facts


def _trial_terms(
    reference: Reference, facts: list[ContractPublished], policies: list[PolicyPublished], packs: list[Pack]
) -> Reference:
    try:
        return with_tried(reference, facts, policies, packs)
    except RefusedTermsError as error:
        raise UsageError(str(error)) from None


def _policy(path: Path) -> PolicyPublished:
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text) if path.suffix.lower() == ".toml" else json_module.loads(text)
        return read_policy(content.get("data", content))
    except RefusedTermsError as error:
        raise UsageError(f"{path.name}: {error}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path.name}: {getattr(error, 'strerror', None) or 'not a policy in TOML or JSON'}") from None


def _pack(path: Path) -> Pack:
    try:
        return read_sound_pack(read_pack_file(path))
    except (RefusedTermsError, RulePackError) as error:
        raise UsageError(f"{path.name}: {error}") from None
    except OSError as error:
        raise UsageError(f"{path.name}: {error.strerror}") from None
