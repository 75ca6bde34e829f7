"""Reports: views with stable names on both databases, exports as CSV and Parquet, read by DuckDB and pandas."""

import csv
import json
import re
from contextlib import nullcontext
from decimal import Decimal

import pytest
from sqlalchemy import inspect, text
from typer.testing import CliRunner

from services.app_context import open_app_context, projecting
from services.cli.main import build
from services.commands.ingest import ingest_files
from services.core.settings import Settings
from services.demo.month import write_month
from services.store.report_views import REPORTS, create_views, dictionary
from tests.laws.code import ROOT
from tests.services.projector.conftest import engine, new_engine  # noqa: F401

# Names that were published: columns are added behind them, never renamed or removed.
PUBLISHED = {
    "claims": "practice claim_id ref patient_id payer_id status flags dos sent_on charge allowed paid "
    "patient_responsibility payer_balance patient_balance written_off",
    "claim_lines": "practice claim_id ref patient_id payer_id line dos procedure modifiers units charge allowed paid "
    "status billing_npi",
    "attempts": "practice claim_id ref payer_id attempt charge sent_at acknowledged_at answered_at rejected_at "
    "resent_at",
    "deadlines": "practice claim_id ref payer_id kind due overdue_at attempt rule",
    "work_items": "practice list claim_id ref patient_id payer_id due lost_on amount_at_risk category discipline "
    "reason next_action assignee",
    "line_prices": "practice claim_id ref patient_id payer_id line sequence dos procedure units expected_allowed "
    "allowed variance class cause contract state dispute_due recovered",
    "remittances": "practice payer_identifier payer_name trace_number payment_date total_paid claims claims_paid "
    "provider_adjusted balanced received_at",
    "thresholds": "practice patient_id year bucket confirmed pending projected band",
    "findings": "practice claim_id visit_id patient_id dos line rule grade message worth is_current",
    "visits": "practice visit_id patient_id payer_id discipline dos therapist_id claim_id state expected_allowed",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A data directory with a part of the demo's month."""
    files, data = tmp_path_factory.mktemp("month"), tmp_path_factory.mktemp("data")
    write_month(files)
    (files / "manifest.json").unlink()
    settings = Settings(data_dir=data, practice_zone="America/Chicago")
    with open_app_context(settings) as app, projecting(app):
        ingest_files(app, sorted(files.iterdir())[:60], "file", projecting=lambda _app: nullcontext())
    return data


def command(home, *words):
    found = CliRunner().invoke(build(words), [*words, "--json", "--data", str(home)])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_published_names_stay():
    assert {
        report.name: [c.name for c in report.columns][: len(PUBLISHED[report.name].split())] for report in REPORTS
    } == {name: columns.split() for name, columns in PUBLISHED.items()}


def test_the_dictionary_is_the_views():
    assert (ROOT / "docs" / "data-dictionary.md").read_text("utf-8") == dictionary()


def test_every_database_has_the_views(engine):  # noqa: F811
    with engine.begin() as connection:
        create_views(connection)
    assert {report.view for report in REPORTS} <= set(inspect(engine).get_view_names())
    with engine.connect() as connection:
        for report in REPORTS:
            found = connection.execute(text(f"SELECT * FROM {report.view}"))
            assert list(found.keys()) == [column.name for column in report.columns]


def test_a_view_says_what_the_list_says(home):
    with open_app_context(Settings(data_dir=home)) as app, app.engine.connect() as connection:
        owed = connection.execute(text("SELECT claim_id, payer_balance, dos FROM report_claims")).all()
    listed = {row["claim_id"]: row for row in command(home, "claims")}
    assert {row.claim_id for row in owed} == set(listed)
    for row in owed:
        assert Decimal(str(row.payer_balance)) == Decimal(listed[row.claim_id]["payer_balance"])
        assert str(row.dos) == str(listed[row.claim_id]["dos"])


def test_csv_holds_every_claim_and_goes_on_from_its_cursor(home, tmp_path):
    told = command(home, "export", str(tmp_path / "out"))
    claims = rows_of(tmp_path / "out" / "claims.csv")
    assert told["rows"]["claims"] == len(claims) == len(command(home, "claims"))
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == told
    again = command(home, "export", str(tmp_path / "next"), "--after", str(told["cursor"]))
    assert (again["rows"]["events"], again["rows"]["claims"], again["cursor"]) == (0, 0, told["cursor"])
    some = command(home, "export", str(tmp_path / "some"), "--after", str(told["cursor"] - 1))
    assert some["rows"]["events"] == 1
    assert some["rows"]["claims"] <= 1


def test_an_export_of_the_past(home, tmp_path):
    whole = command(home, "export", str(tmp_path / "now"), "--table", "claims", "--table", "events")
    past = command(
        home, "export", str(tmp_path / "then"), "--table", "claims", "--table", "events", "--as-of", "2025-12-31"
    )
    assert past["rows"]["events"] < whole["rows"]["events"]
    assert past["rows"]["claims"] == len(command(home, "claims", "--as-of", "2025-12-31"))


def test_parquet_is_read_by_duckdb_and_pandas(home, tmp_path):
    pytest.importorskip("pyarrow")
    duckdb, pandas = pytest.importorskip("duckdb"), pytest.importorskip("pandas")
    command(home, "export", str(tmp_path), "--format", "parquet")
    names = {}
    for code in examples():
        exec(code.replace("out/", f"{tmp_path}/"), names)  # the guide's own words
    expected = {}
    for row in command(home, "claims"):
        expected[row["payer_id"]] = expected.get(row["payer_id"], Decimal(0)) + Decimal(row["payer_balance"])
    assert dict(names["by_payer"]) == expected
    assert names["claims"]["payer_balance"].sum() == sum(expected.values())
    assert duckdb
    assert pandas


def examples():
    guide = (ROOT / "docs" / "analysis.md").read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)


def test_an_unknown_table_is_named(home, tmp_path):
    words = ["export", str(tmp_path), "--table", "nonsense", "--data", str(home)]
    found = CliRunner().invoke(build(words), words)
    assert found.exit_code != 0
    assert "nonsense" in str(found.exception)
