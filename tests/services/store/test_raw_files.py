import gzip
import hashlib
import io
import os
import stat
from contextlib import closing

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import NotFoundError, RawStoreError
from services.core.settings import Settings
from services.store import raw_files as raw_store
from services.store.raw_files import RawStore

KEY = Fernet.generate_key().decode()
ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*1500*^*00501*000000001*0*P*:~"
FIRST = ISA + "\nGS*HP*S*R*20260302*1500*1*X*005010X221A1~\nST*835*0001~\nSE*2*0001~\nGE*1*1~\nIEA*1*000000001~\n"
SECOND = FIRST.replace("~\n", "'").replace("*", "|").replace(":'", ">'")


@pytest.fixture(params=["plain", "sealed"])
def store(request, tmp_path):
    return RawStore(Settings(data_dir=tmp_path, raw_key=KEY if request.param == "sealed" else None))


def read(store, sha256):
    with closing(store.open(sha256)) as stream:
        return stream.read()


def kept(tmp_path):
    return sorted(path for path in (tmp_path / "raw").rglob("*") if path.is_file())


@pytest.mark.parametrize("content", [b"", b"ISA*00~", os.urandom(3_000_000), b"CLP*1*1*100~" * 400_000])
def test_what_was_put_comes_back(store, tmp_path, content):
    (tmp_path / "in.835").write_bytes(content)
    sha256 = store.put_file(tmp_path / "in.835")
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert read(store, sha256) == content


def test_it_is_kept_once_privately_and_under_its_hash(store, tmp_path):
    sha256 = store.put(io.BytesIO(b"same"))
    before = kept(tmp_path)[0].stat()
    assert store.put(io.BytesIO(b"same")) == sha256
    (path,) = kept(tmp_path)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.parent.name == sha256[:2]
    assert path.name.startswith(sha256)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_stream_is_put_from_where_it_stands(store):
    stream = io.BytesIO(b"skipped,kept")
    stream.seek(8)
    assert read(store, store.put(stream)) == b"kept"


def test_sealed_files_tell_nothing_and_need_their_key(tmp_path):
    content = b"NM1*QC*1*CANARY*PATIENT~" * 10
    sha256 = RawStore(Settings(data_dir=tmp_path, raw_key=KEY)).put(io.BytesIO(content))
    (path,) = kept(tmp_path)
    assert b"CANARY" not in path.read_bytes()
    assert path.suffix == ".enc"
    with pytest.raises(RawStoreError, match="CLAIMCLOCK_RAW_KEY"):
        RawStore(Settings(data_dir=tmp_path)).open(sha256)
    other = RawStore(Settings(data_dir=tmp_path, raw_key=Fernet.generate_key().decode()))
    with pytest.raises(RawStoreError, match="another key"):
        read(other, sha256)


def test_files_kept_before_a_key_was_set_stay_readable(tmp_path):
    sha256 = RawStore(Settings(data_dir=tmp_path)).put(io.BytesIO(b"old"))
    assert read(RawStore(Settings(data_dir=tmp_path, raw_key=KEY)), sha256) == b"old"


def test_what_is_not_kept_is_not_found(store, tmp_path):
    for name in ("0" * 64, "../secret", ""):
        with pytest.raises(NotFoundError):
            store.open(name)
    with pytest.raises(OSError, match="No such file"):
        store.put_file(tmp_path / "none")


def test_damage_is_noticed(store, tmp_path):
    content = os.urandom(2_500_000)
    sha256 = store.put(io.BytesIO(content))
    (path,) = kept(tmp_path)
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:20], b"", whole[:5000] + b"XXXX" + whole[5004:]):
        path.write_bytes(damaged)
        with pytest.raises(RawStoreError, match="damaged"):
            read(store, sha256)


def test_other_content_under_the_name_is_noticed(tmp_path):
    store = RawStore(Settings(data_dir=tmp_path))
    sha256 = store.put(io.BytesIO(b"right"))
    kept(tmp_path)[0].write_bytes(gzip.compress(b"wrong"))
    with pytest.raises(RawStoreError, match="name"):
        read(store, sha256)


def test_a_file_changed_under_the_reading_is_not_kept(store, tmp_path):
    class Changing(io.BytesIO):
        def seek(self, *args):
            with self.getbuffer() as buffer:
                buffer[:3] = b"new"
            return super().seek(*args)

    with pytest.raises(RawStoreError, match="changed"):
        store.put(Changing(b"old content"))
    assert kept(tmp_path) == []


def test_a_crash_while_writing_leaves_nothing(store, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(gzip.GzipFile, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        store.put(io.BytesIO(b"x"))
    assert kept(tmp_path) == []


def test_segments_are_found_by_number_over_several_interchanges(store):
    sha256 = store.put(io.BytesIO((FIRST + SECOND).encode()))
    assert store.segments(f"{sha256}#3-4") == ["ST*835*0001~", "SE*2*0001~"]
    assert store.segments(f"{sha256}#6-6") == ["IEA*1*000000001~"]
    assert store.segments(f"{sha256}#9-10") == ["ST|835|0001'", "SE|2|0001'"]
    assert store.segments(f"{sha256}#7-7") == [SECOND[:106]]


@pytest.mark.parametrize("reference", ["nonsense", "#1-2", "0" * 64, f"{'0' * 64}#2", f"{'0' * 64}#a-b"])
def test_a_malformed_reference(store, reference):
    with pytest.raises(RawStoreError, match="written"):
        store.segments(reference)


def test_segments_that_are_not_there(store):
    sha256 = store.put(io.BytesIO(FIRST.encode()))
    for span in ("6-7", "0-2", "9-12", "4-3"):
        with pytest.raises(RawStoreError, match="no such segments"):
            store.segments(f"{sha256}#{span}")


@given(pieces=st.lists(st.binary(max_size=300), max_size=20), size=st.integers(1, 64))
def test_sealed_pieces_of_any_size_come_back(tmp_path_factory, pieces, size):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(raw_store, "CHUNK", size)
        store = RawStore(Settings(data_dir=tmp_path_factory.mktemp("raw"), raw_key=KEY))
        content = b"".join(pieces)
        assert read(store, store.put(io.BytesIO(content))) == content
