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
    DryRunOption,
    KnownAtOption,
    PracticeOption,
    When,
    audited,
    day_option,
    open_desk,
    reading,
)
from services.cli.terms import known_terms
from services.cli.writing import bar
from services.commands.import_rules import import_rules
from services.commands.learned_rules import adopt_learned, drop_learned
from services.commands.publish_rules import publish_candidate
from services.core.settings import load_settings
from services.projector.rule_pack_files import read_content
from services.reads.learning import adopted_rules, learned_offers
from services.reads.rule_imports import ImportRequest
from services.reads.rule_lists import CodeList, rule_lists
from services.reads.rule_status import rule_status
from services.reads.rules import pack_page, packs_of, rule_changes
from services.rule_files.packs import FileKind
from services.rule_files.published import published_files

rules = typer.Typer(help="The rule packs applied to claims.", no_args_is_help=True)
PackFile = Annotated[Path, typer.Argument(help="A pack as TOML; a period's `table` names a CSV next to it.")]
ImportFiles = Annotated[list[Path], typer.Argument(help="Files or ZIPs as published by CMS, X12 and others.")]
PACK_COLUMNS = [
    ("pack_id", "pack"),
    ("kind", "kind"),
    ("version", "version"),
    ("scope", "scope"),
    ("effective_from", "from"),
    ("effective_to", "to"),
    ("confidence", "conf."),
    ("origin", "origin"),
    ("source", "source"),
    ("checksum", "checksum"),
]
VALUE_COLUMNS = [("period", "from"), ("path", "value"), ("old", "in force"), ("new", "in the file")]
CLAIM_COLUMNS = [("claim_id", "claim"), ("visit_id", "visit"), ("status", "status"), ("changes", "what changes")]
BAND_COLUMNS = [("patient_id", "patient"), ("year", "year"), ("bucket", "bucket"), ("old", "band"), ("new", "would be")]
LEARNED_COLUMNS = [("text", "what"), ("category", "kind"), ("charge", "charged"), ("rule", "rule")]
ADOPTED_COLUMNS = [("text", "rule"), ("hit", "denied"), ("missed", "paid"), ("precision", "right"), ("rule", "name")]
STATUS_COLUMNS = [
    ("title", "rule"),
    ("covers", "for"),
    ("first_needed", "first needed"),
    ("claims", "claims"),
    ("why", "why"),
    ("import", "import"),
]
LIST_COLUMNS = [
    ("title", "list"),
    ("known", "known"),
    ("met", "on your claims"),
    ("unknown", "not known"),
    ("claims", "claims"),
]
SHOWN = 40
SOURCE_SHOWN = 60
FEW = 10


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
        show.console.print(problem, markup=False)


@rules.command("show")
def show_pack(
    pack_id: Annotated[str, typer.Argument(help="The pack's id, as listed.")],
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
    show.console.print(
        f"{page['pack_id']}@{page['version']}  {page['kind']}  {page['origin']}\n{page['source']}\n", markup=False
    )
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
    with reading(data, practice) as context, bar("refolding", hidden=json) as progress:
        task = progress.task_ids[0]
        told = rule_changes(
            context, read_content(path), lambda done, known: progress.update(task, completed=done, total=known)
        )
    if json:
        show.as_json(told)
        return
    show.console.print(f"{told['pack']} replacing {told['in_force'] or 'nothing'}\n", markup=False)
    show.table("Values", told["values"], VALUE_COLUMNS, SHOWN)
    claims = [claim | {"changes": _counts(claim["changes"])} for claim in told["claims"]]
    show.table("Open claims and visits that would change", claims, CLAIM_COLUMNS, SHOWN)
    show.table("Threshold bands that would change", told["bands"], BAND_COLUMNS, SHOWN)


@rules.command("publish")
def publish(path: PackFile, json: AsJson = False, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Puts the pack in a file into force for this practice and re-evaluates affected claims."""
    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as app, projecting(app):
        told = publish_candidate(app, open_desk(app.engine, settings), read_content(path))
    if json:
        show.as_json(told)
    else:
        how = "is in force" if told["published"] else "was already in force"
        show.console.print(f"{told['pack']} {how}", markup=False)


@rules.command("import")
def import_files(
    paths: ImportFiles,
    dry_run: DryRunOption = False,
    quick: Annotated[bool, typer.Option("--quick", help="Skip the check of which open claims would change.")] = False,
    taken_as: Annotated[
        FileKind | None, typer.Option("--as", help="The kind of file, if it cannot be detected.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="The year, if not in the files.", min=2010, max=2099)] = None,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Imports rule files as published by CMS, X12 and for ICD-10-CM, ZIPs too. See docs/rule-packs.md."""
    settings = audited(load_settings(data_dir=data, practice=practice))
    request = ImportRequest(files=tuple(published_files(paths)), taken_as=taken_as, year=year, look_at_claims=not quick)
    with open_app_context(settings) as app, projecting(app), bar("refolding", hidden=json) as progress:
        task = progress.task_ids[0]
        told = import_rules(
            app,
            open_desk(app.engine, settings, clock_now=app.clock.now()),
            request,
            dry_run=dry_run,
            progress=lambda done, known: progress.update(task, completed=done, total=known),
        )
    if json:
        show.as_json(told)
    else:
        _show_import(told)


def _show_import(told: dict[str, Any]) -> None:
    for file in told["files"]:
        show.console.print(
            f"{file['title']}, {file['covers']}: {file['kept']:,} of {file['rows']:,} rows kept ({file['why']})",
            markup=False,
        )
        for note in file["notes"]:
            show.console.print(f"  {note}", markup=False)
    for refusal in told["refused"]:
        show.console.print(f"left out: {refusal['name']}: {refusal['reason']}", markup=False)
    for note in told["notes"]:
        show.console.print(note, markup=False)
    for pack in told["packs"]:
        show.console.print(
            f"\n{pack['pack']} replacing {pack['in_force'] or 'nothing'}: "
            f"{pack['added']:,} values added, {pack['changed']:,} changed, {pack['removed']:,} removed",
            markup=False,
        )
        show.table("Values", pack["values"], VALUE_COLUMNS, SHOWN)
    if told["claims"] is not None:
        claims = [claim | {"changes": _counts(claim["changes"])} for claim in told["claims"]]
        show.table("Open claims and visits that change", claims, CLAIM_COLUMNS, SHOWN)
        show.table("Threshold bands that change", told["bands"], BAND_COLUMNS, SHOWN)
    if not told["packs"]:
        show.console.print("everything in these files is already in force")
    else:
        show.console.print("now in force" if told["published"] else "nothing was published (dry run)")


@rules.command("status")
def status(
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Years and quarters missing for dates of service on file or within the next 60 days.

    Also counts the known codes of each list, like `claimclock rules lists`.
    """
    with reading(data, practice, When(at)) as context:
        missing = rule_status(context)
        counted = [] if json else rule_lists(context)
    if json:
        show.as_json(missing)
        return
    if missing:
        show.table("Missing", missing, STATUS_COLUMNS)
    else:
        show.console.print("nothing is missing")
    show.table("Code lists", [_few(row) for row in counted], LIST_COLUMNS)


@rules.command("lists")
def lists(
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    practice: PracticeOption = None,
) -> None:
    """How many codes of each published list are known, and unknown codes on your claims."""
    with reading(data, practice, When(at)) as context:
        counted = rule_lists(context)
    if json:
        show.as_json(counted)
    else:
        show.table("Code lists", [_few(row) for row in counted], LIST_COLUMNS)


def _few(row: CodeList) -> dict[str, Any]:
    """The codes that are not known, the most frequent ones alone."""
    rest = len(row["unknown"]) - FEW
    return row | {"unknown": " ".join(row["unknown"][:FEW]) + (f" and {rest} more" if rest > 0 else "")}


@rules.command("learned")
def learned(
    adopt: Annotated[str | None, typer.Option("--adopt", help="Adopt this suggested rule.")] = None,
    drop: Annotated[str | None, typer.Option("--drop", help="Remove this adopted rule.")] = None,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Repeated denials that no rule predicted, offered as rules for this practice.

    Adopted rules show how often they were right, as in `claimclock findings --score`.
    """
    settings = audited(load_settings(data_dir=data, practice=practice))
    if adopt or drop:
        with open_app_context(settings) as app, projecting(app):
            context = open_desk(app.engine, settings, clock_now=app.clock.now())
            if drop:
                drop_learned(app, context, drop)
            if adopt:
                adopt_learned(app, context, adopt)
    with reading(data, practice) as context:
        found = {"offers": learned_offers(context), "adopted": adopted_rules(context)}
    if json:
        show.as_json(found)
        return
    show.table("Learned from remittances", found["offers"], LEARNED_COLUMNS)
    if found["adopted"]:
        show.table("Adopted rules", found["adopted"], ADOPTED_COLUMNS)


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
    show.console.print(f"from {period['effective_from']} until before {period['effective_to'] or 'further notice'}")
    for name, value in plain.items():
        show.console.print(f"  {name} = {value}", markup=False)
    if rows:
        show.table("Rows", rows, [(name, name) for name in rows[0]], SHOWN)
