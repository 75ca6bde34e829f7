"""The web app in a real browser: what people do there, by mouse, by keyboard, on a phone."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.demo.month import DEMO_AT, DEMO_ZONE
from services.presentation.formatting import wait
from tests.services.web.conftest import PASSWORD
from tests.services.web.published import publish, rejected

pytestmark = pytest.mark.browser


def test_signing_in_and_out(open_page):
    page = open_page("/", name=None)
    assert page.url.endswith("/sign-in")
    page.get_by_label("Name").fill("j.park")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="All open work", exact=True).wait_for()
    page.get_by_text("j.park").first.click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")


def test_the_explanation_can_be_reckoned_by_hand(open_page, site):
    page = open_page(f"/claims/{site.ref('BT100122')}")
    clock = page.locator(".note", has_text="First appeal")
    clock.get_by_text("How it is calculated").click()
    told = clock.inner_text()
    assert "Cautious: Tue, Jul 7, 2026 + 120 days = Wed, Nov 4, 2026" in told
    assert "Latest: Sun, Jul 12, 2026 + 120 days = Mon, Nov 9, 2026" in told
    assert "2 days past due" in told
    page.get_by_text("How the expected $44.42 is calculated").click()
    assert "conversion factor" in page.locator("#expected-1").inner_text()
    page.get_by_text("Medicare Part B denied on Jul 7").nth(1).click()
    hits = page.locator("#answer-2-1 .hit")
    hits.first.wait_for()
    assert hits.all_inner_texts()[0] == "SVC*HC:97530:GP*75*0**0**1~"


def test_a_published_event_appears_without_a_reload(open_page, site):
    page = open_page("/worklists/rejection?due=1")
    page.wait_for_selector("#live[data-state=on]")
    page.evaluate("window.here = true")
    publish(site, *rejected(3, "WEB-3"))
    page.locator("tr", has_text="WEB-3").wait_for()
    assert page.evaluate("window.here") is True


def test_an_open_claim_follows_its_events(open_page, site):
    publish(site, *rejected(4, "WEB-4"))
    page = open_page(f"/claims/{site.ref('WEB-4')}")
    page.wait_for_selector("#live[data-state=on]")
    note = {"claim_id": "WEB-4", "worklist": "rejection", "by": "somebody", "note": "called the payer"}
    publish(
        site,
        {
            "specversion": "1.0",
            "id": "n4",
            "source": "urn:test",
            "subject": "WEB-4",
            "type": "work.noted.v1",
            "time": "2026-11-06T13:30:00Z",
            "data": note,
        },
    )
    page.get_by_text("called the payer").first.wait_for()


def test_keys_alone(open_page):
    page = open_page("/worklists/denial")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("tr[data-row]").nth(1)
    assert page.evaluate("document.activeElement.closest('tr').dataset.row") == second.get_attribute("data-row")
    page.keyboard.press("k")
    page.keyboard.press("e")
    assert page.locator("tr[data-row]").first.locator("details").get_attribute("open") is not None
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("#marked").inner_text() == "2"
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    assert "2 claims" in dialog.inner_text()
    page.keyboard.type("seen by jk")  # typed, not obeyed
    assert dialog.get_by_label("Note").input_value() == "seen by jk"
    dialog.get_by_role("button", name="Save").click()
    page.get_by_text("Note saved: 2 of 2").wait_for()
    page.keyboard.press("?")
    assert page.get_by_role("heading", name="Keyboard").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims/*")


def test_uploading_a_file(open_page, site, tmp_path):
    inbox = site.app.settings.data_dir.parent / "inbox"
    known = next(iter(sorted(inbox.glob("*835*.edi"))))
    fresh = tmp_path / "fresh.835"
    fresh.write_text(re.sub(r"(TRN\*1\*)[^*]+", r"\g<1>NEW77", known.read_text()).replace("CLP*BT", "CLP*WB"))
    junk = tmp_path / "note.txt"
    junk.write_text("this is no X12 at all")
    page = open_page("/upload")
    page.get_by_label("Files to upload").set_input_files([str(known), str(fresh), str(junk)])
    page.locator("tr[data-done]").nth(2).wait_for()
    told = {row.locator(".name").inner_text(): row.inner_text() for row in page.locator("#taken tbody tr").all()}
    assert "Already imported" in told[known.name]
    assert "Imported" in told["fresh.835"]
    assert "could not be read" in told["note.txt"]
    page.locator("#taken tr", has_text="note.txt").get_by_role("link", name="Details").click()
    page.get_by_role("heading", name="What could not be read").wait_for()
    assert "Neither X12" in page.locator("main").inner_text()
    page.goto("/upload")
    recent = page.get_by_role("table", name="Recent files").inner_text()
    assert all(name in recent for name in (known.name, "fresh.835", "note.txt"))


def test_parked_entries_are_dismissed(open_page):
    page = open_page("/operations")
    entry = page.locator(".note", has_text="278 services review")
    entry.get_by_text("Raw text").click()
    entry.locator("pre", has_text="ST*278").wait_for()
    entry.get_by_role("button", name="Dismiss").click()
    entry.wait_for(state="detached")


def test_the_slider_shows_the_claim_as_it_stood(open_page, site):
    page = open_page(f"/claims/{site.ref('BT100122')}")
    page.get_by_role("link", name="Earlier").click()
    page.get_by_text("Nothing can be changed here").wait_for()
    page.locator("#instant").focus()
    page.keyboard.press("Home")
    page.locator(".head .chip", has_text="Pending").wait_for()
    page.get_by_role("link", name="Back to now").click()
    page.locator(".head .chip", has_text="Denied").wait_for()


def test_scripts_count_as_the_server_does(open_page):
    """Whatever is left, Python and JavaScript say it alike."""
    page = open_page("/")
    at = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # half an hour into a day of 25 hours
    ends = [
        at + timedelta(minutes=m)
        for m in (
            -99_999,
            -2880,
            -2879,
            -1441,
            -61,
            -60,
            -1,
            0,
            1,
            59,
            60,
            1439,
            1440,
            2879,
            2880,
            4319,
            4320,
            5760,
            99_999,
        )
    ]
    dues = [end.isoformat() for end in ends] + sorted({end.date().isoformat() for end in ends})
    address = page.locator("script[type=module]").get_attribute("src").replace("desk.js", "waits.js")
    told = page.evaluate(
        "async ([address, dues, at, zone]) => { const { told } = await import(address);"
        " return dues.map((due) => told(due, Date.parse(at), zone)); }",
        [address, dues, at.isoformat(), str(DEMO_ZONE)],
    )
    ours = [wait(due, at, ZoneInfo(DEMO_ZONE)) for due in dues]
    assert [tuple(each) for each in told] == [(each.text, each.level) for each in ours]
    assert page.evaluate("Date.parse(document.body.dataset.now)") == DEMO_AT.astimezone(UTC).timestamp() * 1000
