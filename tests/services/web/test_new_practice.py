"""In a browser: a new practice from an empty directory to its first worked list; a manager's month end."""

import re

import pytest

from services.api.app import create_app
from services.app_context import open_app_context, projecting
from services.commands.publish_events import wait_until_projected
from services.core.clock import FixedClock
from services.core.settings import load_settings
from services.demo.month import DEMO_AT, write_month
from services.devtools.screenshots import serving
from services.security.people import add_person
from tests.services.web.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.browser
FEE_SCHEDULE = b"CPT,Description,Fee\n97110,Exercise,40.00\n97530,Activities,50.00\n"


def test_a_new_practice_comes_to_its_first_worked_list(tmp_path, browser):
    files = tmp_path / "files"
    files.mkdir()
    write_month(files)
    settings = load_settings(data_dir=tmp_path / "data", practice_zone="America/Chicago")
    with open_app_context(settings, FixedClock(DEMO_AT)) as app, projecting(app):
        add_person(app.engine, "boss", "admin", ["default"], DEMO_AT, password=PASSWORD)
        with serving(create_app(app)) as base:
            page = browser.new_context(base_url=base, reduced_motion="reduce").new_page()
            page.set_default_timeout(30_000)
            sign_in(page, "boss")
            page.get_by_role("link", name="Go on with the set-up").click()
            page.get_by_role("link", name="Name and address of the practice: set up").click()
            page.get_by_label("Name", exact=True).fill("Quillback Therapy")
            page.get_by_label("Address").fill("1 Main St\nDuluth, MN 55802")
            page.get_by_role("button", name="Save", exact=True).click()
            page.get_by_text("Saved as version 1").wait_for()
            upload(page, app, [p for p in sorted(files.glob("*")) if "_837" in p.name or "_835" in p.name][:24])
            page.goto("/contracts")
            page.locator("main input[type=file]").set_input_files(
                {"name": "cedar.csv", "mimeType": "text/csv", "buffer": FEE_SCHEDULE}
            )
            page.locator("main input[name=payer_id]").fill("CEDAR")
            page.get_by_label("Contract name").fill("cedar")
            page.get_by_label("For services from").fill("2025-01-01")
            page.get_by_role("button", name="Read the file").click()
            page.get_by_text("What would change").wait_for()
            page.get_by_role("button", name="Publish", exact=True).click()
            page.get_by_text("1 version published").wait_for()
            page.goto("/setup")
            page.get_by_role("button", name="Set-up is finished").click()
            page.wait_for_url(f"{base}/")
            page.wait_for_selector("html[data-ready]")
            assert page.get_by_text("Set up this practice").count() == 0
            assert page.get_by_text("Last file received today").is_visible()
            row = page.locator("tr[data-ref]").first
            claim = row.get_attribute("data-claim")
            row.get_by_role("link", name=claim).click()
            page.get_by_role("button", name="Note", exact=True).click()
            page.get_by_label("Note", exact=True).fill("called the payer")
            page.get_by_role("button", name="Save").click()
            page.get_by_text("called the payer").first.wait_for()
            page.context.close()


def upload(page, app, paths):
    """As a person does; then until all of it is in every row."""
    page.goto("/upload")
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Files to upload").set_input_files(paths)
    page.locator("tr[data-done]").nth(len(paths) - 1).wait_for(timeout=60_000)
    assert wait_until_projected(app)


def test_a_managers_month_end(open_page):
    page = open_page("/aging?as_of=2026-10-31")
    assert page.get_by_text("Viewing data as of").is_visible()
    amounts = page.locator("table a")
    amounts.first.click()
    page.wait_for_selector("html[data-ready]")
    assert page.locator("table tbody tr").count() > 0
    page.get_by_role("link", name="Back to now").click()
    page.goto("/underpayments?payer=CEDAR&procedure=97110")
    page.get_by_role("link", name=re.compile("Dispute letter for .* 97110")).first.click()
    page.get_by_text("Underpaid lines", exact=True).wait_for()
    page.get_by_label("Recipient: name and address").fill("Cedar Bluff\nPO Box 9\nMadison, WI 53701")
    page.get_by_role("button", name="Update the preview").click()
    page.locator("article.letter").get_by_text("PO Box 9").wait_for()
    page.goto("/team")
    assert page.get_by_text("Cash expected").is_visible()
    page.goto("/payers")
    assert page.get_by_role("heading", name="Payers").first.is_visible()
    page.goto("/contracts")
    assert page.get_by_role("heading", name="Contracts").is_visible()
