"""The verb that shows one claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from projections.tables.vocabulary import PriceVerdict
from services.cli import show
from services.cli.options import AsJson, AsOfOption, AtOption, DataOption, KnownAtOption, PracticeOption, When, reading
from services.presentation import labels as words
from services.presentation.claim_summary import claim_allowed, line_allowed
from services.presentation.formatting import amount
from services.presentation.next_step_words import step_words
from services.presentation.plain_words import plain
from services.reads.claims import claim_page
from services.reads.search import as_sent

STATUS_COLUMNS = [("effective_on", "as of"), ("words", "status"), ("payer", "payer"), ("message", "message")]
RECOUPMENT_COLUMNS = [("on", "date"), ("reason", "reason"), ("reference", "reference"), ("amount", "amount")]
TYPED_COLUMNS = [
    ("check_number", "check"),
    ("payment_date", "dated"),
    ("paid", "paid"),
    ("entered_by", "entered by"),
]
ANSWER_COLUMNS = [
    ("payer", "payer"),
    ("notice_date", "dated"),
    ("kind", "kind"),
    ("charge", "charge"),
    ("allowed", "allowed"),
    ("paid", "paid"),
    ("patient_responsibility", "patient share"),
    ("trace_number", "check"),
]
UNPRICED = (
    None,
    PriceVerdict.NOT_ANSWERED,
    PriceVerdict.DENIED,
    PriceVerdict.NO_CONTRACT,
    PriceVerdict.UNKNOWN,
)


def claim(
    claim_id: Annotated[str, typer.Argument(help="The claim number (CLM01) as sent.")],
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """One claim: state, money per line, every deadline with its explanation, the timeline."""
    with reading(data, practice, When(at, as_of, known_at)) as context:
        page = claim_page(context, as_sent(context, claim_id))
        zone = context.references.zone
    show.witnessed(page)
    if json:
        show.as_json(page)
        return
    show.console.print(
        f"[bold]{page['claim_id']}[/bold]  {show.marked_payer(page['payer_id'])}  patient {page['patient_id']}  "
        f"[bold]{words.name(words.STATUSES, page['status'])}[/bold]"
    )
    for flag in page["flags"]:
        show.console.print(f"[yellow]{words.name(words.FLAGS, flag)}[/yellow]")
    show.console.print(
        f"charge {page['charge']}  allowed {amount(claim_allowed(page))}  paid {page['paid']}  "
        f"patient share {page['patient_responsibility']}  written off {page['written_off']}  "
        f"balance [bold]{page['balance']}[/bold] (payer {page['payer_balance']}, patient {page['patient_balance']})\n"
    )
    if page["carried_over"]:
        show.console.print(f"{page['carried_over']['words']}\n", highlight=False)
    show.console.print(f"Next: {show.sentence(step_words(page['next_step'], zone))}\n", markup=False)
    _claim_tables(page, zone)


def _claim_tables(page: dict[str, Any], zone: ZoneInfo) -> None:
    lines = [
        line
        | {
            "allowed": line_allowed(line),
            "adjustments": [
                f"{words.GROUPS.get(a['group'], '')} {a['group']}-{a['reason']} {a['amount']}"
                for a in line["adjustments"]
            ],
        }
        for line in page["lines"]
    ]
    show.table(
        "Lines",
        lines,
        [
            ("number", "#"),
            ("procedure", "code"),
            ("modifiers", "modifiers"),
            ("units", "units"),
            ("charge", "charge"),
            ("allowed", "allowed"),
            ("expected_allowed", "expected"),
            ("paid", "paid"),
            ("adjustments", "adjustments"),
            ("status", "status"),
        ],
    )
    _expected(page["lines"])
    show.table("Payer responses (the amounts above are their sum)", page["entries"], ANSWER_COLUMNS)
    _besides(page)
    deadlines = show.local(
        (
            d | {"clock": words.name(words.DEADLINES, d["kind"]), "explanation": "\n".join(d["explanation"])}
            for d in page["deadlines"]
        ),
        zone,
    )
    show.table(
        "Deadlines",
        deadlines,
        [
            ("clock", "deadline"),
            ("due", "due"),
            ("latest", "legal last day"),
            ("state", "state"),
            ("rule", "rule"),
            ("explanation", "how it is calculated"),
        ],
    )
    show.table(
        "Findings",
        page["findings"],
        [("grade", "grade"), ("line", "line"), ("message", "what"), ("change", "correction"), ("source", "source")],
    )
    timeline = show.local((step | {"event": words.event_name(step["type"])} for step in page["timeline"]), zone)
    show.table("Timeline", timeline, [("time", "when"), ("event", "event"), ("summary", "what")])


def _besides(page: Mapping[str, Any]) -> None:
    """What was said of the claim besides its responses, each only where there is some."""
    for title, rows, columns in (
        ("Status from the payer (does not change balances or deadlines)", page["status_reports"], STATUS_COLUMNS),
        ("Provider adjustments (PLB) that name this claim", page["recoupments"], RECOUPMENT_COLUMNS),
        ("Paper EOBs replaced by their 835", page["typed_before"], TYPED_COLUMNS),
    ):
        if rows:
            show.table(title, rows, columns)


def _expected(lines: Sequence[Mapping[str, Any]]) -> None:
    """The steps of every expected amount that is not what was allowed."""
    for line in lines:
        if line.get("verdict") in UNPRICED or line.get("expected_allowed") == line["allowed"]:
            continue
        show.console.print(
            f"Line {line['number']} {line['procedure']}: {words.name(words.CLASSES, line['verdict']).lower()}"
        )
        for step in line["explanation"]:
            show.console.print(f"  {step['figure'] or '':>10}  {plain(step['label'], show.zone())}", markup=False)
        show.console.print()
