"""Schemathesis reads the OpenAPI document and tries what it allows, and what it does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.security.limits import Failures
from tests.services.api.conftest import event, serving

# An answer may refuse what is well-formed and still makes no sense (no such code, a cursor nobody gave): a document
# cannot say that, so "everything the document allows is taken" is not asked. Everything else is.
SKIPPED = "positive_data_acceptance"
# Published schemas say how events are to be sent; the reader also takes a number for a text, and keeps what it does
# not know (design decision 11): what a schema forbids is not always refused there.
KIND_TO_EVENTS = """
[[operations]]
include-path-regex = "^/v1/(events|edi)"
checks.negative_data_rejection.enabled = false
"""
HOOKS = """
import schemathesis

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

@schemathesis.serializer("application/edi-x12", "application/gzip", "application/zip", SHEET)
def as_bytes(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()
"""


@pytest.mark.parametrize("phases", ["examples,fuzzing", pytest.param("coverage", marks=pytest.mark.slow)])
def test_the_document_holds(fresh, tmp_path, phases):
    api = fresh(rate_limit=10_000_000)
    api.app_state.wrong_keys = Failures(limit=10_000_000)  # it tries a wrong key at every address
    api.publish(event("CLM-1"))
    (tmp_path / "hooks.py").write_text(HOOKS)
    (tmp_path / "schemathesis.toml").write_text(KIND_TO_EVENTS)
    key = api.keyed("admin").headers["Authorization"]
    program = Path(sys.executable).with_name("schemathesis")
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path)}
    with serving(api.http) as address:
        command = [
            program,
            "run",
            f"{address}/openapi.json",
            "--header",
            f"Authorization: {key}",
            "--exclude-checks",
            SKIPPED,
            "--exclude-path",
            "/v1/stream",
            "--phases",
            phases,
            "--max-examples",
            "4",
            "--generation-deterministic",
            "--workers",
            "1",
            "--request-timeout",
            "30",
            "--no-color",
        ]
        found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-2_000:]
