"""What a session should be billed as, and what it should bring."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from projections.session_rules.estimate_request import request_from_options
from projections.session_rules.session import InvalidSessionError
from services.cli import show
from services.cli.options import AsJson, AsOfOption, AtOption, DataOption, KnownAtOption, PracticeOption, When
from services.cli.terms import known_terms
from services.core.errors import UsageError
from services.reads.estimates import make_estimate

LINE_COLUMNS = [
    ("procedure", "code"),
    ("units", "units"),
    ("modifiers", "modifiers"),
    ("expected_allowed", "allowed"),
    ("expected_patient", "patient"),
    ("expected_paid", "paid"),
    ("explanation", "because"),
]


Timed = Annotated[list[str] | None, typer.Option("--timed", help="CODE:MINUTES of direct contact; repeatable.")]
Untimed = Annotated[list[str] | None, typer.Option("--untimed", help="CODE; repeatable.")]
TheirMinutes = Annotated[list[str] | None, typer.Option(help="CODE:MINUTES the assistant worked alone.")]
Charged = Annotated[list[str] | None, typer.Option(help="CODE:AMOUNT billed for the line.")]
Marked = Annotated[list[str] | None, typer.Option(help="CODE:MODIFIER to add; repeatable.")]
UsedBefore = Annotated[str | None, typer.Option(help="Therapy dollars used before this session.")]
Diagnosed = Annotated[list[str] | None, typer.Option(help="ICD-10 code; repeatable.")]
ItsProgram = Annotated[str | None, typer.Option(help="The payer's program, if its id does not tell.")]
InLocality = Annotated[str | None, typer.Option(help="Medicare locality, such as 06302-00 (default: the practice's).")]
OfEdition = Annotated[str | None, typer.Option(help="Conversion factor, non_qp or qp (default: the practice's).")]
AtPlace = Annotated[str | None, typer.Option(help="Place of service, such as 11 or 22 (default: non-facility).")]
AlsoThatDay = Annotated[
    list[str] | None,
    typer.Option(help='Another session on the same day, "discipline=OT timed=97530:30 untimed=97165"; repeatable.'),
]


def estimate(
    payer: Annotated[str, typer.Option(help="Payer id; MEDICARE is Original Medicare Part B.")],
    dos: Annotated[str, typer.Option(help="Date of service, 2026-03-02.")],
    discipline: Annotated[str, typer.Option(help="PT, OT or SLP.")],
    timed: Timed = None,
    untimed: Untimed = None,
    assistant: TheirMinutes = None,
    charge: Charged = None,
    modifier: Marked = None,
    running: UsedBefore = None,
    diagnosis: Diagnosed = None,
    program: ItsProgram = None,
    deductible_left: Annotated[str, typer.Option(help="Part B deductible not yet met.")] = "0.00",
    locality: InLocality = None,
    edition: OfEdition = None,
    place: AtPlace = None,
    also: AlsoThatDay = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Units, modifiers, warnings, KX and expected payment of a session, by the terms in force (or as of a past date).

    Example: `claimclock estimate --payer MEDICARE --dos 2026-03-02 --discipline PT --timed 97530:23 --timed 97110:15
    --assistant 97110:15 --running 2455.00`. A whole day: add `--also "discipline=OT timed=97530:30"`.
    """
    try:
        request = request_from_options(
            payer=payer,
            dos=dos,
            discipline=discipline,
            timed=timed or (),
            untimed=untimed or (),
            assistant=assistant or (),
            charge=charge or (),
            running=running,
            diagnoses=diagnosis or (),
            program=program,
            order=_order(sys.argv),
            modifier=modifier or (),
            also=also or (),
            place_of_service=place,
            deductible_left=deductible_left,
            locality=locality,
            edition=edition,
        )
    except InvalidSessionError as error:
        raise UsageError(str(error)) from None
    answer = make_estimate(request, known_terms(data, practice, When(at, as_of, known_at)))
    if json:
        show.as_json(answer)
        return
    for session in (answer, *answer.get("also", ())):
        _show(session)
    if "day" in answer:
        show.console.print(f"Whole day: {_sums(answer['day'])}", markup=False)


def _order(words: Sequence[str]) -> list[str]:
    """Timed and untimed services as typed: the parser gathers each option by itself and forgets how they stood."""
    options = (word.partition("=")[0] for word in words)
    return [option.removeprefix("--") for option in options if option in ("--timed", "--untimed")]


def _show(answer: dict[str, Any]) -> None:
    if "discipline" in answer:
        show.console.print(answer["discipline"], markup=False)
    tie = ", a tie: the biller can choose" if answer["tie"] else ""
    show.console.print(f"{answer['units_explanation']}{tie}\n", markup=False)
    show.table("Lines", answer["lines"], LINE_COLUMNS)
    reasons = dict.fromkeys(line["price_unknown"] for line in answer["lines"] if line["price_unknown"])
    show.console.print(_sums(answer) + "".join(f"\n{reason}" for reason in reasons) + "\n", markup=False)
    if answer["threshold"]:
        show.console.print(answer["threshold"]["explanation"] + "\n", markup=False)
    show.table(
        "Findings",
        answer["findings"],
        [("grade", "grade"), ("line", "line"), ("message", "what"), ("change", "what to change"), ("source", "source")],
    )


def _sums(answer: dict[str, Any]) -> str:
    return "  ".join(f"{name} {answer[f'expected_{name}'] or 'not known'}" for name in ("allowed", "patient", "paid"))
