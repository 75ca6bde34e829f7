"""The built wheel, installed where nothing of the repository is: its command runs the demo and examines itself."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.laws.code import ROOT

pytestmark = pytest.mark.slow
IN_CI = os.environ.get("CI") == "true"
FIGURES = {"files": 411, "events": 2_332, "duplicates": 52, "not read": 6}


def run(*words, status=0, **options):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=900, **options)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    built = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", built, ROOT)
    (wheel,) = built.glob("claimclock-*.whl")
    return wheel


def by_pipx(wheel, home):
    """As the README says it: an environment of its own, with all that the wheel asks for and nothing else."""
    places = {"PIPX_HOME": home / "pipx", "PIPX_BIN_DIR": home / "bin", "PIPX_MAN_DIR": home / "man"}
    environment = os.environ | {name: str(path) for name, path in places.items()}
    pinned = f"--constraint {ROOT / 'constraints.txt'}"
    run("pipx", "install", "--python", sys.executable, "--pip-args", pinned, wheel, env=environment, cwd=home)
    return home / "bin" / "claimclock"


def by_venv(wheel, home):
    """The wheel in an environment of its own; what it asks for is read from the packages that are here."""
    run(sys.executable, "-m", "venv", "--without-pip", home / "env")
    python = home / "env" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--quiet", "--python", python, "install", "--no-deps", wheel, cwd=home)
    packages = [path for path in sys.path if path.endswith("site-packages") and Path(path).is_dir()]
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (own / "others.pth").write_text("\n".join({sysconfig.get_path("purelib"), *packages}))
    return home / "env" / "bin" / "claimclock"


INSTALLED = {"pipx": by_pipx, "venv": by_venv}


@pytest.mark.parametrize("way", INSTALLED)
def test_the_wheel_runs_the_demo_and_examines_itself(wheel, tmp_path, way):
    if way == "pipx" and not IN_CI:
        pytest.skip("with pipx, which downloads every package, in CI only (package pipx)")
    if way == "venv" and IN_CI and shutil.which("pipx"):
        pytest.skip("pipx runs the same")
    command = INSTALLED[way](wheel, tmp_path)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
    here = {"env": environment, "cwd": tmp_path}
    out = run(command, "demo", "--no-serve", "--data", tmp_path / "data", **here)
    totals = " ".join(out.split())
    wanted = rf"(\d[\d,]*) ({'|'.join(FIGURES)})\b"
    said = {words: int(number.replace(",", "")) for number, words in re.findall(wanted, totals)}
    assert {name: said.get(name) for name in FIGURES} == FIGURES, out

    found = {
        one["part"]: one for one in json.loads(run(command, "doctor", "--json", "--data", tmp_path / "data", **here))
    }
    assert {one["state"] for one in found.values()} <= {"ok", "warning"}, found
    assert {"packages", "data directory", "database"} <= set(found)
