"""The command as a user runs it, each call a process of its own, on a data directory of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.projector.conftest import new_engine  # noqa: F401  a fixture both use

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "x12"


@pytest.fixture
def samples():
    if not SAMPLES.is_dir():
        pytest.skip("the folder shared/samples/x12 is not next to the repository")
    return SAMPLES


class Command:
    """`claimclock` on one data directory."""

    def __init__(self, data, **environment):
        self.data = data
        self.environment = {**os.environ, "CLAIMCLOCK_PRACTICE_ZONE": "UTC", **environment}

    def start(self, *words):
        return subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", *map(str, words), "--data", str(self.data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            text=True,
        )

    def run(self, *words, status=0):
        process = self.start(*words)
        out, err = process.communicate(timeout=900)
        assert process.returncode == status, err or out
        return out, err

    def json(self, *words):
        return json.loads(self.run(*words, "--json")[0])


@pytest.fixture
def claimclock(tmp_path):
    return Command(tmp_path / "data")
