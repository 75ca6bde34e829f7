"""Read tables: columns only.

Every row carries the key whose fold wrote it; each table is written by one kind of key, `work_item` and `finding` by
one kind of key for each kind of row.
Money is in whole cents. Dates are dates; instants are UTC. Rows hold due dates, never days left.
"""

from __future__ import annotations

from sqlalchemy import Table
from sqlmodel import SQLModel

from projections.tables.claims import ClaimLineTable, ClaimTable, DeadlineTable, MembershipTable
from projections.tables.deposits import DepositMatchTable, DepositTable
from projections.tables.money import LinePriceTable, RemittanceTable, ThresholdTable
from projections.tables.patterns import ClaimAttemptTable, ClaimOutcomeTable, ClaimPayerTable
from projections.tables.visits import FindingTable, PatientTable, ReadinessTable, VisitTable
from projections.tables.work import WorkItemTable


def table_of(model: type[SQLModel]) -> Table:
    """The table that a model declares: SQLModel keeps it from type checkers."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


READ_TABLES = {
    str(model.__tablename__): table_of(model)
    for model in (
        ClaimTable,
        ClaimLineTable,
        DeadlineTable,
        WorkItemTable,
        MembershipTable,
        RemittanceTable,
        DepositTable,
        DepositMatchTable,
        LinePriceTable,
        ThresholdTable,
        ClaimPayerTable,
        ClaimAttemptTable,
        ClaimOutcomeTable,
        FindingTable,
        ReadinessTable,
        VisitTable,
        PatientTable,
    )
}
