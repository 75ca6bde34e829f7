"""What analysts read: views with stable names and columns, in dollars, dates and instants. The data dictionary is here.

The views are made anew whenever migrations have run; exports read the same columns. A change here needs a migration,
if only an empty one. Columns are added, never renamed or removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Table, text

from projections.tables.tables import READ_TABLES

PREFIX = "report_"


class ReportType(StrEnum):
    """What a column holds. Money is dollars with two decimals; an instant is UTC."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    INSTANT = "instant"
    YES_NO = "yes/no"


@dataclass(frozen=True)
class ReportColumn:
    """A column: its name, that of the table's column where it differs, what it holds, what it means."""

    name: str
    type: ReportType
    meaning: str
    source: str = ""

    def of(self, table: Table) -> ColumnElement[object]:
        return table.c[self.source or self.name]


@dataclass(frozen=True)
class ReportView:
    """A view over one table. `by_claim`: its rows belong to claims, and an export may take only those that changed."""

    name: str
    table: str
    meaning: str
    columns: tuple[ReportColumn, ...]
    by_claim: bool = False

    @property
    def view(self) -> str:
        return PREFIX + self.name

    @property
    def source(self) -> Table:
        return READ_TABLES[self.table]


_T, _N, _M, _D, _I, _Y = ReportType
_PRACTICE = ReportColumn("practice", _T, "Whose it is")
_CLAIM = ReportColumn("claim_id", _T, "The claim number (CLM01)")
_REF = ReportColumn("ref", _T, "The opaque name of the claim in addresses")
_PATIENT = ReportColumn("patient_id", _T, "The patient")
_PAYER = ReportColumn("payer_id", _T, "The payer")
_DOS = ReportColumn("dos", _D, "Day of service")

REPORTS: tuple[ReportView, ...] = (
    ReportView(
        "claims",
        "claim",
        "One row for each claim as it stands",
        (
            _PRACTICE,
            _CLAIM,
            _REF,
            _PATIENT,
            _PAYER,
            ReportColumn("status", _T, "State of the claim"),
            ReportColumn("flags", _T, "Flags, separated by blanks"),
            ReportColumn("dos", _D, "First day of service"),
            ReportColumn("sent_on", _D, "Day it was last sent"),
            ReportColumn("charge", _M, "Charge"),
            ReportColumn("allowed", _M, "Allowed by the first payer"),
            ReportColumn("paid", _M, "Paid by all payers, reversals included"),
            ReportColumn("patient_responsibility", _M, "Patient share that the last payer stated"),
            ReportColumn("payer_balance", _M, "Open with payers"),
            ReportColumn("patient_balance", _M, "Open with the patient"),
            ReportColumn("written_off", _M, "Written off"),
        ),
        by_claim=True,
    ),
    ReportView(
        "claim_lines",
        "claim_line",
        "One row for each service line",
        (
            _PRACTICE,
            _CLAIM,
            _REF,
            _PATIENT,
            _PAYER,
            ReportColumn("line", _N, "Number of the line", "number"),
            _DOS,
            ReportColumn("procedure", _T, "Procedure code"),
            ReportColumn("modifiers", _T, "Modifiers, separated by blanks"),
            ReportColumn("units", _T, "Units billed"),
            ReportColumn("charge", _M, "Charge"),
            ReportColumn("allowed", _M, "Allowed"),
            ReportColumn("paid", _M, "Paid"),
            ReportColumn("status", _T, "State of the line"),
            ReportColumn("billing_npi", _T, "Billing provider"),
        ),
        by_claim=True,
    ),
    ReportView(
        "attempts",
        "claim_attempt",
        "One row for each time a claim was sent to a payer",
        (
            _PRACTICE,
            _CLAIM,
            _REF,
            _PAYER,
            ReportColumn("attempt", _N, "Number of the attempt with this payer", "number"),
            ReportColumn("charge", _M, "Charge sent"),
            ReportColumn("sent_at", _I, "When it was sent"),
            ReportColumn("acknowledged_at", _I, "The payer's acknowledgment"),
            ReportColumn("answered_at", _I, "The payer's first answer (835)"),
            ReportColumn("rejected_at", _I, "When a rejection reached us"),
            ReportColumn("resent_at", _I, "When a rejected claim was sent again"),
        ),
        by_claim=True,
    ),
    ReportView(
        "deadlines",
        "deadline",
        "One row for each clock that nothing has ended yet",
        (
            _PRACTICE,
            _CLAIM,
            _REF,
            _PAYER,
            ReportColumn("kind", _T, "Which clock"),
            ReportColumn("due", _T, "Due: a day, or an instant for clocks of hours"),
            ReportColumn("overdue_at", _I, "From then on it is past due"),
            ReportColumn("attempt", _N, "Of which attempt"),
            ReportColumn("rule", _T, "The rule and its version"),
        ),
        by_claim=True,
    ),
    ReportView(
        "work_items",
        "work_item",
        "One row for each thing somebody has to do",
        (
            _PRACTICE,
            ReportColumn("list", _T, "The worklist it is on", "kind"),
            _CLAIM,
            _REF,
            _PATIENT,
            _PAYER,
            ReportColumn("due", _T, "Due: a day, or an instant for clocks of hours"),
            ReportColumn("lost_on", _D, "Last day before the money is lost; 9999-12-31: nothing is lost by waiting"),
            ReportColumn("amount_at_risk", _M, "Amount at risk"),
            ReportColumn("category", _T, "Category of the reason"),
            ReportColumn("discipline", _T, "PT, OT or SLP"),
            ReportColumn("reason", _T, "Why it is on the list"),
            ReportColumn("next_action", _T, "What to do next"),
            ReportColumn("assignee", _T, "Who works on it"),
        ),
    ),
    ReportView(
        "line_prices",
        "line_price",
        "One row for each answered line and payer: what was allowed next to what was expected",
        (
            _PRACTICE,
            _CLAIM,
            _REF,
            _PATIENT,
            _PAYER,
            ReportColumn("line", _N, "Number of the line"),
            ReportColumn("sequence", _T, "P, S or T: the payer's place"),
            _DOS,
            ReportColumn("procedure", _T, "Procedure code"),
            ReportColumn("units", _T, "Units"),
            ReportColumn("expected_allowed", _M, "Expected; empty where it is not known"),
            ReportColumn("allowed", _M, "Allowed"),
            ReportColumn("variance", _M, "Expected less allowed"),
            ReportColumn("class", _T, "Underpaid, as expected, denied …", "verdict"),
            ReportColumn("cause", _T, "Likely cause"),
            ReportColumn("contract", _T, "Contract or fee schedule, with its version"),
            ReportColumn("state", _T, "Detected, disputed, recovered"),
            ReportColumn("dispute_due", _D, "Last day to dispute"),
            ReportColumn("recovered", _M, "Recovered"),
        ),
    ),
    ReportView(
        "remittances",
        "remittance",
        "One row for each check",
        (
            _PRACTICE,
            ReportColumn("payer_identifier", _T, "The payer's identifier"),
            ReportColumn("payer_name", _T, "The payer's name"),
            ReportColumn("trace_number", _T, "Check or EFT number"),
            ReportColumn("payment_date", _D, "Day of payment"),
            ReportColumn("total_paid", _M, "Amount of the check"),
            ReportColumn("claims", _N, "Claims in it"),
            ReportColumn("claims_paid", _M, "What its claims were paid"),
            ReportColumn("provider_adjusted", _M, "Taken (positive) or added by provider adjustments (PLB)"),
            ReportColumn("balanced", _Y, "Whether it adds up"),
            ReportColumn("received_at", _I, "When it reached us"),
        ),
    ),
    ReportView(
        "thresholds",
        "threshold",
        "One row for each patient, year and bucket",
        (
            _PRACTICE,
            _PATIENT,
            ReportColumn("year", _N, "Calendar year of service"),
            ReportColumn("bucket", _T, "PT_SLP or OT"),
            ReportColumn("confirmed", _M, "Used by what was decided"),
            ReportColumn("pending", _M, "Used by what is under way"),
            ReportColumn("projected", _M, "Both"),
            ReportColumn("band", _T, "ok, alert, kx_required, review"),
        ),
    ),
    ReportView(
        "findings",
        "finding",
        "One row for each finding about a visit or claim",
        (
            _PRACTICE,
            _CLAIM,
            ReportColumn("visit_id", _T, "The visit"),
            _PATIENT,
            _DOS,
            ReportColumn("line", _N, "Number of the line"),
            ReportColumn("rule", _T, "The rule"),
            ReportColumn("grade", _T, "rejected, denied, at_risk, advice"),
            ReportColumn("message", _T, "What is wrong"),
            ReportColumn("worth", _M, "What it is worth"),
            ReportColumn("is_current", _Y, "No later submission took its place"),
        ),
    ),
    ReportView(
        "visits",
        "readiness",
        "One row for each documented visit",
        (
            _PRACTICE,
            ReportColumn("visit_id", _T, "The visit"),
            _PATIENT,
            _PAYER,
            ReportColumn("discipline", _T, "PT, OT or SLP"),
            _DOS,
            ReportColumn("therapist_id", _T, "The therapist"),
            _CLAIM,
            ReportColumn("state", _T, "unbilled, mendable (its claim can be corrected), billed, closed"),
            ReportColumn("expected_allowed", _M, "What it should bring"),
        ),
    ),
)


def drop_views(connection: Connection) -> None:
    """Before migrations: a view holds on to the columns it reads."""
    for report in REPORTS:
        connection.execute(text(f"DROP VIEW IF EXISTS {report.view}"))


def create_views(connection: Connection) -> None:
    """After migrations: every view as it is described here."""
    drop_views(connection)
    postgresql = connection.dialect.name == "postgresql"
    for report in REPORTS:
        columns = ", ".join(f'{_sql(column, postgresql=postgresql)} AS "{column.name}"' for column in report.columns)
        connection.execute(text(f'CREATE VIEW {report.view} AS SELECT {columns} FROM "{report.table}"'))  # noqa: S608  our own names


def _sql(column: ReportColumn, *, postgresql: bool) -> str:
    name = f'"{column.source or column.name}"'
    match column.type:
        case ReportType.MONEY:
            return f"CAST({name} / 100.0 AS numeric(15, 2))" if postgresql else f"{name} / 100.0"
        case ReportType.INSTANT if postgresql:
            return f"to_timestamp({name} / 1000000.0)"
        case ReportType.INSTANT:
            return f"strftime('%Y-%m-%dT%H:%M:%SZ', {name} / 1000000.0, 'unixepoch')"
    return name


def dictionary() -> str:
    """The data dictionary as Markdown: docs/data-dictionary.md."""
    return _PREFACE + "\n".join(_section(report) for report in REPORTS)


def _section(report: ReportView) -> str:
    rows = "\n".join(f"| `{column.name}` | {column.type} | {column.meaning} |" for column in report.columns)
    return f"## {report.view}\n\n{report.meaning}.\n\n| column | holds | meaning |\n| --- | --- | --- |\n{rows}\n"


_PREFACE = """\
# Data dictionary

Made from `services/store/report_views.py`; do not edit. Each view is in the database itself; `claimclock export`
writes the same columns. Columns are added, never renamed or removed. Money is dollars, instants are UTC. The views hold
patient data: give a reader's role these alone.

"""
