"""Two days of work in a real browser: a biller with nothing but the keyboard, and an auditor."""

import csv
import io
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.services.web.published import publish, rejected

pytestmark = pytest.mark.browser
LIST = "/worklists/rejection?amount_min=83&amount_max=83"


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def at_row(page, key):
    page.wait_for_function("key => document.activeElement.closest('tr')?.dataset.row === key", arg=key)


def test_a_billers_day_by_keyboard_alone(open_page, site):
    """Find, understand, resolve, snooze, ten at once, undo."""
    publish(site, *[event for n in range(20, 32) for event in rejected(n, f"DAY-{n}", "83.00")])
    page = open_page("/", name="n.abara")
    page.evaluate("addEventListener('pointerdown', () => (window.usedMouse = true), true)")
    # find
    press(page, "/")
    page.keyboard.type("DAY-20")
    press(page, "Enter")
    page.get_by_role("heading", name="Claim DAY-20").wait_for()
    # understand: what was rejected, why, by when
    work = page.locator("[aria-labelledby=work-title]").inner_text()
    assert "NPI" in work
    assert "left" in work
    # say it
    press(page, "n")
    page.keyboard.type("called the payer about DAY-20")
    press(page, "Control+Enter")
    page.get_by_text("Note saved").wait_for()
    # the list: snooze one, the focus goes on; take it back
    page.goto(LIST)
    page.wait_for_selector("html[data-ready]")
    keys = [row.get_attribute("data-row") for row in page.locator("tr[data-row]").all()]
    assert len(keys) == 12
    press(page, "j", "j", "j", "s", "Control+Enter")
    page.locator(f'[data-row="{keys[2]}"]').wait_for(state="detached")
    at_row(page, keys[3])
    press(page, "u")
    page.locator(f'[data-row="{keys[2]}"]').wait_for()
    # ten at once, taken back, done again
    page.goto(LIST)
    page.wait_for_selector("html[data-ready]")
    for _ in range(10):
        press(page, "j", "x")
    expect(page.locator("#marked")).to_have_text("10")
    press(page, "a")
    page.keyboard.type("n.abara")
    press(page, "Control+Enter")
    page.get_by_text("Assigned: 10 of 10").wait_for()
    press(page, "u")
    page.get_by_text("Undone: 10 of 10").wait_for()
    expect(page.locator("td.who", has_text="n.abara")).to_have_count(0)
    for _ in range(10):
        press(page, "j", "x")
    # resolve: the first claim, from its page, and on to the next
    page.goto(LIST)
    page.wait_for_selector("html[data-ready]")
    press(page, "j", "Enter")
    page.get_by_role("heading", name="Claim DAY-").wait_for()
    first = page.locator("h1").inner_text()
    press(page, "d", "Tab")
    page.keyboard.type("corrected in the billing system, goes out tonight")
    press(page, "Control+Enter")
    page.locator(".toast", has_text="Resolved").wait_for()
    press(page, "]")
    page.wait_for_function("first => document.querySelector('h1').innerText !== first", arg=first)
    page.goto(LIST)
    page.wait_for_selector("html[data-ready]")
    assert page.locator("tr[data-row]").count() == 11
    assert not page.evaluate("window.usedMouse === true")


def test_an_auditors_day(open_page, site):
    """Who saw this patient, who tried to get in, what was refused, and is the log whole."""
    seen, ref = site.client("n.abara"), site.ref("BT100205")
    seen.get(f"/claims/{ref}")
    seen.get("/audit")
    with httpx.Client(base_url=site.base) as nobody:
        assert nobody.post("/v1/session", json={"name": "n.abara", "password": "a wrong guess"}).status_code == 401
    page = open_page(f"/claims/{ref}", name="a.reyes")
    assert page.get_by_role("button", name="Action …").count() == 0
    page.get_by_role("link", name="Who saw this claim").click()
    page.get_by_text("Everyone who saw this claim").wait_for()
    assert "Viewed a claim" in page.locator("tbody").inner_text()
    page.goto(f"/claims/{ref}")
    page.locator(".head a[href*='/thresholds/']").click()
    page.get_by_role("link", name="Who saw this patient").click()
    page.get_by_text("Everyone who saw this patient").wait_for()
    told = page.locator("tbody").inner_text()
    assert "n.abara" in told
    assert "Viewed a claim" in told
    page.get_by_label("Person", exact=True).fill("n.abara")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**who=n.abara**")
    assert "patient=" in page.url
    assert "a.reyes" not in page.locator("tbody").inner_text()
    with page.expect_download() as file:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(file.value.path()).read_text())))
    assert rows
    assert {row["who"] for row in rows} == {"n.abara"}
    page.get_by_role("link", name="Clear").click()
    page.get_by_label("refused and failed only").check()
    page.wait_for_url("**refused=true**")
    told = page.locator("tbody").inner_text()
    assert "Sign-in failed" in told
    assert "not permitted" in told
    page.goto("/audit")
    page.get_by_role("link", name="Check integrity").click()
    page.get_by_text("Audit log intact").wait_for()
