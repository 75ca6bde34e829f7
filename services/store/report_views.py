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


@dataclass(frozen=True, kw_only=True)
class ReportColumn:
    """A column: its name, that of the table's column where it differs, what it holds, what it means."""

    name: str
    type: ReportType
    meaning: str
    source: str = ""

    def of(self, table: Table) -> ColumnElement[object]:
        return table.c[self.source or self.name]


@dataclass(frozen=True, kw_only=True)
class ReportView:
    """A view over one table. `by_claim`: its rows belong to claims, and an export may take only those that changed.

    `exported`: columns that depend on the day of the read, so that exports have them and a view cannot.
    """

    name: str
    table: str
    meaning: str
    columns: tuple[ReportColumn, ...]
    by_claim: bool = False
    exported: tuple[ReportColumn, ...] = ()

    @property
    def all_columns(self) -> tuple[ReportColumn, ...]:
        """Those of an export."""
        return (*self.columns, *self.exported)

    @property
    def view(self) -> str:
        return PREFIX + self.name

    @property
    def source(self) -> Table:
        return READ_TABLES[self.table]


_T, _N, _M, _D, _I, _Y = ReportType
_PRACTICE = ReportColumn(name="practice", type=_T, meaning="The practice")
_CLAIM = ReportColumn(name="claim_id", type=_T, meaning="The claim number (CLM01)")
_REF = ReportColumn(name="ref", type=_T, meaning="The opaque name of the claim in addresses")
_PATIENT = ReportColumn(name="patient_id", type=_T, meaning="The patient")
_PAYER = ReportColumn(name="payer_id", type=_T, meaning="The payer")
_DOS = ReportColumn(name="dos", type=_D, meaning="Day of service")

REPORTS: tuple[ReportView, ...] = (
    ReportView(
        name="claims",
        table="claim",
        meaning="One row for each claim as it stands",
        columns=(
            _PRACTICE,
            _CLAIM,
            _REF,
            _PATIENT,
            _PAYER,
            ReportColumn(name="status", type=_T, meaning="State of the claim"),
            ReportColumn(name="flags", type=_T, meaning="Flags, separated by blanks"),
            ReportColumn(name="dos", type=_D, meaning="First day of service"),
            ReportColumn(name="sent_on", type=_D, meaning="Date it was last sent"),
            ReportColumn(name="charge", type=_M, meaning="Charge"),
            ReportColumn(name="allowed", type=_M, meaning="Allowed by the first payer"),
            ReportColumn(name="paid", type=_M, meaning="Paid by all payers, reversals included"),
            ReportColumn(name="patient_responsibility", type=_M, meaning="Patient share that the last payer stated"),
            ReportColumn(name="payer_balance", type=_M, meaning="Open with payers"),
            ReportColumn(name="patient_balance", type=_M, meaning="Open with the patient"),
            ReportColumn(name="written_off", type=_M, meaning="Written off"),
        ),
        by_claim=True,
    ),
    ReportView(
        name="claim_lines",
        table="claim_line",
        meaning="One row for each service line",
        columns=(
            _PRACTICE,
            _CLAIM,
            _REF,
            _PATIENT,
            _PAYER,
            ReportColumn(name="line", type=_N, meaning="Number of the line", source="number"),
            _DOS,
            ReportColumn(name="procedure", type=_T, meaning="Procedure code"),
            ReportColumn(name="modifiers", type=_T, meaning="Modifiers, separated by blanks"),
            ReportColumn(name="units", type=_T, meaning="Units billed"),
            ReportColumn(name="charge", type=_M, meaning="Charge"),
            ReportColumn(name="allowed", type=_M, meaning="Allowed"),
            ReportColumn(name="paid", type=_M, meaning="Paid"),
            ReportColumn(name="status", type=_T, meaning="State of the line"),
            ReportColumn(name="billing_npi", type=_T, meaning="Billing provider"),
        ),
        by_claim=True,
    ),
    ReportView(
        name="attempts",
        table="claim_attempt",
        meaning="One row for each time a claim was sent to a payer",
        columns=(
            _PRACTICE,
            _CLAIM,
            _REF,
            _PAYER,
            ReportColumn(name="attempt", type=_N, meaning="Number of the attempt with this payer", source="number"),
            ReportColumn(name="charge", type=_M, meaning="Charge sent"),
            ReportColumn(name="sent_at", type=_I, meaning="When it was sent"),
            ReportColumn(name="acknowledged_at", type=_I, meaning="The payer's acknowledgment"),
            ReportColumn(name="answered_at", type=_I, meaning="The payer's first answer (835)"),
            ReportColumn(name="rejected_at", type=_I, meaning="When a rejection was received"),
            ReportColumn(name="resent_at", type=_I, meaning="When a rejected claim was sent again"),
        ),
        by_claim=True,
    ),
    ReportView(
        name="deadlines",
        table="deadline",
        meaning="One row for each open deadline",
        columns=(
            _PRACTICE,
            _CLAIM,
            _REF,
            _PAYER,
            ReportColumn(name="kind", type=_T, meaning="Which clock"),
            ReportColumn(name="due", type=_T, meaning="Due: a day, or an instant for clocks of hours"),
            ReportColumn(name="overdue_at", type=_I, meaning="From then on it is past due"),
            ReportColumn(name="attempt", type=_N, meaning="Of which attempt"),
            ReportColumn(name="rule", type=_T, meaning="The rule and its version"),
        ),
        by_claim=True,
    ),
    ReportView(
        name="work_items",
        table="work_item",
        meaning="One row for each open work item",
        columns=(
            _PRACTICE,
            ReportColumn(name="list", type=_T, meaning="The worklist it is on", source="kind"),
            _CLAIM,
            _REF,
            _PATIENT,
            _PAYER,
            ReportColumn(name="due", type=_T, meaning="Due: a day, or an instant for clocks of hours"),
            ReportColumn(
                name="lost_on",
                type=_D,
                meaning="Last day before the money is lost; 9999-12-31: nothing is lost by waiting",
            ),
            ReportColumn(name="amount_at_risk", type=_M, meaning="Amount at risk"),
            ReportColumn(name="category", type=_T, meaning="Category of the reason"),
            ReportColumn(name="discipline", type=_T, meaning="PT, OT or SLP"),
            ReportColumn(name="reason", type=_T, meaning="Why it is on the list"),
            ReportColumn(name="next_action", type=_T, meaning="What to do next"),
            ReportColumn(
                name="assignee", type=_T, meaning="Whom a person assigned it to; routing rules are not applied here"
            ),
        ),
        exported=(
            ReportColumn(
                name="holder",
                type=_T,
                meaning="Who has it, as the worklists say: whom a person assigned it to, else where a routing rule in "
                "force on the day of the export sends it",
            ),
        ),
    ),
    ReportView(
        name="line_prices",
        table="line_price",
        meaning="One row for each answered line and payer: what was allowed next to what was expected",
        columns=(
            _PRACTICE,
            _CLAIM,
            _REF,
            _PATIENT,
            _PAYER,
            ReportColumn(name="line", type=_N, meaning="Number of the line"),
            ReportColumn(name="sequence", type=_T, meaning="P, S or T: the payer's place"),
            _DOS,
            ReportColumn(name="procedure", type=_T, meaning="Procedure code"),
            ReportColumn(name="units", type=_T, meaning="Units"),
            ReportColumn(name="expected_allowed", type=_M, meaning="Expected; empty where it is not known"),
            ReportColumn(name="allowed", type=_M, meaning="Allowed"),
            ReportColumn(name="variance", type=_M, meaning="Expected less allowed"),
            ReportColumn(name="class", type=_T, meaning="Underpaid, as expected, denied …", source="verdict"),
            ReportColumn(name="cause", type=_T, meaning="Likely cause"),
            ReportColumn(name="contract", type=_T, meaning="Contract or fee schedule, with its version"),
            ReportColumn(name="state", type=_T, meaning="Detected, disputed, recovered"),
            ReportColumn(name="dispute_due", type=_D, meaning="Last day to dispute"),
            ReportColumn(name="recovered", type=_M, meaning="Recovered"),
        ),
    ),
    ReportView(
        name="remittances",
        table="remittance",
        meaning="One row for each check",
        columns=(
            _PRACTICE,
            ReportColumn(name="payer_identifier", type=_T, meaning="The payer's identifier"),
            ReportColumn(name="payer_name", type=_T, meaning="The payer's name"),
            ReportColumn(name="trace_number", type=_T, meaning="Check or EFT number"),
            ReportColumn(name="payment_date", type=_D, meaning="Day of payment"),
            ReportColumn(name="total_paid", type=_M, meaning="Amount of the check"),
            ReportColumn(name="claims", type=_N, meaning="Claims in it"),
            ReportColumn(name="claims_paid", type=_M, meaning="What its claims were paid"),
            ReportColumn(
                name="provider_adjusted", type=_M, meaning="Taken (positive) or added by provider adjustments (PLB)"
            ),
            ReportColumn(name="balanced", type=_Y, meaning="Whether it adds up"),
            ReportColumn(name="received_at", type=_I, meaning="When it was received"),
        ),
    ),
    ReportView(
        name="thresholds",
        table="threshold",
        meaning="One row for each patient, year and bucket",
        columns=(
            _PRACTICE,
            _PATIENT,
            ReportColumn(name="year", type=_N, meaning="Calendar year of service"),
            ReportColumn(name="bucket", type=_T, meaning="PT_SLP or OT"),
            ReportColumn(name="confirmed", type=_M, meaning="Used by what was decided"),
            ReportColumn(name="pending", type=_M, meaning="Used by what is under way"),
            ReportColumn(name="projected", type=_M, meaning="Both"),
            ReportColumn(name="band", type=_T, meaning="ok, alert, kx_required, review"),
        ),
    ),
    ReportView(
        name="findings",
        table="finding",
        meaning="One row for each finding about a visit or claim",
        columns=(
            _PRACTICE,
            _CLAIM,
            ReportColumn(name="visit_id", type=_T, meaning="The visit"),
            _PATIENT,
            _DOS,
            ReportColumn(name="line", type=_N, meaning="Number of the line"),
            ReportColumn(name="rule", type=_T, meaning="The rule"),
            ReportColumn(name="grade", type=_T, meaning="rejected, denied, at_risk, advice"),
            ReportColumn(name="message", type=_T, meaning="What is wrong"),
            ReportColumn(name="worth", type=_M, meaning="What it is worth"),
            ReportColumn(name="is_current", type=_Y, meaning="No later submission took its place"),
        ),
    ),
    ReportView(
        name="visits",
        table="readiness",
        meaning="One row for each documented visit",
        columns=(
            _PRACTICE,
            ReportColumn(name="visit_id", type=_T, meaning="The visit"),
            _PATIENT,
            _PAYER,
            ReportColumn(name="discipline", type=_T, meaning="PT, OT or SLP"),
            _DOS,
            ReportColumn(name="therapist_id", type=_T, meaning="The therapist"),
            _CLAIM,
            ReportColumn(
                name="state", type=_T, meaning="unbilled, correctable (its claim can be corrected), billed, closed"
            ),
            ReportColumn(name="expected_allowed", type=_M, meaning="What it should bring"),
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
    rows += "".join(f"\n| `{c.name}` (exports only) | {c.type} | {c.meaning} |" for c in report.exported)
    return f"## {report.view}\n\n{report.meaning}.\n\n| column | holds | meaning |\n| --- | --- | --- |\n{rows}\n"


_PREFACE = """\
# Data dictionary

Made from `services/store/report_views.py`; do not edit. Each view is in the database itself; `claimclock export`
writes the same columns and, where marked, some that depend on the day. Columns are added, never renamed or removed.
Money is dollars, instants are UTC. The views hold patient data: give a reader's role these alone.

"""
