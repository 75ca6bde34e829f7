"""Directories that hold health information are closed to others, no matter who made them."""

import os
import stat

from cryptography.fernet import Fernet

from services.core import working_directories
from services.core.files import private_directory
from services.core.settings import Settings
from services.core.working_directories import UPLOADS, sweep, working_directory
from services.store.engine import open_engine


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_directory_open_to_others_is_closed(tmp_path):
    place = tmp_path / "data"
    place.mkdir(mode=0o755)
    private_directory(place)
    assert mode(place) == 0o700


def test_a_directory_that_everybody_shares_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o1777)
    private_directory(tmp_path)
    assert mode(tmp_path) == 0o1777


def test_the_database_is_nobody_else_s_to_read(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    with open_engine(data / "claimclock.db").connect():
        pass
    assert mode(data) == 0o700


def test_a_url_leads_to_a_directory_of_somebody_else_s(tmp_path):
    tmp_path.chmod(0o755)
    with open_engine(f"sqlite:///{tmp_path}/x.db").connect():
        pass
    assert mode(tmp_path) == 0o755


def test_files_in_hand_are_swept_once_they_are_old(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with working_directory(settings, UPLOADS) as directory:
        assert mode(directory) == mode(tmp_path / UPLOADS) == 0o700
        (directory / "a.835").write_text("x")
        os.utime(directory, (1000, 1000))
        assert sweep(settings, UPLOADS, before=999) == 0
        assert sweep(settings, UPLOADS, before=1001) == 1
        directory.mkdir()  # for the end of the block
    assert list((tmp_path / UPLOADS).iterdir()) == []


def test_with_a_key_no_file_in_hand_is_on_the_disk(tmp_path, monkeypatch):
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(working_directories, "MEMORY", memory)
    settings = Settings(data_dir=tmp_path / "data", raw_key=Fernet.generate_key().decode())
    with working_directory(settings, UPLOADS) as directory:
        assert directory.is_relative_to(memory)
        assert mode(directory.parent) == mode(directory.parents[1]) == 0o700
        os.utime(directory, (1000, 1000))
        assert sweep(settings, UPLOADS, before=1001) == 1
        directory.mkdir()
    assert not (tmp_path / "data").exists()


def test_without_room_in_memory_they_lie_in_the_data_directory(tmp_path, monkeypatch):
    monkeypatch.setattr(working_directories, "MEMORY", tmp_path)
    monkeypatch.setattr(working_directories, "LEAST_ROOM", 1 << 60)
    settings = Settings(data_dir=tmp_path / "data", raw_key=Fernet.generate_key().decode())
    with working_directory(settings, UPLOADS) as directory:
        assert directory.is_relative_to(tmp_path / "data")


def test_a_directory_of_somebody_else_in_memory_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(working_directories, "MEMORY", tmp_path)
    settings = Settings(data_dir=tmp_path / "data", raw_key=Fernet.generate_key().decode())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    working_directories._in_memory(settings).symlink_to(elsewhere)
    assert working_directories.working_home(settings) == tmp_path / "data"
