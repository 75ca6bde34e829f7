"""What a list costs to start: the command imports what it shows, not what folds, serves or draws."""

import subprocess
import sys

import pytest

from services.app_context import open_database
from services.core.clock import SystemClock
from services.core.settings import Settings
from tests.services.scheduler.conftest import Practice

# Each of these took a list from a few to some twenty hundredths of its start.
SLOW = (
    *("fastapi", "faststream", "apscheduler", "alembic", "uvicorn", "redis", "httpx", "psycopg"),
    *("rich", "structlog", "cryptography", "sqlalchemy.dialects.postgresql"),
    *("events.registry", "projections.history", "projections.terms", "projections.pricing", "projections.deadlines"),
    *("services.projector.projector", "services.store.log", "services.reads.payer_names", "services.reads.payers"),
)
TOLD = """
import atexit, sys
from services.cli.main import main
atexit.register(lambda: sys.stderr.write("\\n".join(sorted(sys.modules))))
main()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("light")
    open_database(Settings(data_dir=place, practice_zone="America/New_York"), SystemClock()).dispose()
    return place


@pytest.fixture(scope="module")
def owed(tmp_path_factory):
    """An unmatched payment of a payer that another claim was sent to: an item of its own, whatever the terms say."""
    place = tmp_path_factory.mktemp("owed")
    engine = open_database(Settings(data_dir=place, practice_zone="America/New_York"), SystemClock())
    practice = Practice(engine, "2026-02-10T14:00:00+00:00")
    practice.sent("SENT", "2026-02-02", payer="CEDAR")
    practice.answered("payment.posted.v1", "NOBODYS", "2026-02-04", [], paid="50.00", payer_id="CEDAR")
    practice.fold()
    engine.dispose()
    return place


def test_an_unmatched_payment_of_a_payer_that_was_sent_a_claim_needs_no_terms(owed):
    words = [sys.executable, "-c", TOLD, "worklist", "--json", "--data", str(owed)]
    answer = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    assert "NOBODYS" in answer.stdout
    loaded = answer.stderr.splitlines()
    assert [slow for slow in SLOW if any(f"{name}.".startswith(f"{slow}.") for name in loaded)] == []


@pytest.mark.parametrize("verb", [("worklist",), ("worklist", "filing"), ("aging",)])
def test_a_list_as_json_loads_nothing_it_does_not_show(place, verb):
    words = [sys.executable, "-c", TOLD, *verb, "--json", "--data", str(place)]
    answer = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    loaded = answer.stderr.splitlines()
    assert answer.stdout == "[]\n"
    assert "services.reads.read_context" in loaded, "the list of modules came"
    assert [slow for slow in SLOW if any(f"{name}.".startswith(f"{slow}.") for name in loaded)] == []


def test_a_warning_of_a_light_command_goes_through_the_whole_pipeline(place):
    said = """
import logging, sys
from services.core.late_logs import configure_late_logs
configure_late_logs("WARNING")
assert "structlog" not in sys.modules
logging.getLogger("a.library").warning("said %s", "once")
from services.core.logs import get_logger
get_logger("ours").warning("ours", claim_id="C-1")
"""
    answer = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=120)
    assert answer.stdout == ""
    first, second = answer.stderr.splitlines()
    assert "said once" in first
    assert "ours" in second
    assert "C-1" not in second


def test_a_module_that_asks_for_its_logger_first_finds_the_pipeline():
    said = """
from services.core.late_logs import configure_late_logs
configure_late_logs("WARNING")
from services.core.logs import get_logger
get_logger("ours").info("not said")
get_logger("ours").warning("said", claim_id="C-1")
"""
    answer = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=120)
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert "C-1" not in answer.stderr
