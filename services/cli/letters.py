"""The verb that writes a letter about a claim, or the dispute of a group of underpaid lines, and files it as sent."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from services.app_context import open_app_context, projecting
from services.cli import show
from services.cli.options import AsJson, DataOption, PayerOption, PracticeOption, When, audited, day_option, reading
from services.commands.letters import LetterOrder, LetterToSend, draft, drawn, send
from services.core.errors import UsageError
from services.core.files import whole_file
from services.core.settings import load_settings
from services.presentation.letters.kinds import WORDS, LetterKind
from services.presentation.next_step_words import step_words
from services.reads.claims import claim_id_of, claim_page
from services.reads.letter_texts import kind_named
from services.reads.read_context import ReadContext
from services.reads.sent_letters import letter_file
from services.store.raw_files import RawStore

FORMS = {".pdf": "pdf", ".docx": "docx"}
OutOption = Annotated[Path | None, typer.Option("--out", help="Output file, .pdf or .docx.")]


def letter(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(LetterKind)}.")],
    claim: Annotated[str | None, typer.Argument(help="The claim; leave out for a group of underpaid lines.")] = None,
    payer: PayerOption = None,
    procedure: Annotated[str | None, typer.Option(help="For a group: the code billed.")] = None,
    rate: Annotated[str | None, typer.Option(help="For a group: the amount allowed per unit, such as 31.00.")] = None,
    line: Annotated[list[int] | None, typer.Option(help="Only this line of the claim; repeatable.")] = None,
    level: Annotated[int, typer.Option(min=1, max=5, help="Appeal level.")] = 1,
    recipient: Annotated[str | None, typer.Option(help="Name and address, lines separated by semicolons.")] = None,
    attach: Annotated[list[Path] | None, typer.Option(help="PDF to attach; repeatable.")] = None,
    out: OutOption = None,
    sent: Annotated[bool, typer.Option("--sent", help="File it as sent: stores the PDF, awaits the answer.")] = False,
    method: Annotated[str, typer.Option(help="How it was sent.")] = "mail",
    answer_due: Annotated[str | None, typer.Option("--answer-due", help="Date by which an answer is expected.")] = None,
    record: Annotated[bool, typer.Option(help="With --sent: also record the appeal, dispute or records.")] = True,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Write a letter about a claim as PDF or DOCX; with --sent also file it as sent."""
    form = _form(out)
    order: dict[str, Any] = {
        "kind": kind_named(kind),
        "lines": tuple(line or ()),
        "level": level,
        "payer": payer,
        "procedure": procedure,
        "rate": rate,
        "recipient": None if recipient is None else recipient.replace(";", "\n"),
    }
    files = [(f"attachment {number}", _content(path)) for number, path in enumerate(attach or (), 1)]
    if not sent:
        with reading(data, practice, When()) as context:
            store = RawStore(load_settings(data_dir=data, practice=practice))
            made = draft(context, store, LetterOrder(**order, ref=_ref(context, claim)), [name for name, _ in files])
            told, content = made.as_json(), drawn(made.letter, form, files)
    elif form == "docx":
        raise UsageError("letters are filed as PDF: --out must end in .pdf")
    else:
        order |= {"method": method, "answer_due": day_option(answer_due, "--answer-due"), "record": record}
        settings = audited(load_settings(data_dir=data, practice=practice))
        with open_app_context(settings) as app, projecting(app), reading(data, practice, When()) as context:
            done = send(app, context, LetterToSend(**order, ref=_ref(context, claim)), getpass.getuser(), files)
            told = done.as_json()
            content = letter_file(context, RawStore(app.settings), claim_id_of(context, done.refs[0]), done.event)[1]
    _write(out, content)
    show.as_json(told) if json else _say(told, out, context.references.zone)


def _form(out: Path | None) -> str:
    if out is None:
        return "pdf"
    if out.suffix.lower() not in FORMS:
        raise UsageError("--out must end in .pdf or .docx")
    return FORMS[out.suffix.lower()]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"--attach: {error.strerror or 'the file cannot be read'}") from error


def _ref(context: ReadContext, claim: str | None) -> str | None:
    """Raises NotFoundError."""
    return None if claim is None else str(claim_page(context, claim)["ref"])


def _say(told: dict[str, Any], out: Path | None, zone: ZoneInfo) -> None:
    if "letter" not in told:
        show.console.print(
            f"{WORDS[LetterKind(told['kind'])].name} filed for {len(told['refs'])} claim(s)", markup=False
        )
        for refused in told["refused"]:
            show.console.print(f"Not recorded on {refused['ref']}: {refused['reason']}", markup=False)
    else:
        if told["next_step"]:
            show.console.print(
                f"Next for this claim: {show.sentence(step_words(told['next_step'], zone))}", markup=False
            )
        if told["refused"]:
            show.console.print(f"This letter cannot be sent: {told['refused']}", markup=False)
        for what in told["letter"]["missing"]:
            show.console.print(f"Still missing: {what}", markup=False)
        if told["letter"]["left_out"]:
            show.console.print(f"Left out, information missing: {'; '.join(told['letter']['left_out'])}", markup=False)
    if out is not None:
        show.console.print(f"Written to {out}", markup=False)


def _write(out: Path | None, content: bytes) -> None:
    if out is not None:
        with whole_file(out) as file:
            file.write(content)
