import io
import json
import logging
import sys

import pytest
import structlog

from services.core.errors import TransientError
from services.core.logs import configure_logs, correlated

CANARY = "CANARY-4711"


@pytest.fixture
def log_to_memory(monkeypatch):
    """Configures logs and gives back what they go to; afterwards logs are as in all other tests."""

    def configure(level, **options):
        stream = io.StringIO()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stderr", stream)
            configure_logs(level, **options)
        return stream

    yield configure
    configure_logs("WARNING")


@pytest.fixture
def log_lines(log_to_memory):
    """Configures JSON logs; gives back the lines so far."""
    stream = log_to_memory("DEBUG", as_json=True)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_carries_what_is_harmless(log_lines):
    structlog.get_logger("claimclock").info(
        "batch projected", ref="a1b2", entries=500, rows=12, seconds=0.4, kind="filing"
    )
    (line,) = log_lines()
    assert line["event"] == "batch projected"
    assert (line["ref"], line["entries"], line["rows"], line["kind"]) == ("a1b2", 500, 12, "filing")
    assert (line["level"], line["logger"]) == ("info", "claimclock")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "key",
    [
        "claim_id",
        "patient_id",
        "subject",
        "name",
        "raw",
        "data",
        "Claim_ID",
        "last_name",
        "old_claim_id",
        "event_data",
        "path",
    ],
)
def test_keys_that_may_hold_patient_data_are_masked(log_lines, key):
    structlog.get_logger().warning("seen", **{key: CANARY})
    assert log_lines()[0][key] == "***"


def test_values_that_are_no_scalars_are_masked_whatever_their_key(log_lines):
    structlog.get_logger().info("seen", a={"x": CANARY}, b=[CANARY], c=CANARY.encode(), d=TransientError(CANARY), e=12)
    (line,) = log_lines()
    assert CANARY not in json.dumps(line)
    assert line["e"] == 12


def _foreign():
    raise ValueError(f"bad value {CANARY}")


def _raise():
    try:
        _foreign()
    except ValueError as error:
        raise TransientError("the database is away") from error


def test_an_exception_is_told_without_the_text_of_foreign_errors(log_lines):
    try:
        _raise()
    except TransientError:
        structlog.get_logger().exception("failed")
    text = log_lines()[0]["exception"]
    assert "TransientError: the database is away" in text
    assert "ValueError" in text
    assert "test_logs.py" in text
    assert CANARY not in text


def test_libraries_go_through_the_same_pipeline(log_lines):
    try:
        _foreign()
    except ValueError:
        logging.getLogger("some.library").exception("it broke", extra={"subject": CANARY, "status": 3})
    (line,) = log_lines()
    assert (line["event"], line["logger"], line["status"]) == ("it broke", "some.library", 3)
    assert CANARY not in json.dumps(line)


def test_faststream_is_quiet(log_lines):
    logging.getLogger("faststream.stream").info("Received")
    assert log_lines() == []


def test_correlation_is_bound_within_and_hashed_when_it_tells_something(log_lines):
    log = structlog.get_logger()
    with correlated("0f8fad5b-d9cb-469f-a165-70867728950e"):
        log.info("a")
    with correlated(CANARY):
        log.info("b")
    log.info("c")
    first, second, third = log_lines()
    assert first["correlation_id"] == "0f8fad5b-d9cb-469f-a165-70867728950e"
    assert len(second["correlation_id"]) == 16
    assert "correlation_id" not in third


def test_the_console_form_is_for_people(log_to_memory):
    stream = log_to_memory("INFO")
    structlog.get_logger().info("started", port=8400, claim_id=CANARY)
    assert "started" in stream.getvalue()
    assert "8400" in stream.getvalue()
    assert CANARY not in stream.getvalue()
