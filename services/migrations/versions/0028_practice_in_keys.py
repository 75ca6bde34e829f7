"""The primary key of every read table holds the practice, so that the table can be spread by it."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
KEYS = {
    "claim": "key",
    "claim_line": "key number",
    "deadline": "key seq",
    "work_item": "key kind claim_id item",
    "membership": "key derived",
    "remittance": "key",
    "deposit": "key",
    "deposit_match": "key name",
    "line_price": "key claim_id line sequence",
    "threshold": "key",
    "claim_payer": "key payer_id",
    "claim_attempt": "key payer_id number",
    "claim_outcome": "key seq",
    "finding": "key seq",
    "readiness": "key visit_id",
    "visit": "key",
    "patient": "key",
}
# The second part of `kind|practice|name`.
LOCAL = "substr(substr(key, instr(key, '|') + 1), 1, instr(substr(key, instr(key, '|') + 1), '|') - 1)"
REMOTE = "split_part(key, '|', 2)"


def upgrade() -> None:
    local = op.get_bind().dialect.name == "sqlite"
    op.add_column("membership", sa.Column("practice", TEXT, nullable=False, server_default="?"))
    op.execute(f"UPDATE membership SET practice = {LOCAL if local else REMOTE}")  # noqa: S608  our own words
    for table, columns in KEYS.items():
        key = [*columns.split(), "practice"]
        (_rebuild if local else _replace)(table, key)
    for statement in (FILL_LOCALLY,) if local else (FILL, FILL_BEFORE):  # where the version before still writes
        op.execute(statement)


def _replace(table: str, key: list[str]) -> None:
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD CONSTRAINT {table}_pkey PRIMARY KEY ({', '.join(key)})"
    )


def _rebuild(table: str, key: list[str]) -> None:
    """By hand: SQLAlchemy does not see what SQLite's indexes of expressions are of, and would lose them."""
    connection = op.get_bind()
    told = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type = :type AND sql IS NOT NULL")
    made = connection.scalar(told, {"table": table, "type": "table"})
    indexes = connection.scalars(told, {"table": table, "type": "index"}).all()
    made, found = re.subn(r"PRIMARY KEY \([^)]*\)", f"PRIMARY KEY ({', '.join(key)})", made)
    made, named = re.subn(rf'^CREATE TABLE "?{table}"?', f"CREATE TABLE {table}_anew", made)
    if found != 1 or named != 1:
        raise RuntimeError(f"the table {table} is not as a migration made it")
    connection.exec_driver_sql(made)
    connection.exec_driver_sql(f"INSERT INTO {table}_anew SELECT * FROM {table}")  # noqa: S608  our own names
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"ALTER TABLE {table}_anew RENAME TO {table}")
    for index in indexes:
        connection.exec_driver_sql(index)


FILL_LOCALLY = (
    "CREATE TRIGGER membership_practice AFTER INSERT ON membership WHEN NEW.practice = '?' BEGIN "  # noqa: S608  our own words
    f"UPDATE membership SET practice = {LOCAL} WHERE key = NEW.key AND derived = NEW.derived; END"
)
FILL = (
    "CREATE FUNCTION membership_practice() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN NEW.practice := split_part(NEW.key, '|', 2); RETURN NEW; END $$"
)
FILL_BEFORE = (
    "CREATE TRIGGER membership_practice BEFORE INSERT ON membership FOR EACH ROW WHEN (NEW.practice = '?') "
    "EXECUTE FUNCTION membership_practice()"
)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before the upgrade")
