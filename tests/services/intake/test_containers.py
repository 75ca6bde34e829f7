"""ZIP and gzip of files: unpacked within limits; names are harmless."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from services.intake import containers
from services.intake.containers import ContainerKind, RefusedContainerError, container_kind, unpacked


def zipped(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return path


@pytest.fixture
def out(tmp_path):
    directory = tmp_path / "out"
    directory.mkdir()
    return directory


def names_and_bodies(members):
    return [(member.name, member.path.read_bytes(), member.refusal) for member in members]


def test_every_file_of_a_zip(tmp_path, out):
    path = zipped(tmp_path / "a.zip", [("era/one.835", b"ISA1"), ("two.835", b"ISA2"), ("__MACOSX/._two.835", b"x")])
    assert container_kind(path) == ContainerKind.ZIP
    assert names_and_bodies(unpacked(path, ContainerKind.ZIP, out)) == [
        ("one.835", b"ISA1", ""),
        ("two.835", b"ISA2", ""),
    ]


def test_a_gzip_holds_one_file(tmp_path, out):
    path = tmp_path / "era.835.gz"
    path.write_bytes(gzip.compress(b"ISA"))
    assert container_kind(path) == ContainerKind.GZIP
    assert names_and_bodies(unpacked(path, ContainerKind.GZIP, out)) == [("era.835", b"ISA", "")]


@pytest.mark.parametrize(
    "name", ["../../evil.835", "/etc/evil.835", "C:\\evil.835", "a/../../evil.835", "..\\evil.835"]
)
def test_a_name_that_leads_elsewhere_leads_nowhere(tmp_path, out, name):
    path = zipped(tmp_path / "a.zip", [(name, b"ISA")])
    (member,) = unpacked(path, ContainerKind.ZIP, out)
    assert (member.name, member.path.parent) == ("evil.835", out)
    assert not list(tmp_path.rglob("evil.835"))


def test_an_archive_within_an_archive_is_refused_by_itself(tmp_path, out):
    inner = zipped(tmp_path / "inner.zip", [("x.835", b"ISA")]).read_bytes()
    path = zipped(tmp_path / "a.zip", [("inner.zip", inner), ("ok.835", b"ISA"), ("b.gz", gzip.compress(b"ISA"))])
    members = unpacked(path, ContainerKind.ZIP, out)
    assert ["within an archive" in member.refusal for member in members] == [True, False, True]


def test_more_than_the_ratio_is_refused_whole(tmp_path, out):
    path = zipped(tmp_path / "bomb.zip", [("ok.835", b"ISA"), ("bomb", bytes(3 << 20))])
    assert path.stat().st_size * containers.MOST_RATIO < 3 << 20
    with pytest.raises(RefusedContainerError, match="more than 250 times its size"):
        unpacked(path, ContainerKind.ZIP, out)
    packed = tmp_path / "bomb.gz"
    packed.write_bytes(gzip.compress(bytes(3 << 20)))
    with pytest.raises(RefusedContainerError, match="more than 250 times its size"):
        unpacked(packed, ContainerKind.GZIP, out)


def test_more_than_the_size_is_refused_whole(tmp_path, out, monkeypatch):
    monkeypatch.setattr(containers, "MOST_BYTES", 1000)
    path = zipped(tmp_path / "a.zip", [("a", b"x" * 600), ("b", b"y" * 600)])
    with pytest.raises(RefusedContainerError, match="nothing was read"):
        unpacked(path, ContainerKind.ZIP, out)


def test_too_many_files_are_refused_whole(tmp_path, out):
    path = zipped(tmp_path / "a.zip", [(f"{n}.835", b"ISA") for n in range(containers.MOST_MEMBERS + 1)])
    with pytest.raises(RefusedContainerError, match="more than 1,000 files"):
        unpacked(path, ContainerKind.ZIP, out)


@pytest.mark.parametrize("kind", list(ContainerKind))
def test_a_cut_archive_says_so(tmp_path, out, kind):
    whole = zipped(tmp_path / "a.zip", [("a.835", bytes(range(256)) * 40)]).read_bytes()
    body = gzip.compress(bytes(range(256)) * 40) if kind == ContainerKind.GZIP else whole
    path = tmp_path / "cut"
    path.write_bytes(body[: len(body) // 2])
    with pytest.raises(RefusedContainerError, match="damaged or incomplete"):
        unpacked(path, kind, out)


def test_a_damaged_member_is_refused_by_itself(tmp_path, out):
    path = zipped(tmp_path / "a.zip", [("bad.835", b"A" * 400), ("ok.835", b"ISA")], zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"A" * 400, b"A" * 399 + b"B"))
    bad, good = unpacked(path, ContainerKind.ZIP, out)
    assert "damaged" in bad.refusal
    assert (good.refusal, good.path.read_bytes()) == ("", b"ISA")


def test_a_member_with_a_password_is_refused_by_itself(tmp_path, out):
    path = zipped(tmp_path / "a.zip", [("secret.835", b"ISA")])
    body = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.find(mark) + offset] |= 1
    path.write_bytes(bytes(body))
    (member,) = unpacked(path, ContainerKind.ZIP, out)
    assert "password" in member.refusal


def test_an_office_document_is_no_delivery(tmp_path, out):
    path = zipped(tmp_path / "list.xlsx", [("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")])
    with pytest.raises(RefusedContainerError, match="office document"):
        unpacked(path, ContainerKind.ZIP, out)


def test_an_archive_without_files_says_so(tmp_path, out):
    path = tmp_path / "empty.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    assert container_kind(path) == ContainerKind.ZIP
    with pytest.raises(RefusedContainerError, match="holds no file"):
        unpacked(path, ContainerKind.ZIP, out)


def test_a_plain_file_is_no_container(tmp_path):
    path = tmp_path / "era.835"
    path.write_bytes(io.BytesIO(b"ISA*00*").read())
    assert container_kind(path) is None
