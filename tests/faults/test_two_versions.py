"""The version of the squashed migration and this one at once on one database, as during an upgrade."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.faults.installation import COMMAND, installed

BEFORE = "a7e70e8"  # the commit of the squashed migration: the first version others may still run
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def version_before(tmp_path_factory):
    """The command of the version before, from the repository's own history, in an environment of its own."""
    home = tmp_path_factory.mktemp("before")
    git = shutil.which("git")
    archive = git and subprocess.run([git, "-C", ROOT, "archive", BEFORE], check=False, capture_output=True)
    if not archive or archive.returncode:
        pytest.skip(f"the repository's history does not hold {BEFORE}: the version before cannot be run")
    source = home / "source"
    source.mkdir()
    subprocess.run(["tar", "-x", "-C", source], input=archive.stdout, check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "env"], check=True)
    packages = next((home / "env" / "lib").glob("python*/site-packages"))
    shared = [path for path in sys.path if path.endswith("site-packages")] or [sysconfig.get_path("purelib")]
    (packages / "before.pth").write_text("\n".join([str(source), *shared]) + "\n")
    return (str(home / "env" / "bin" / "python"), "-P", *COMMAND[1:])


def test_the_version_before_and_this_one_work_on_one_database(version_before, tmp_path, valkey_url, pg_url):
    with installed(tmp_path, valkey_url, pg_url, batch_size=20) as installation:
        old = [installation.start("projector", command=version_before, PYTHONPATH="") for _ in range(2)]
        installation.ready(2)
        installation.publish_histories(0, 20)
        installation.settle()
        assert "from 0001" in installation.run("migrate").stdout
        new = installation.start("projector")
        installation.ready(3)
        installation.publish_histories(20, 40)
        installation.settle()
        assert [process.poll() for process in (*old, new)] == [None, None, None]
        for process in old:
            process.terminate()
            process.wait(60)
        installation.publish_histories(60, 5)
        installation.settle()
        installation.stop()
        assert installation.traces() == []
        installation.run("rebuild")
        found = installation.check()
        assert found["parked"] == 0


def test_the_version_before_says_that_the_database_is_newer(version_before, tmp_path, valkey_url):
    with installed(tmp_path, valkey_url) as installation:
        installation.run("migrate")
        refused = subprocess.run(
            [*version_before, "worklist"],
            env=installation._environment(PYTHONPATH=""),
            check=False,
            capture_output=True,
            text=True,
        )
    assert refused.returncode == 1
    assert "newer version" in refused.stderr
