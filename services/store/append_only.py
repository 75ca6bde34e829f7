"""Tables that the database itself refuses to change: whatever code is wrong, what was written stays."""

from __future__ import annotations

from sqlalchemy import DDL, Table, event


def append_only(table: Table) -> None:
    """Has the table made with triggers that refuse UPDATE and DELETE (PostgreSQL: TRUNCATE too)."""
    for verb in ("UPDATE", "DELETE"):
        on_sqlite = DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
            f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
        )
        event.listen(table, "after_create", on_sqlite.execute_if(dialect="sqlite"))
    function = DDL(  # type: ignore[no-untyped-call]
        f"CREATE FUNCTION {table.name}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table.name} is append-only'; END $$"
    )
    trigger = DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER {table.name}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table.name}_kept()"
    )
    for statement in (function, trigger):
        event.listen(table, "after_create", statement.execute_if(dialect="postgresql"))
