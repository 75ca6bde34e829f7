"""Payers on the command line: who was ever named, what is not known of them, and terms brought into force."""

from __future__ import annotations

import json as json_module
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from events.registry import complaint
from events.term_refusals import UnknownTermError, refuse_unknown_terms
from events.terms import PolicyPublished
from projections.rules.payer_library import ENTER, TERM_NAMES, Network, Template, adopted_policy, filled
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
    open_desk,
    reading,
)
from services.core.errors import UsageError
from services.core.settings import load_settings
from services.projector.payer_trial import PayerTrial, try_policy
from services.reads.payers import payer, standing_policy
from services.reads.payers import payers as every_payer
from services.reads.read_context import ReadContext
from services.store.payer_library import payer_library

payers = typer.Typer(help="Payers: who was ever named, their terms, and what is not known of them.")
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
CONFIDENCE = {"H": "high", "M": "medium", "L": "low"}
NETWORKS = {"in": "in network", "out": "out of network", "any": "either"}
PayerName = Annotated[str, typer.Argument(metavar="PAYER", help="A payer id, an identifier or a name.")]
TermChanges = Annotated[
    list[str], typer.Argument(help="TERM=LENGTH UNIT [from ANCHOR], for example 'filing=120 days'.")
]
Only = Annotated[bool, typer.Option("--dry-run", help="Show what would change, publish nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")]


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
    """Payers: who was ever named, their terms, and what is not known of them."""
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
    """Every payer that was ever named, most open money first, and what is not known of it."""
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
        row = _public(payer(context, name))
        with context.context() as (_, reference):
            policy = standing_policy(reference, row["payer_id"], context.today)
    terms = policy.model_dump(mode="json", by_alias=True, exclude_defaults=True) if policy else None
    if json:
        show.as_json(row | {"terms": terms})
        return
    show.console.print(f"{row['name']}  {row['payer_id']}\n{row['claims']} claims, {row['open']} open\n", markup=False)
    for title in ("names", "identifiers", "linked", "lacks"):
        if row[title]:
            show.console.print(f"{'not known' if title == 'lacks' else title}: {', '.join(row[title])}", markup=False)
    for term, value in (terms or {}).items():
        show.console.print(f"{term.removeprefix('x_').replace('_', ' ')}: {_plain(value)}", markup=False)


@payers.command("library")
def library(
    template: Annotated[str | None, typer.Argument(help="Show this template's figures.")] = None,
    json: AsJson = False,
) -> None:
    """Terms that public sources give, each figure with its source. None is in force until it is adopted."""
    if template is not None:
        _show_template(_template(template), json=json)
        return
    rows = [_template_row(each) for each in payer_library()]
    if json:
        show.as_json(rows)
        return
    show.table("Library of payers' terms", [row | {"empty": ", ".join(row["empty"])} for row in rows], LIBRARY_COLUMNS)
    show.console.print(f"{filled(payer_library())} figures could be read; none is in force until it is adopted")


@payers.command("adopt")
def adopt(
    template: Annotated[str, typer.Argument(help="A template of the library.")],
    taken_as: Annotated[str, typer.Option("--as", help="Your id of the payer.")],
    in_network: Annotated[
        bool | None, typer.Option("--in-network/--out-of-network", help="Are you contracted with the payer?")
    ] = None,
    yes: Yes = False,
    dry_run: Only = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Puts a template's terms into force for one of your payers, after each figure was shown."""
    chosen = _template(template)
    if in_network is None:
        if yes or json:
            raise UsageError("say --in-network or --out-of-network: the figures differ")
        in_network = typer.confirm(f"Are you in network with {chosen.name}?")
    network = Network.IN if in_network else Network.OUT
    if not json:
        _show_figures(chosen, network)

    def made(context: ReadContext) -> dict[str, Any]:
        with context.context() as (_, reference):
            payer_id = reference.payer(taken_as)
            standing = standing_policy(reference, payer_id, context.today)
        return adopted_policy(chosen, payer_id, network, context.today, standing)

    _bring(made, data, practice, yes=yes or json, dry_run=dry_run, json=json)


@payers.command("publish")
def publish(
    path: Annotated[Path, typer.Argument(help="A payer's terms as TOML or JSON; see docs/payers.md.")],
    yes: Yes = False,
    dry_run: Only = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Puts the terms in a file into force, after what they would change was shown."""
    stated = _read(path)
    _bring(lambda _: stated, data, practice, yes=yes or json, dry_run=dry_run, json=json)


@payers.command("edit")
def edit(
    name: PayerName,
    changes: Annotated[
        list[str], typer.Argument(help="TERM=LENGTH UNIT [from ANCHOR], for example 'filing=120 days'.")
    ],
    yes: Yes = False,
    dry_run: Only = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """TermChanges single terms of a payer: filing, filing_secondary, corrected, appeal. The rest stays as it is."""
    from services.commands.payer_edits import edited_policy  # noqa: PLC0415  only writers need it

    def made(context: ReadContext) -> dict[str, Any]:
        row = payer(context, name)
        with context.context() as (_, reference):
            standing = standing_policy(reference, row["payer_id"], context.today)
        return edited_policy(row["payer_id"], standing, changes)

    _bring(made, data, practice, yes=yes or json, dry_run=dry_run, json=json)


@payers.command("merge")
def merge(
    name: Annotated[str, typer.Argument(metavar="FROM", help="The payer id that is to go.")],
    into: Annotated[str, typer.Argument(metavar="INTO", help="The payer it is.")],
    yes: Yes = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Makes two payers one: what names the first means the second, in everything logged before too."""
    from services.app_context import open_app_context, projecting  # noqa: PLC0415  only writers need the stream
    from services.commands.publish_payers import link_payers  # noqa: PLC0415

    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as running, projecting(running):
        context = open_desk(running.engine, settings, clock_now=running.clock.now())
        gone, kept = payer(context, name), payer(context, into)
        if gone["payer_id"] == kept["payer_id"]:
            raise UsageError(f"{name} and {into} are one payer already")
        asked = f"{gone['claims']} claims of {gone['name']} become claims of {kept['name']}. Go on?"
        if not (yes or json):
            typer.confirm(asked, abort=True)
        link_payers(running, gone["payer_id"], kept["payer_id"])
    told = {"from": gone["payer_id"], "to": kept["payer_id"], "claims": gone["claims"]}
    show.as_json(told) if json else show.console.print(f"{gone['name']} is {kept['name']} now", markup=False)


def _bring(made: Any, data: Path | None, practice: str | None, *, yes: bool, dry_run: bool, json: bool) -> None:
    """Tries a policy, asks, publishes it."""
    from services.app_context import open_app_context, projecting  # noqa: PLC0415  only writers need the stream
    from services.commands.publish_payers import publish_policy  # noqa: PLC0415

    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as running, projecting(running):
        context = open_desk(running.engine, settings, clock_now=running.clock.now())
        stated = made(context)
        policy = _understood(stated)
        trial = _tried(context, policy)
        if not json:
            show.console.print(f"{policy.payer_id}: {trial.words}", markup=False)
        wanted = not dry_run and (yes or typer.confirm("Put these terms into force?"))
        if wanted:
            publish_policy(running, stated)
    if json:
        show.as_json({"policy": stated, "would": trial.as_json(), "published": wanted})
    else:
        show.console.print("now in force" if wanted else "nothing was published")


def _tried(context: ReadContext, policy: PolicyPublished) -> PayerTrial:
    with context.context() as (fold_context, reference):
        return try_policy(fold_context.log, context.practice, reference, policy, context.today)


def _understood(stated: dict[str, Any]) -> PolicyPublished:
    try:
        policy = PolicyPublished.model_validate(stated)
        refuse_unknown_terms(policy)
    except (ValidationError, UnknownTermError) as error:
        raise UsageError("; ".join(f"{fault['pointer']}: {fault['message']}" for fault in complaint(error))) from None
    return policy


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
        stated = tomllib.loads(text) if path.suffix == ".toml" else json_module.loads(text)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path.name}: {getattr(error, 'strerror', None) or error}") from None
    if not isinstance(stated, dict) or "payer_id" not in stated:
        raise UsageError(f"{path.name}: a payer's terms name a payer_id; see docs/payers.md")
    return json_module.loads(json_module.dumps(stated, default=str))  # type: ignore[no-any-return]


def _template(name: str) -> Template:
    found = next((template for template in payer_library() if template.id == name), None)
    if found is None:
        raise UsageError(f"no template {name!r}; `claimclock payers library` lists them")
    return found


def _template_row(template: Template) -> dict[str, Any]:
    terms = {figure.term for figure in template.figures}
    return {
        "id": template.id,
        "name": template.name,
        "program": template.program,
        "names": list(template.names),
        "identifiers": list(template.identifiers),
        "state": template.state,
        "note": template.note,
        "figures": len(template.figures),
        "empty": [TERM_NAMES[term] for term in TERM_NAMES if term not in terms],
    }


def _figures(template: Template) -> list[dict[str, Any]]:
    return [
        {
            "term": figure.title,
            "says": figure.words,
            "network": figure.network.value,
            "source": figure.source,
            "dated": figure.source_date,
            "read_on": figure.read_on.isoformat(),
            "confidence": figure.confidence,
            "note": figure.note,
        }
        for figure in template.figures
    ]


def _show_template(template: Template, *, json: bool) -> None:
    if json:
        show.as_json(_template_row(template) | {"terms": _figures(template)})
        return
    show.console.print(f"{template.name}\n{template.note or ''}", markup=False)
    _table(_figures(template))


def _show_figures(template: Template, network: Network) -> None:
    show.console.print(f"{template.name}, {NETWORKS[network]}\n{template.note or ''}", markup=False)
    applying = {(figure.title, figure.words, figure.network.value) for figure in template.of(network)}
    _table([row for row in _figures(template) if (row["term"], row["says"], row["network"]) in applying])
    for term in template.empty(network):
        show.console.print(f"{TERM_NAMES[term]}: {ENTER}")


def _table(figures: list[dict[str, Any]]) -> None:
    rows = [row | {"confidence": CONFIDENCE[row["confidence"]], "network": NETWORKS[row["network"]]} for row in figures]
    show.table("Figures", rows, FIGURE_COLUMNS)


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "open_cents"}


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.removeprefix('x_').replace('_', ' ')} {_plain(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "; ".join(map(_plain, value))
    return str(value)
