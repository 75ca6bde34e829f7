"""The commands of the guides, run as written; a comment after a command says what its output must contain."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from services.scheduler.webhook import signed_headers
from tests.laws.code import ROOT
from tests.tools import needs

pytestmark = pytest.mark.slow
LIMIT = 240  # seconds for the whole guide, on a busy machine
GUIDE = ROOT / "docs" / "integration.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BODY = b'{"kind":"deadline.approaching"}'


def blocks(language):
    return [code for found, code in BLOCK.findall(GUIDE.read_text("utf-8")) if found == language]


def script():
    """All shell blocks as one script; after each its own mark, so that outputs can be distinguished."""
    return "set -eu\n" + "\n".join(f"{code}\necho '::{number}::'" for number, code in enumerate(blocks("sh")))


@pytest.fixture
def shell(tmp_path):
    """A folder, and an environment in which `claimclock` is this checkout's."""
    program = tmp_path / "claimclock"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m services.cli.main "$@"\n')
    program.chmod(0o755)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PORT": str(port),
        "CLAIMCLOCK_PRACTICE_ZONE": "America/Chicago",
        "CLAIMCLOCK_DATA_DIR": str(tmp_path / "data"),
        "CLAIMCLOCK_LOG_LEVEL": "WARNING",
    }
    return tmp_path, environment


@needs("redis-cli", package="redis-tools")
@needs("curl", package="curl")
def test_every_command_of_the_integration_guide_works(shell):
    folder, environment = shell
    with (folder / "out").open(
        "w+"
    ) as out:  # a file: the server of the guide outlives the script, and a pipe would too
        guide = subprocess.Popen(
            ["bash", "-c", script()],
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = guide.wait(LIMIT)
        finally:
            os.killpg(guide.pid, signal.SIGTERM)
        text = (folder / "out").read_text()
    assert status == 0, text
    outputs = re.split(r"::\d+::", text)
    for code, output in zip(blocks("sh"), outputs, strict=False):
        for expected in re.findall(r"^# (.+)$", code, re.MULTILINE):
            assert expected in output, f"{code}\n---\n{output}"


def headers(secret=b"a secret"):
    return signed_headers(secret, 7, BODY, datetime.now(UTC))


def test_a_webhook_is_verified_in_python():
    (code,) = blocks("python")
    names = {}
    exec(code, names)  # the guide's own words
    assert names["is_ours"](b"a secret", headers(), BODY)
    assert not names["is_ours"](b"another", headers(), BODY)
    assert not names["is_ours"](b"a secret", headers(), BODY + b" ")


@needs("node", package="nodejs")
def test_a_webhook_is_verified_in_node(tmp_path):
    (code,) = blocks("js")
    calls = f"""
    const headers = {json.dumps(headers())}, body = {json.dumps(BODY.decode())};
    console.log(JSON.stringify([isOurs("a secret", headers, body), isOurs("another", headers, body)]));
    """
    (tmp_path / "verify.cjs").write_text(code + calls)
    done = subprocess.run([shutil.which("node"), tmp_path / "verify.cjs"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [True, False]
