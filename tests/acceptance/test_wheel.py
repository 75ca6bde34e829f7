"""The built wheel alone runs the demo: everything it reads is inside."""

import os
import subprocess
import sys

import pytest

from tests.laws.code import ROOT

pytestmark = pytest.mark.slow


def run(*words, **options):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=600, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_runs_the_demo(tmp_path):
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path / "built", ROOT)
    (wheel,) = (tmp_path / "built").glob("claimclock-*.whl")
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "installed", wheel)
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    program = "import services; assert services.__file__.startswith(%r); from services.cli.main import main; main()"
    out = run(
        sys.executable,
        "-c",
        program % str(tmp_path),
        "demo",
        "--no-serve",
        "--data",
        tmp_path / "data",
        cwd=tmp_path,
        env=environment,
    )
    assert "411 files" in out
