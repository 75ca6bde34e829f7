import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from services.core.errors import SettingsError
from services.core.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("CLAIMCLOCK_")]:
        monkeypatch.delenv(name)


def test_nothing_set_means_embedded_in_one_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.redis_url is None
    assert settings.data_dir == tmp_path / "claimclock-data"
    assert settings.database == tmp_path / "claimclock-data" / "claimclock.db"
    assert (settings.stream, settings.group, settings.practice) == ("claimclock:events", "projector", "default")
    assert (settings.batch_size, settings.port, str(settings.zone)) == (1_000, 8400, "UTC")


def test_environment_and_overrides(monkeypatch):
    monkeypatch.setenv("CLAIMCLOCK_PORT", "9000")
    monkeypatch.setenv("CLAIMCLOCK_LOG_LEVEL", "debug")
    monkeypatch.setenv("CLAIMCLOCK_API_KEYS", "one, two,")
    monkeypatch.setenv("CLAIMCLOCK_REDIS_URL", "")
    settings = load_settings(batch_size=7, practice=None)
    assert (settings.port, settings.log_level, settings.batch_size) == (9000, "DEBUG", 7)
    assert settings.redis_url is None
    assert [key.get_secret_value() for key in settings.api_keys] == ["one", "two"]


@pytest.mark.parametrize("given", ["postgresql://u:p@h/db", "postgres://u:p@h/db", "postgresql+psycopg://u:p@h/db"])
def test_postgresql_urls_name_the_installed_driver(given):
    assert load_settings(database_url=given).database == "postgresql+psycopg://u:p@h/db"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "high"),
        ("PORT", "70000"),
        ("PRACTICE", "two words"),
        ("PRACTICE_ZONE", "Mars/Olympus"),
        ("PRACTICE_ZONE", "../etc"),
        ("REDIS_URL", "localhost:6379"),
        ("DATABASE_URL", "mysql://secret@host/x"),
        ("DATABASE_URL", "postgresql://secret@host:port/x"),
        ("RAW_KEY", "secret-but-short"),
        ("LOG_LEVEL", "loud"),
        ("WEBHOOK_URL", "ftp://secret"),
        ("BATCH_SIZE", "0"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line_and_its_value_kept_out(monkeypatch, name, value):
    monkeypatch.setenv(f"CLAIMCLOCK_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.message.startswith(f"CLAIMCLOCK_{name}: ")
    assert "\n" not in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.exit_status == 2


def test_secrets_stay_out_of_the_representation():
    key = Fernet.generate_key().decode()
    shown = repr(
        load_settings(raw_key=key, ref_key="hush", redis_url="redis://:pw@host", database_url="postgresql://u:pw@h/d")
    )
    assert not {key, "hush", "pw"} & set(shown.replace("'", " ").split())
    assert "pw@" not in shown


def test_the_made_secret_is_kept_private_and_stays_the_same(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    first = settings.ref_secret()
    assert len(first) == 64
    assert settings.ref_secret() == first
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret"]
    assert Settings(data_dir=tmp_path, ref_key="given").ref_secret() == b"given"


def test_processes_at_once_agree_on_one_secret(tmp_path):
    code = "import sys; from services.core.settings import Settings; print(Settings(data_dir=sys.argv[1]).ref_secret())"
    root = Path(__file__).parents[3]
    started = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path / "d"], cwd=root, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in started}) == 1


def test_cautions(monkeypatch):
    monkeypatch.setenv("CLAIMCLOCK_PRACTISE", "typo")
    found = load_settings(database_url="postgresql://h/d").cautions()
    assert len(found) == 3
    assert any("CLAIMCLOCK_PRACTISE" in line for line in found)
    monkeypatch.delenv("CLAIMCLOCK_PRACTISE")
    assert load_settings(practice_zone="America/New_York").cautions() == []


def test_a_zone_kept_in_the_data_needs_no_setting():
    assert load_settings().cautions("America/Chicago") == []
    assert len(load_settings().cautions("UTC")) == 1
