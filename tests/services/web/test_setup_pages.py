"""Setup over the demo's month and over an empty practice: the guide, settings, zone, keys, contracts from a file."""

import io
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from services.api.app import create_app
from services.app_context import open_app_context, projecting
from services.commands.watch import InboxWatch
from services.core.clock import FixedClock
from services.core.settings import load_settings
from services.devtools.screenshots import serving
from services.reads.inboxes import inboxes_in_use
from services.reads.intake_news import intake_news
from services.reads.read_context import ReadContext
from services.security.people import add_person
from services.store.zone import recorded_zone, zone_is_chosen
from tests.services.web.conftest import PASSWORD, signed_in

NOW = datetime(2026, 11, 6, 15, 0, tzinfo=UTC)


@pytest.fixture
def empty(tmp_path):
    """A practice without anything, one administrator, and its address."""
    with open_app_context(load_settings(data_dir=tmp_path / "data"), FixedClock(NOW)) as app, projecting(app):
        add_person(app.engine, "boss", "admin", ["default"], NOW, password=PASSWORD)
        with serving(create_app(app)) as base:
            client = signed_in(base, "boss")
            yield SimpleNamespace(app=app, client=client, base=base)
            client.close()


def csrf(page):
    return {"csrf_token": re.search(r'data-csrf="([0-9a-f]+)"', page.text)[1]}


def test_the_guide_does_not_finish_without_a_zone(empty, tmp_path):
    first = empty.client.get("/")
    assert "Set up this practice" in first.text
    assert "No file has been received yet" in first.text
    assert "Nothing has been imported yet" in first.text
    guide = empty.client.get("/setup")
    assert "0 of 8 steps done" in guide.text
    refused = empty.client.post("/setup/finish", data=csrf(guide))
    assert refused.status_code == 409
    assert "Choose the time zone first" in refused.text
    wrong = empty.client.post("/setup/zone", data=csrf(guide) | {"zone": "Mars/Olympus"})
    assert wrong.status_code == 422
    chosen = empty.client.post("/setup/zone", data=csrf(guide) | {"zone": "America/Chicago"})
    assert chosen.status_code == 303
    assert empty.app.restart.is_set(), "another zone than UTC needs a new start"
    assert "1 of 8 steps done" in empty.client.get("/setup").text
    assert recorded_zone(empty.app.engine) == "UTC", "until then rows are as they were folded"
    assert empty.client.post("/setup/finish", data=csrf(guide)).status_code == 303
    assert "Set up this practice" not in empty.client.get("/").text


def test_the_next_start_brings_the_chosen_zone_in(tmp_path):
    settings = load_settings(data_dir=tmp_path / "data")
    with open_app_context(settings, FixedClock(NOW)) as app:
        assert not zone_is_chosen(app.engine)
        with serving(create_app(app)) as base:
            add_person(app.engine, "boss", "admin", ["default"], NOW, password=PASSWORD)
            client = signed_in(base, "boss")
            client.post("/setup/zone", data=csrf(client.get("/setup")) | {"zone": "America/Denver"})
            client.close()
    with open_app_context(settings, FixedClock(NOW)) as app:
        assert app.settings.zone == ZoneInfo("America/Denver")
        assert app.references.zone == ZoneInfo("America/Denver")
        assert zone_is_chosen(app.engine)
        assert not app.restart.is_set()
    configured = settings.model_copy(update={"practice_zone": "America/New_York"})
    with open_app_context(configured, FixedClock(NOW)) as app:
        assert app.settings.zone == ZoneInfo("America/New_York"), "configuration comes first"


def test_practice_settings_are_versions(empty):
    page = empty.client.get("/setup/practice")
    given = csrf(page) | {"name": "Clinic", "address": "1 Main St\nDuluth, MN", "npi": "1999999984", "seen": "0"}
    assert empty.client.post("/setup/practice", data=given).status_code == 303
    assert "Saved as version 1" in empty.client.get("/setup/practice?saved=profile").text
    late = empty.client.post("/setup/practice", data=given | {"name": "Other"})
    assert "Someone else has saved a newer version" in late.text
    assert "An NPI has ten digits" in empty.client.post("/setup/practice", data=given | {"npi": "12"}).text


def test_keys_are_shown_once_and_revoked(empty):
    page = empty.client.get("/keys")
    made = empty.client.post("/keys", data=csrf(page) | {"name": "Scheduler of the clinic", "role": "integration"})
    key = re.search(r'value="(ccl_[^"]+)"', made.text)[1]
    assert key not in empty.client.get("/keys").text
    with_key = {"Authorization": f"Bearer {key}"}
    assert empty.client.get("/v1/worklists/today", headers=with_key).status_code == 200
    key_id = re.search(r"/keys/([0-9a-f]{8})/revoke", made.text)[1]
    assert empty.client.post(f"/keys/{key_id}/revoke", data=csrf(page)).status_code == 303
    assert empty.client.get("/v1/worklists/today", headers=with_key).status_code == 401


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return {"file": ("Fee schedule of Cedar.xlsx", out.getvalue())}


TERMS = {"contract_id": "cedar-therapy", "payer_id": "CEDAR", "version": "3", "effective_from": "2026-10-01"}


def test_a_contract_is_tried_before_it_is_published(site):
    client = site.client()
    page = client.get("/contracts")
    assert "cedar-therapy" in page.text
    assert "Version 2" in page.text
    unknown = workbook(("Service", "What we pay"), ("97110", 40))
    refused = client.post("/contracts/try", data=csrf(page) | TERMS, files=unknown)
    assert refused.status_code == 422
    assert "What we pay" in refused.text, "the file's first rows are shown, to name the columns"
    mapped = csrf(page) | TERMS | {"code_column": "Service", "amount_column": "What we pay"}
    tried = client.post("/contracts/try", data=mapped, files=unknown)
    assert tried.status_code == 200, tried.text
    assert "Rate of 97110" in tried.text
    changed = int(re.search(r"([\d,]+) lines? (?:is|are) priced differently", tried.text)[1].replace(",", ""))
    assert changed >= 35
    assert "cedar-therapy" in client.get("/contracts").text
    assert "Version 3" not in client.get("/contracts").text, "trying publishes nothing"
    sealed = re.search(r'name="sealed" value="([^"]+)"', tried.text)[1]
    assert client.post("/contracts/publish", data=csrf(page) | {"sealed": "made up"}).status_code == 422
    biller = site.client("n.abara")
    assert biller.post("/contracts/publish", data=csrf(biller.get("/")) | {"sealed": sealed}).status_code == 403


def test_files_and_silence_on_the_first_page(site):
    told = intake_news(
        ReadContext(engine=site.app.engine, references=site.app.references, practice="default", at=site.app.clock.now())
    )
    assert told.days == 0
    later = site.app.clock.now() + timedelta(days=200)
    news = intake_news(
        ReadContext(engine=site.app.engine, references=site.app.references, practice="default", at=later)
    )
    assert (news.days, news.quiet) == (200, True)
    assert news.silent
    assert all(one.days > one.longest and one.waiting for one in news.silent)
    page = site.client().get("/", params={"at": later.isoformat()}).text
    assert "Last file received 200 days ago" in page
    assert "has gone silent: its last decision was on" in page


def test_open_claims_of_the_previous_system_are_looked_at_and_brought_in(empty):
    client = empty.client
    sheet = "Claim #,Acct #,Insurance,DOS,Gross,Paid,Balance,Clerk\nD-1,7,ACME,10/1/2026,150.00,0,150.00,x\nD-2,7,ACME,?,1,0,1,x"
    given = csrf(client.get("/open-claims")) | {"source": "Desk system", "as_of": "2026-10-31"}

    def tried(**more):
        return client.post("/open-claims/try", data=given | more, files={"file": ("open.csv", sheet, "text/csv")})

    asked = tried()
    assert asked.status_code == 422
    assert "Charge" in asked.text
    assert "D-1" in asked.text  # its first rows, for who has to say what the columns mean
    seen = tried(column_charge="Gross")
    assert seen.status_code == 200, seen.text
    assert "1 open claim with" in seen.text
    assert "Not used: Clerk" in seen.text
    token = {"sealed": re.search(r'name="sealed" value="([^"]+)"', seen.text)[1]}
    done = client.post("/open-claims/import", data=csrf(seen) | token)
    assert done.headers["location"] == "/open-claims?brought=1"
    assert "1 open claim imported" in client.get("/open-claims?brought=1").text
    assert "carried over from the previous system" in client.get("/").text
    assert client.post("/open-claims/import", data=csrf(seen) | {"sealed": "x"}).status_code == 422


def test_the_drop_folder_is_turned_on_and_its_files_are_imported(empty):
    client, app = empty.client, empty.app
    page = client.get("/inbox")
    assert "No folder or server is checked" in page.text
    assert "no folder or server is checked" in client.get("/setup").text.lower()
    assert client.post("/inbox", data=csrf(page) | {"do": "on"}).status_code == 303
    folder = app.settings.data_dir / "inbox"
    (folder / "one.edi").write_text("ISA this is cut off")
    (folder / "half.edi.part").write_text("not whole yet")
    (inbox,) = inboxes_in_use(app.engine, app.settings).inbox
    found = InboxWatch(app, [inbox.model_copy(update={"settle": 0})]).look()
    assert [report.path for report in found.taken] == ["Drop folder/one.edi"]
    told = client.get("/inbox").text
    assert "one.edi" in told
    assert "half.edi.part" not in told
    assert "7. People" in client.get("/setup").text
    assert client.post("/inbox", data=csrf(page) | {"do": "off"}).status_code == 303
    assert inboxes_in_use(app.engine, app.settings).inbox == []
    assert (folder / "half.edi.part").exists()


def test_a_list_of_inboxes_that_cannot_be_read_breaks_no_page(empty):
    (empty.app.settings.data_dir / "inboxes.toml").write_text("[[inbox]]\nname = 1")
    assert "The file that lists inboxes cannot be read" in empty.client.get("/setup").text
    assert empty.client.get("/").status_code == 200
    page = empty.client.get("/inbox")
    assert page.status_code == 200
    assert "files may be waiting" in page.text
    assert "No folder or server is checked" not in page.text
    (empty.app.settings.data_dir / "inbox").write_text("a file where the folder is to be")
    refused = empty.client.post("/inbox", data=csrf(page) | {"do": "on"})
    assert refused.status_code == 422
    assert "The folder cannot be made" in refused.text
    assert "inboxes.toml" in refused.text


def test_another_practice_sees_no_place_of_this_one(empty):
    """The server's inboxes are those of its own practice, in the page and in the setup guide."""
    (empty.app.settings.data_dir / "inboxes.toml").write_text('[[inbox]]\nname = "A"\ndirectory = "/srv/remits"')
    add_person(empty.app.engine, "both", "admin", ["default", "other"], NOW, password=PASSWORD)
    client = signed_in(empty.base, "both")
    assert "/srv/remits" in client.get("/inbox?practice=default").text
    own = client.get("/setup?practice=default").text
    page = client.get("/inbox?practice=other")
    assert page.status_code == 200
    assert "for a different practice" in page.text
    assert "/srv/remits" not in page.text
    assert str(empty.app.settings.data_dir) not in page.text
    missing = "no folder or server is checked"
    assert missing not in own.lower()
    assert missing in client.get("/setup?practice=other").text.lower()
    client.close()
