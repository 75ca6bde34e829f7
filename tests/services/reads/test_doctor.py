"""The doctor names what is wrong and how to fix it, shows no secret, and changes nothing."""

import json

import pytest
from typer.testing import CliRunner

from services.app_context import open_app_context
from services.cli.main import build
from services.core.settings import Settings
from services.reads import doctor
from services.reads.doctor import CheckState, examine


def findings(**options):
    return {finding.part: finding for finding in examine(Settings(**options))}


def test_an_empty_place_can_start_and_stays_empty(tmp_path):
    found = findings(data_dir=tmp_path / "data", practice_zone="America/Chicago")
    assert all(finding.state is not CheckState.FAILED for finding in found.values())
    assert not (tmp_path / "data").exists()


def test_a_working_installation(tmp_path, valkey_url):
    settings = Settings(data_dir=tmp_path / "data", redis_url=valkey_url, practice_zone="America/Chicago")
    with open_app_context(settings):
        pass
    found = {finding.part: finding for finding in examine(settings)}
    assert found["database"].state is found["stream"].state is CheckState.OK
    assert found["people"].fix == "claimclock login-link admin"
    assert not any("://" in finding.found for finding in found.values())


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"database_url": "postgresql://u:secret@127.0.0.1:1/d"}, "database"),
        ({"redis_url": "redis://:secret@127.0.0.1:1"}, "stream"),
    ],
)
def test_what_is_away_is_named_without_its_address(tmp_path, options, part):
    finding = findings(data_dir=tmp_path, **options)[part]
    assert finding.state is CheckState.FAILED
    assert finding.fix
    assert "secret" not in finding.found


def test_a_server_that_may_lose_entries_fails(tmp_path, redis_client, valkey_url):
    redis_client.config_set("maxmemory", "100mb")
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert findings(data_dir=tmp_path, redis_url=valkey_url)["eviction"].state is CheckState.FAILED
    finally:
        redis_client.config_set("maxmemory", "0")
        redis_client.config_set("maxmemory-policy", "noeviction")


def test_another_owner_of_our_package_names_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "packages_distributions", lambda: {"events": ["claimclock", "Events"]})
    finding = findings(data_dir=tmp_path)["packages"]
    assert finding.state is CheckState.FAILED
    assert "Events" in finding.found


def test_a_directory_open_to_others_is_a_warning(tmp_path):
    tmp_path.chmod(0o755)
    assert findings(data_dir=tmp_path)["data directory"].fix.startswith("chmod 700")


def test_the_verb_ends_with_a_failure_where_something_would_not_work(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMCLOCK_REDIS_URL", "redis://127.0.0.1:1")
    answer = CliRunner().invoke(build(["doctor"]), ["doctor", "--json", "--data", str(tmp_path)])
    assert answer.exit_code == 1
    assert {row["part"] for row in json.loads(answer.stdout)} >= {"Python", "packages", "database", "stream"}


def test_inboxes_are_looked_at(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "inboxes.toml").write_text(
        f'[[inbox]]\nname = "scanner"\ndirectory = "{tmp_path}/in"\n[[inbox]]\nname = "gone"\ndirectory = "/nowhere"\n'
    )
    found = [each for each in examine(Settings(data_dir=tmp_path)) if each.part == "inbox"]
    assert [each.state for each in found] == [CheckState.OK, CheckState.FAILED]
    assert "gone" in found[1].found
    (tmp_path / "inboxes.toml").write_text("[[inbox]]\n")
    assert findings(data_dir=tmp_path)["inboxes"].state is CheckState.FAILED
    assert findings(data_dir=tmp_path, inboxes=tmp_path / "none.toml")["inboxes"].state is CheckState.FAILED


def test_where_files_are_kept_is_looked_at(tmp_path):
    assert "kept files" not in findings(data_dir=tmp_path)
    shared = findings(data_dir=tmp_path, raw_store=str(tmp_path / "shared"))["kept files"]
    assert (shared.state, (tmp_path / "shared").exists()) == (CheckState.OK, False)
    (tmp_path / "file").touch()
    assert findings(data_dir=tmp_path, raw_store=str(tmp_path / "file" / "in"))["kept files"].fix
    assert findings(data_dir=tmp_path, raw_store="memory://x")["kept files"].state is CheckState.OK


def test_a_package_that_what_is_set_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "find_spec", lambda _name: None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert "claimclock[telemetry]" in findings(data_dir=tmp_path)["packages"].fix
