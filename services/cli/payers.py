"""Payers on the command line: who was ever named, what is not known of them, and terms brought into force."""

from __future__ import annotations

import json as json_module
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from projections.rules.payer_library import ENTER, TERM_NAMES, Network, Template, filled
from services.cli import show
from services.cli.options import (
    AsJson,
    AsOfOption,
    AtOption,
    DataOption,
    DryRunOption,
    KnownAtOption,
    PracticeOption,
    When,
    audited,
    day_option,
    open_desk,
    reading,
)
from services.core.errors import UsageError
from services.core.settings import load_settings
from services.reads.payer_terms import figure_rows, payer_with_terms, template_row, template_with_figures
from services.reads.payers import payers as every_payer
from services.reads.read_context import ReadContext
from services.store.payer_library import payer_library, template_named

if TYPE_CHECKING:
    from services.commands.payer_terms import MergePlan, TermsPlan

payers = typer.Typer(help="Payers seen so far, their terms, and what is missing.")
COLUMNS = [
    ("name", "payer"),
    ("payer_id", "payer id"),
    ("claims", "claims"),
    ("open_claims", "open"),
    ("open", "open amount"),
    ("lacks", "not known"),
    ("adopted", "template"),
]
LIBRARY_COLUMNS = [("id", "template"), ("name", "payer or program"), ("figures", "figures"), ("empty", ENTER)]
FIGURE_COLUMNS = [
    ("term", "term"),
    ("says", "says"),
    ("network", "network"),
    ("source", "source"),
    ("dated", "dated"),
    ("read_on", "read"),
    ("confidence", "confidence"),
    ("note", "note"),
]
TERM_COLUMNS = [("name", "term"), ("says", "says"), ("source", "source"), ("read_on", "read"), ("template", "template")]
CONFIDENCE = {"H": "high", "M": "medium", "L": "low"}
NETWORKS = {"in": "in network", "out": "out of network", "any": "either"}
PayerName = Annotated[str, typer.Argument(metavar="PAYER", help="A payer id, an identifier or a name.")]
TermChanges = Annotated[
    list[str],
    typer.Argument(
        metavar="TERM=WINDOW...", help="For example 'filing=120 days', 'appeal 2=60 days from decision by mailing'."
    ),
]
Since = Annotated[str | None, typer.Option("--from", help="First date of service or notice they cover (default: all).")]
Yes = Annotated[bool, typer.Option("--yes", help="Skip the confirmation prompt.")]


@payers.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Payers seen so far, their terms, and what is missing."""
    if context.invoked_subcommand is None:
        list_payers(json, data, at, as_of, known_at, practice)


@payers.command("list")
def list_payers(
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """All payers seen so far, largest open balance first, and what is missing for each."""
    with reading(data, practice, When(at, as_of, known_at)) as context:
        rows = [_public(row) for row in every_payer(context)]
    if json:
        show.as_json(rows)
    else:
        show.table("Payers", [row | {"lacks": ", ".join(row["lacks"])} for row in rows], COLUMNS)


@payers.command("show")
def show_payer(
    name: PayerName,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """One payer with its names, identifiers and terms."""
    with reading(data, practice, When(at, as_of, known_at)) as context:
        row = payer_with_terms(context, name)
    if json:
        show.as_json(row)
        return
    show.console.print(f"{row['name']}  {row['payer_id']}\n{row['claims']} claims, {row['open']} open\n", markup=False)
    for title in ("names", "identifiers", "linked", "lacks"):
        if row[title]:
            show.console.print(f"{'not known' if title == 'lacks' else title}: {', '.join(row[title])}", markup=False)
    show.table("Terms in force", row["windows"], TERM_COLUMNS)


@payers.command("library")
def library(
    template: Annotated[str | None, typer.Argument(help="Show this template's figures.")] = None,
    json: AsJson = False,
) -> None:
    """Terms from public sources, each figure with its source. None is in force until adopted."""
    if template is not None:
        _show_template(template_named(template), json=json)
        return
    rows = [template_row(each) for each in payer_library()]
    if json:
        show.as_json(rows)
        return
    show.table("Library of payers' terms", [row | {"empty": ", ".join(row["empty"])} for row in rows], LIBRARY_COLUMNS)
    show.console.print(f"{filled(payer_library())} figures available; none is in force until adopted")


@payers.command("adopt")
def adopt(
    template: Annotated[str, typer.Argument(help="A template of the library.")],
    taken_as: Annotated[str, typer.Option("--as", help="Your payer id.")],
    in_network: Annotated[
        bool | None, typer.Option("--in-network/--out-of-network", help="Are you in network with the payer?")
    ] = None,
    since: Since = None,
    yes: Yes = False,
    dry_run: DryRunOption = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Adopts a template's terms for one of your payers, after showing each figure."""
    from services.commands.payer_terms import plan_adoption  # noqa: PLC0415  only writers need it

    chosen, effective_from = template_named(template), day_option(since, "--from")
    if in_network is None:
        if yes or json:
            raise UsageError("use --in-network or --out-of-network: the figures differ")
        in_network = typer.confirm(f"Are you in network with {chosen.name}?")
    network = Network.IN if in_network else Network.OUT
    if not json:
        _show_figures(chosen, network)
    _bring(
        lambda context: plan_adoption(context, chosen, taken_as, network, effective_from),
        data,
        practice,
        yes=yes or json,
        dry_run=dry_run,
        json=json,
    )


@payers.command("publish")
def publish(
    path: Annotated[Path, typer.Argument(help="A payer's terms as TOML or JSON; see docs/payers.md.")],
    yes: Yes = False,
    dry_run: DryRunOption = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Puts the terms in a file into force, after showing what they would change."""
    from services.commands.payer_terms import plan_policy  # noqa: PLC0415  only writers need it

    stated = _read(path)
    _bring(lambda context: plan_policy(context, stated), data, practice, yes=yes or json, dry_run=dry_run, json=json)


@payers.command("edit")
def edit(
    name: PayerName,
    changes: TermChanges,
    since: Since = None,
    yes: Yes = False,
    dry_run: DryRunOption = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Changes single terms of a payer: filing, corrected, appeal 2 and so on. The others stay."""
    from services.commands.payer_terms import plan_edit  # noqa: PLC0415  only writers need it

    effective_from = day_option(since, "--from")
    _bring(
        lambda context: plan_edit(context, name, changes, effective_from),
        data,
        practice,
        yes=yes or json,
        dry_run=dry_run,
        json=json,
    )


@payers.command("merge")
def merge(
    name: Annotated[str, typer.Argument(metavar="FROM", help="The payer id to remove.")],
    into: Annotated[str, typer.Argument(metavar="INTO", help="The payer it is merged into.")],
    yes: Yes = False,
    dry_run: DryRunOption = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Merges two payers: everything under the first, past and future, counts for the second."""
    from services.commands.payer_terms import plan_merge  # noqa: PLC0415  only writers need it

    _bring(lambda context: plan_merge(context, name, into), data, practice, yes=yes or json, dry_run=dry_run, json=json)


def _bring(
    planned: Callable[[ReadContext], TermsPlan | MergePlan],
    data: Path | None,
    practice: str | None,
    *,
    yes: bool,
    dry_run: bool,
    json: bool,
) -> None:
    """Shows what a plan would change, asks, publishes it."""
    from services.app_context import open_app_context, projecting  # noqa: PLC0415  only writers need the stream
    from services.commands.payer_terms import put_into_force  # noqa: PLC0415

    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as running, projecting(running):
        plan = planned(open_desk(running.engine, settings, clock_now=running.clock.now()))
        if not json:
            show.console.print(plan.words, markup=False)
        wanted = not dry_run and (yes or typer.confirm("Put these terms into force?"))
        if wanted:
            put_into_force(running, plan)
    if json:
        show.as_json(plan.as_json(published=wanted))
    else:
        show.console.print("now in force" if wanted else "nothing was published")


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
        stated = tomllib.loads(text) if path.suffix == ".toml" else json_module.loads(text)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path.name}: {getattr(error, 'strerror', None) or error}") from None
    if not isinstance(stated, dict) or "payer_id" not in stated:
        raise UsageError(f"{path.name}: a payer's terms name a payer_id; see docs/payers.md")
    return json_module.loads(json_module.dumps(stated, default=str))  # type: ignore[no-any-return]


def _show_template(template: Template, *, json: bool) -> None:
    if json:
        show.as_json(template_with_figures(template))
        return
    show.console.print(f"{template.name}\n{template.note or ''}", markup=False)
    _table(figure_rows(template))


def _show_figures(template: Template, network: Network) -> None:
    show.console.print(f"{template.name}, {NETWORKS[network]}\n{template.note or ''}", markup=False)
    applying = {(figure.title, figure.words, figure.network.value) for figure in template.of(network)}
    _table([row for row in figure_rows(template) if (row["term"], row["says"], row["network"]) in applying])
    for term in template.empty(network):
        show.console.print(f"{TERM_NAMES[term]}: {ENTER}")


def _table(figures: list[dict[str, Any]]) -> None:
    rows = [row | {"confidence": CONFIDENCE[row["confidence"]], "network": NETWORKS[row["network"]]} for row in figures]
    show.table("Figures", rows, FIGURE_COLUMNS)


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "open_cents"}
