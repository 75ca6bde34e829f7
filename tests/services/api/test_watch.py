"""Files that arrive by themselves, in directories and on a real SFTP server: each taken once, failures listed."""

import asyncio
import json
import re
import threading
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from services.commands import watch as watching
from services.commands.watch import InboxWatch
from services.core.errors import SettingsError
from services.intake.inboxes import Inbox, SftpAccount, directories, inboxes_of, read_inboxes
from services.reads.inbox_files import inbox_files
from services.reads.read_context import ReadContext
from tests.laws.code import ROOT
from tests.services.api.conftest import event


@pytest.fixture
def api(fresh):
    return fresh()


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def drop(folder, name, *claims):
    path = folder / name
    path.write_text("\n".join(json.dumps(event(claim)) for claim in claims) + "\n")
    return path


def states(api):
    context = ReadContext(engine=api.app.engine, references=api.app.references, practice="default", at=api.clock.now())
    return {row["name"]: (row["state"], row["tries"], row["events"]) for row in inbox_files(context).items}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def logged(api):
    with api.app.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM event_log").scalar()


def now(folder, **options):
    (made,) = directories([folder], "move")
    return made.model_copy(update={"settle": 0} | options)


def test_a_file_is_taken_once_and_moved(api, inbox):
    drop(inbox, "one.ndjson", "CLM-1", "CLM-2")
    watch = InboxWatch(api.app, [now(inbox)])
    (report,) = watch.look().taken
    assert (report.published, report.error) == (2, None)
    assert names(inbox) == ["done"]
    assert names(inbox / "done") == ["one.ndjson"]
    assert watch.look().taken == []
    assert states(api) == {"one.ndjson": ("taken", 1, 2)}
    api.settle()
    assert api.keyed().get(f"/v1/claims/{api.ref('CLM-2')}").status_code == 200


def test_a_file_that_is_left_is_taken_once_also_by_another_process(api, inbox):
    drop(inbox, "one.ndjson", "CLM-1")
    assert len(InboxWatch(api.app, [now(inbox, then="leave")]).look().taken) == 1
    assert InboxWatch(api.app, [now(inbox, then="leave")]).look().taken == []
    assert names(inbox) == ["one.ndjson"]
    drop(inbox, "one.ndjson", "CLM-1", "CLM-9")
    assert len(InboxWatch(api.app, [now(inbox, then="leave")]).look().taken) == 1


def test_a_file_that_is_being_written_waits(api, inbox):
    watch = InboxWatch(api.app, [now(inbox, settle=10)])
    drop(inbox, "one.ndjson", "CLM-1")
    assert watch.look().waiting == 1
    drop(inbox, "one.ndjson", "CLM-1", "CLM-2")
    api.clock.advance(timedelta(seconds=11))
    assert watch.look().waiting == 1
    api.clock.advance(timedelta(seconds=11))
    (report,) = watch.look().taken
    assert report.published == 2


def test_hidden_unfinished_and_unwanted_files_are_left_alone(api, inbox):
    for name in (".one.ndjson", "two.ndjson.part", "three.filepart", "four.txt"):
        drop(inbox, name, "CLM-1")
    assert InboxWatch(api.app, [now(inbox, pattern="*.ndjson")]).look().taken == []
    assert len(names(inbox)) == 4


def test_two_files_of_one_name_are_both_kept(api, inbox):
    watch = InboxWatch(api.app, [now(inbox)])
    for claim in ("CLM-1", "CLM-22"):
        drop(inbox, "era.ndjson", claim)
        watch.look()
    assert len(names(inbox / "done")) == 2
    assert logged(api) >= 0


def test_what_fails_is_listed_tried_again_and_given_up(api, inbox, monkeypatch):
    def broken(*_args, **_options):
        raise OSError(5, "input/output error")

    drop(inbox, "one.ndjson", "CLM-1")
    monkeypatch.setattr(watching, "ingest_file", broken)
    watch = InboxWatch(api.app, [now(inbox)])
    for _ in range(watching.GIVE_UP + 2):
        watch.look()
    assert states(api) == {"one.ndjson": ("failed", watching.GIVE_UP, 0)}
    assert names(inbox / "failed") == ["one.ndjson"]
    (row,) = api.keyed().get("/v1/inbox-files?state=failed").json()
    assert row["error"] == "it cannot be read"


def test_an_inbox_that_is_gone_keeps_no_other_waiting(api, inbox):
    drop(inbox, "one.ndjson", "CLM-1")
    found = InboxWatch(api.app, [now(inbox / "nowhere"), now(inbox)]).look()
    assert len(found.taken) == 1
    assert "No such file" in found.problems[0]


def test_a_monitor_learns_that_an_inbox_is_gone(api, inbox):
    watch = InboxWatch(api.app, [now(inbox / "later")])
    watch.look()
    name = now(inbox / "later").name
    assert f'claimclock_inbox_unreachable{{inbox="{name}"}} 1.0' in api.client().get("/metrics").text
    (inbox / "later").mkdir()
    watch.look()
    assert f'claimclock_inbox_unreachable{{inbox="{name}"}} 0.0' in api.client().get("/metrics").text


def test_the_verb_takes_what_is_there(api, inbox):
    drop(inbox, "one.ndjson", "CLM-1")
    words = ["watch", str(inbox), "--once", "--json", "--data", str(api.app.settings.data_dir)]
    found = CliRunner().invoke(build(words), words)
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["files"][0]["events"] == 1
    words = ["watch", "--files", "--json", "--data", str(api.app.settings.data_dir)]
    listed = CliRunner().invoke(build(words), words)
    assert json.loads(listed.stdout)[0]["state"] == "taken"


def test_configured_inboxes(api, tmp_path):
    path = api.app.settings.data_dir / "inboxes.toml"
    assert inboxes_of(api.app.settings).inbox == []
    path.write_text('every = 5\n[[inbox]]\nname = "era"\ndirectory = "in"\n')
    assert inboxes_of(api.app.settings).inbox[0].name == "era"


def test_the_list_of_the_guide_is_one(tmp_path):
    guide = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (text,) = re.findall(r"^```toml\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    path = tmp_path / "inboxes.toml"
    path.write_text(text)
    assert [inbox.sftp is None for inbox in read_inboxes(path).inbox] == [True, False]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[inbox", "not TOML"),
        ('[[inbox]]\nname = "a"\n', "directory"),
        ('[[inbox]]\nname = "a"\ndirectory = "x"\n[[inbox]]\nname = "a"\ndirectory = "y"\n', "one name"),
        ('[[inbox]]\nname = "a"\ndirectory = "x"\nsftp = {host = "h", user = "u", known_hosts = "k"}\n', "key_file"),
        ('[[inbox]]\nname = "a"\ndirectory = "x"\nsftp = {host = "h", user = "u", key_file = "k"}\n', "known_hosts"),
    ],
)
def test_a_wrong_list_of_inboxes_says_what_is_wrong(tmp_path, text, problem):
    path = tmp_path / "inboxes.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=problem):
        read_inboxes(path)


@pytest.fixture
def server(tmp_path):
    """A real SFTP server over a directory, with a key of its own, and a user who signs in by password."""
    asyncssh = pytest.importorskip("asyncssh")
    home = tmp_path / "server"
    (home / "outbound").mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")

    class Door(asyncssh.SSHServer):
        def begin_auth(self, username):
            return True

        def password_auth_supported(self):
            return True

        def validate_password(self, username, password):
            return (username, password) == ("clinic", "hush")

    ready, stop = threading.Event(), asyncio.Event()
    made = {}

    async def serve():
        listener = await asyncssh.create_server(
            Door,
            "127.0.0.1",
            0,
            server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(home).encode()),
        )
        made["port"], made["loop"] = listener.get_port(), asyncio.get_running_loop()
        ready.set()
        await stop.wait()
        listener.close()
        await listener.wait_closed()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    (tmp_path / "password").write_text("hush\n")
    made["known"] = tmp_path / "known_hosts"
    made["known"].write_text(f"[127.0.0.1]:{made['port']} {key.export_public_key().decode()}")
    made["outbound"], made["password"] = home / "outbound", tmp_path / "password"
    yield made
    made["loop"].call_soon_threadsafe(stop.set)
    thread.join(30)


def account(server, **options):
    return SftpAccount(
        **{"host": "127.0.0.1", "port": server["port"], "user": "clinic", "known_hosts": server["known"]}
        | {"password_file": server["password"]}
        | options
    )


def on_server(server, **options):
    return Inbox(name="clearinghouse", directory="/outbound", sftp=account(server, **options), settle=0)


def test_an_sftp_account_is_emptied_once(api, server):
    drop(server["outbound"], "one.ndjson", "CLM-1", "CLM-2")
    drop(server["outbound"], "two.ndjson.part", "CLM-3")
    watch = InboxWatch(api.app, [on_server(server)])
    found = watch.look()
    assert found.problems == []
    assert [report.published for report in found.taken] == [2]
    assert names(server["outbound"]) == ["done", "two.ndjson.part"]
    assert names(server["outbound"] / "done") == ["one.ndjson"]
    assert watch.look().taken == []
    drop(server["outbound"], "one.ndjson", "CLM-77")
    assert len(watch.look().taken) == 1
    assert len(names(server["outbound"] / "done")) == 2


def test_a_server_with_another_key_is_told_nothing(api, server, tmp_path):
    asyncssh = pytest.importorskip("asyncssh")
    drop(server["outbound"], "one.ndjson", "CLM-1")
    other = tmp_path / "other_hosts"
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    other.write_text(f"[127.0.0.1]:{server['port']} {key}")
    found = InboxWatch(api.app, [on_server(server, known_hosts=other)]).look()
    assert found.taken == []
    assert "its host key does not match" in found.problems[0]
    assert names(server["outbound"]) == ["one.ndjson"]


def test_a_wrong_password_and_a_closed_port_are_said(api, server, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("nonsense")
    (told,) = InboxWatch(api.app, [on_server(server, password_file=wrong)]).look().problems
    assert "was refused" in told
    assert "nonsense" not in told
    (away,) = InboxWatch(api.app, [on_server(server, port=9)]).look().problems
    assert "127.0.0.1" in away
