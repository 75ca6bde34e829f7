"""Rule packs on the command line: which judge, what they say, what another version would change, and publishing it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from services.app_context import open_app_context, projecting
from services.cli import show
from services.cli.options import (
    AsJson,
    AsOfOption,
    AtOption,
    DataOption,
    KnownAtOption,
    PracticeOption,
    When,
    day_option,
    open_desk,
    reading,
)
from services.cli.terms import known_terms
from services.cli.writing import bar
from services.commands.publish_rules import publish as publish_pack
from services.core.settings import load_settings
from services.projector.rule_pack_files import read_candidate
from services.reads.rules import pack_page, packs_of, rule_changes

rules = typer.Typer(help="The rule packs that judge claims.", no_args_is_help=True)
PackFile = Annotated[Path, typer.Argument(help="A pack as TOML; a period's `table` names a CSV beside it.")]
PACK_COLUMNS = [("pack_id", "pack"), ("kind", "kind"), ("version", "version"), ("scope", "scope"),
                ("effective_from", "from"), ("effective_to", "to"), ("confidence", "conf."), ("origin", "origin"),
                ("source", "source"), ("checksum", "checksum")]  # fmt: skip
VALUE_COLUMNS = [("period", "from"), ("path", "value"), ("old", "in force"), ("new", "in the file")]
CLAIM_COLUMNS = [("claim_id", "claim"), ("visit_id", "visit"), ("status", "status"), ("changes", "what changes")]
BAND_COLUMNS = [("patient_id", "patient"), ("year", "year"), ("bucket", "bucket"), ("old", "band"), ("new", "would be")]
SHOWN = 40
SOURCE_SHOWN = 60


@rules.command("list")
def list_packs(
    kind: Annotated[str | None, typer.Option(help="Only this kind, for example kx.")] = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """The packs in force, shipped and the practice's own."""
    reference = known_terms(data, practice, When(at, as_of, known_at))
    rows = packs_of(reference, kind)
    if json:
        show.as_json(rows)
        return
    show.table("Rule packs", [_short(row) for row in rows], PACK_COLUMNS)
    for problem in reference.problems:
        show.console.print(f"not in force: {problem}", markup=False)


@rules.command("show")
def show_pack(
    pack_id: Annotated[str, typer.Argument(help="The pack's id, as the list gives it.")],
    on: Annotated[str | None, typer.Option("--on", help="Only the period that covers this date.")] = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """One pack with its values."""
    page = pack_page(known_terms(data, practice, When(at, as_of, known_at)), pack_id, day_option(on, "--on"))
    if json:
        show.as_json(page)
        return
    show.console.print(f"{page['pack_id']}@{page['version']}  {page['kind']}  {page['origin']}\n{page['source']}\n",
                       markup=False)  # fmt: skip
    for period in page["values"]:
        _period(period)


@rules.command("diff")
def diff_pack(
    path: PackFile,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """What the pack in a file would change: values, open claims, lists. Nothing is published."""
    with reading(data, practice) as context, bar("folding anew", hidden=json) as progress:
        task = progress.task_ids[0]
        told = rule_changes(context, path, lambda done, known: progress.update(task, completed=done, total=known))
    if json:
        show.as_json(told)
        return
    show.console.print(f"{told['pack']} in the place of {told['in_force'] or 'nothing'}\n", markup=False)
    show.table("Values", told["values"], VALUE_COLUMNS, SHOWN)
    claims = [claim | {"changes": _counts(claim["changes"])} for claim in told["claims"]]
    show.table("Open claims and visits that would change", claims, CLAIM_COLUMNS, SHOWN)
    show.table("Threshold bands that would change", told["bands"], BAND_COLUMNS, SHOWN)


@rules.command("publish")
def publish(path: PackFile, json: AsJson = False, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Puts the pack in a file into force for this practice, and folds again whatever it touches."""
    settings = load_settings(data_dir=data, practice=practice)
    with open_app_context(settings) as app, projecting(app):
        context = open_desk(app.engine, settings)
        with context.context() as (_, reference):
            pack, content = read_candidate(path, reference)
            standing = reference.rules.packs.get(pack.pack_id)
        changed = standing is None or standing.checksum != pack.checksum
        if changed:
            publish_pack(app, content)
    told = {"pack": pack.name, "checksum": pack.checksum, "published": changed}
    if json:
        show.as_json(told)
    else:
        show.console.print(f"{pack.name} is in force" if changed else f"{pack.name} was in force already", markup=False)


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "all"


def _short(row: dict[str, Any]) -> dict[str, Any]:
    source = row["source"] if len(row["source"]) <= SOURCE_SHOWN else row["source"][: SOURCE_SHOWN - 1] + "…"
    return row | {"scope": _pairs(row["scope"]), "checksum": row["checksum"][:12], "source": source}


def _counts(changes: dict[str, dict[str, int]]) -> str:
    return ", ".join(f"{table} -{count['gone']} +{count['new']}" for table, count in changes.items())


def _period(period: dict[str, Any]) -> None:
    rows = period["values"].get("rows", ())
    plain = {name: value for name, value in period["values"].items() if name != "rows"}
    show.console.print(f"from {period['effective_from']} to before {period['effective_to'] or 'further notice'}")
    for name, value in plain.items():
        show.console.print(f"  {name} = {value}", markup=False)
    if rows:
        show.table("Rows", rows, [(name, name) for name in rows[0]], SHOWN)
