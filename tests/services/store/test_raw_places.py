"""Kept files elsewhere: a directory that is mounted, or storage behind a URL. Every host finds what any host kept."""

import gzip
import io
import os
from contextlib import closing
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from services.core.errors import NotFoundError, RawStoreError, SettingsError, TransientError
from services.core.settings import Settings
from services.store import raw_places
from services.store.raw_files import RawStore
from tests.services.store.s3_server import KEY, s3_server

pytest.importorskip("s3fs")
SEAL = Fernet.generate_key().decode()
CONTENT = b"NM1*QC*1*CANARY*PATIENT~" * 100


@pytest.fixture(scope="module")
def s3():
    """A server of the S3 protocol, named as botocore reads it from the environment; s3fs keeps its clients."""
    with s3_server() as server, pytest.MonkeyPatch.context() as monkeypatch:
        given = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
        given |= {"AWS_ENDPOINT_URL_S3": server.address, "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture(params=["directory", "file", "memory", "s3"])
def place(request, tmp_path):
    """What the setting says."""
    if request.param == "s3":
        request.getfixturevalue("s3")
    shared, name = tmp_path / "shared", uuid4().hex
    return {
        "directory": str(shared),
        "file": f"file://{shared}",
        "memory": f"memory://{name}",
        "s3": f"s3://bucket/{name}",
    }[request.param]


@pytest.fixture
def host(tmp_path, place):
    """A store of one host; each has a data directory of its own."""
    return lambda name, key=SEAL: RawStore(Settings(data_dir=tmp_path / name, raw_store=place, raw_key=key))


def read(store, sha256):
    with closing(store.open(sha256)) as stream:
        return stream.read()


@pytest.mark.parametrize("content", [b"", CONTENT, os.urandom(3_000_000)])
def test_what_one_host_keeps_every_host_reads(host, tmp_path, content):
    sha256 = host("one").put(io.BytesIO(content))
    assert read(host("two"), sha256) == content
    assert list(host("two").kept()) == [sha256]
    assert host("two").put(io.BytesIO(content)) == sha256
    assert list(host("one").kept()) == [sha256]
    assert [path for name in ("one", "two") for path in (tmp_path / name).rglob("*") if path.is_file()] == []


def test_what_is_not_there_is_not_found(host):
    for name in ("0" * 64, "../secret", ""):
        assert not host("one").has(name)
        with pytest.raises(NotFoundError):
            host("one").open(name)


def test_segments_are_read_there(host):
    x12 = b"ISA*00*          *00*          *ZZ*S              *ZZ*R              *260302*1500*^*00501*000000001*0*P*:~"
    sha256 = host("one").put(io.BytesIO(x12 + b"GS*HP~ST*835*0001~"))
    assert host("two").segments(f"{sha256}#3-3") == ["ST*835*0001~"]


def test_after_an_error_nothing_is_there(host, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(gzip.GzipFile, "write", fail)
        with pytest.raises(OSError, match="disk full"):
            host("one").put(io.BytesIO(CONTENT))
    assert list(host("one").kept()) == []


def test_a_bucket_is_told_nothing(s3, tmp_path):
    settings = Settings(data_dir=tmp_path, raw_store="s3://bucket/raw", raw_key=SEAL)
    s3.objects.clear()
    sha256 = RawStore(settings).put(io.BytesIO(CONTENT))
    ((name, sealed),) = s3.objects.items()
    assert name == f"bucket/raw/{sha256[:2]}/{sha256}.enc"
    assert b"CANARY" not in sealed
    with pytest.raises(RawStoreError, match="CLAIMCLOCK_RAW_KEY"):
        RawStore(Settings(data_dir=tmp_path, raw_store="s3://bucket/raw")).open(sha256)
    s3.objects[name] = sealed[: len(sealed) // 2]
    with pytest.raises(RawStoreError, match="damaged"):
        read(RawStore(settings), sha256)


def test_files_of_a_data_directory_are_moved_as_they_are(s3, tmp_path):
    before = Settings(data_dir=tmp_path, raw_key=SEAL)
    sha256 = RawStore(before).put(io.BytesIO(CONTENT))
    for path in (tmp_path / "raw").rglob("*.enc"):
        s3.objects[f"bucket/{path.relative_to(tmp_path / 'raw').as_posix()}"] = path.read_bytes()
    assert read(RawStore(before.model_copy(update={"raw_store": "s3://bucket"})), sha256) == CONTENT


def test_storage_that_is_away_or_refuses(s3, tmp_path, monkeypatch):
    store = RawStore(Settings(data_dir=tmp_path, raw_store="s3://bucket/raw", raw_key=SEAL))
    sha256 = store.put(io.BytesIO(CONTENT))
    s3.broken = True
    for look in (lambda: store.put(io.BytesIO(b"more")), lambda: store.has(sha256), lambda: list(store.kept())):
        with pytest.raises(TransientError, match="cannot be reached"):
            look()
    s3.broken = False
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setattr("s3fs.S3FileSystem.cachable", False)
    other = RawStore(Settings(data_dir=tmp_path, raw_store="s3://bucket/raw", raw_key=SEAL))
    with pytest.raises(RawStoreError, match="credentials"):
        other.has(sha256)


def test_half_a_file_is_not_kept(tmp_path, monkeypatch):
    place = raw_places.SharedStorage(Settings(data_dir=tmp_path), f"memory://{uuid4().hex}")
    monkeypatch.setattr(place._files, "info", lambda _path: {"size": 1})
    with pytest.raises(TransientError, match="all of a file"):
        place.keep("ab/abc.gz", lambda file: file.write(b"whole"))


@pytest.mark.parametrize("url", ["ftp://somewhere", "gs://bucket", "://"])
def test_other_places_are_refused(tmp_path, url):
    with pytest.raises(ValueError, match="s3://"):
        Settings(data_dir=tmp_path, raw_store=url)


def test_without_the_package_it_says_so(tmp_path, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(raw_places, "import_module", absent)
    with pytest.raises(SettingsError, match=r"claimclock\[s3\]"):
        RawStore(Settings(data_dir=tmp_path, raw_store="s3://bucket"))


def test_an_open_bucket_is_cautioned(tmp_path):
    cautions = Settings(data_dir=tmp_path, raw_store="s3://bucket", practice_zone="UTC").cautions()
    assert any("CLAIMCLOCK_RAW_KEY" in each for each in cautions)
