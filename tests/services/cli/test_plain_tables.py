"""What the command line shows people obeys the law of the pages: plain US English, no internal names."""

import re

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from services.demo.month import DEMO_AT, DEMO_ZONE
from services.devtools.screenshots import month_app
from tests.services.web.test_plain_pages import faults

VERBS = (
    ["worklist"],
    ["worklist", "denial"],
    ["worklist", "rejection"],
    ["worklist", "readiness"],
    ["claim", "BT100121"],
    ["claim", "BT100122"],
    ["claim", "BT100221"],
    ["thresholds"],
    ["thresholds", "0T35Y21PK06"],
    ["aging"],
    ["underpayments"],
    ["underpayments", "--groups"],
    ["patterns", "--by", "payer"],
    ["contracts"],
    ["findings"],
    ["parked"],
)


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    with month_app(tmp_path_factory.mktemp("words")) as app_context:
        yield app_context.settings.data_dir


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_tables_speak_plainly(month, verb):
    env = {"CLAIMCLOCK_PRACTICE_ZONE": str(DEMO_ZONE), "COLUMNS": "400"}
    told = CliRunner().invoke(build(verb), [*verb, "--data", str(month), "--at", DEMO_AT.isoformat()], env=env)
    if told.exit_code == 2:  # a verb without --at
        told = CliRunner().invoke(build(verb), [*verb, "--data", str(month)], env=env)
    assert told.exit_code == 0, told.output
    lines = [" ".join(cell.split()) for row in told.output.splitlines() for cell in re.split("[│┃]", row)]
    assert faults(line for line in lines if line) == {}
