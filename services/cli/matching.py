"""The verb that joins a response under another number to its claim."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from services.app_context import open_app_context, projecting
from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, When, audited, reading
from services.commands.match_claims import match as match_claims
from services.core.settings import load_settings


def match(
    answer: Annotated[str, typer.Argument(help="The number that came back, as the list of unmatched claims shows it.")],
    claim: Annotated[str, typer.Argument(help="The claim of this practice it belongs to.")],
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Match a response that came back under another number to its claim."""
    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as app, projecting(app), reading(data, practice, When(None, None, None)) as context:
        told = match_claims(app, context, answer, claim, getpass.getuser())
    show.as_json(told) if json else show.console.print(f"{answer} is matched to {claim}", markup=False)
