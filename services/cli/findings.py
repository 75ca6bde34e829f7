"""What is wrong with visits and claims, and how well each rule predicts what payers do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli import show
from services.cli.options import (
    AsJson,
    AsOfOption,
    AtOption,
    DataOption,
    KnownAtOption,
    LimitOption,
    PracticeOption,
    When,
    reading,
)
from services.reads.findings import findings as read_findings
from services.reads.findings import score as read_score
from services.reads.visits import visit_page

FINDING_COLUMNS = [
    ("grade", "grade"),
    ("claim_id", "claim"),
    ("visit_id", "visit"),
    ("dos", "day"),
    ("line", "line"),
    ("message", "what"),
    ("change", "what to change"),
    ("worth", "worth"),
    ("outcome", "outcome"),
    ("rule", "rule"),
]
WHOSE = ("visit_id", "dos", "claim_id")
SCORE_COLUMNS = [
    ("rule", "rule"),
    ("grade", "grade"),
    ("findings", "findings"),
    ("predicted", "predicted"),
    ("hit", "hit"),
    ("missed", "missed"),
    ("open", "open"),
    ("precision", "precision"),
    ("recall", "recall"),
]
FAMILY_COLUMNS = [
    ("family", "family"),
    ("came", "came"),
    ("predicted", "predicted"),
    ("unpredicted", "unpredicted"),
    ("recall", "recall"),
]
PLAN_COLUMNS = [
    ("procedure", "code"),
    ("units", "units"),
    ("modifiers", "modifiers"),
    ("minutes", "minutes"),
    ("expected_allowed", "expected"),
    ("explanation", "because"),
]


def findings(
    score: Annotated[bool, typer.Option("--score", help="How often each rule was right.")] = False,
    rule: Annotated[str | None, typer.Option(help="Only this rule, for example kx.missing.")] = None,
    grade: Annotated[str | None, typer.Option(help="Only rejected, denied, at_risk or advice.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Include earlier submissions.")] = False,
    limit: LimitOption = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """What will be rejected or denied, and why; with --score how often each rule was right.

    Examples: `claimclock findings --grade denied`, `claimclock findings --score`.
    """
    with reading(data, practice, When(at, as_of, known_at)) as context:
        if score:
            told = read_score(context, rule)
        else:
            rows = read_findings(context, rule=rule, grade=grade, everything=everything, limit=limit)
    if json:
        show.as_json(told if score else rows)
    elif score:
        show.table("Rules", told["rules"], SCORE_COLUMNS)
        show.table("Denials by group", told["families"], FAMILY_COLUMNS)
    else:
        show.table("Findings", rows, FINDING_COLUMNS, 60 if limit is None else None)


def visit(
    visit_id: Annotated[str, typer.Argument(help="The visit's number.")],
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """One visit: how to bill it, and what is wrong with it."""
    with reading(data, practice, When(at, as_of, known_at)) as context:
        page = visit_page(context, visit_id)
    if json:
        show.as_json(page)
    else:
        _show(page)


def _show(page: dict[str, Any]) -> None:
    claim = f", claim {page['claim_id']}" if page["claim_id"] else ""
    show.console.print(
        f"[bold]{page['visit_id']}[/bold]  {page['dos']} {page['discipline']}  {show.marked_payer(page['payer_id'])}  "
        f"patient {page['patient_id']}  [bold]{page['state']}[/bold]{claim}\n"
    )
    show.table("The claim it should be", page["plan"]["lines"], PLAN_COLUMNS)
    show.console.print(f"expected {page['expected_allowed'] or 'unknown'}\n")
    show.table("Findings", page["findings"], [c for c in FINDING_COLUMNS if c[0] not in WHOSE])
