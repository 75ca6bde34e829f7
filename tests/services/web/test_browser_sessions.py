"""Sessions in a real browser: back to where one was, and nothing left behind."""

import pytest

from services.demo.month import DEMO_AT
from services.security.people import list_people, make_link_token


def link_of(site, name):
    (person,) = [each for each in list_people(site.app.engine) if each["name"] == name]
    return make_link_token(site.app.engine, person["id"], DEMO_AT)


pytestmark = pytest.mark.browser


def test_a_one_time_link_leads_back_to_the_address_that_was_asked_for(open_page, site):
    address = f"/claims/{site.ref('BT100122')}?as_of=2026-07-01"
    page = open_page(address, name=None)
    page.get_by_role("heading", name="Sign in").wait_for()
    page.goto(f"/sign-in/link/{link_of(site, 'n.abara')}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{address}")
    page.get_by_role("heading", name="Claim BT100122").wait_for()


def test_nothing_stays_in_the_browser_after_signing_out(open_page, site):
    page = open_page(f"/claims/{site.ref('BT100122')}")
    name = page.locator(".head strong").first.inner_text()
    page.goto("/worklists/denial")
    page.wait_for_selector("html[data-ready]")
    page.get_by_text("j.park").first.click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert {cookie["name"] for cookie in page.context.cookies()} <= {"theme"}
    stored = """async () => ({
        local: localStorage.length, session: sessionStorage.length,
        caches: (await caches.keys()).length, databases: (await indexedDB.databases()).length,
    })"""
    assert set(page.evaluate(stored).values()) == {0}
    for _ in range(3):
        page.go_back()
        page.wait_for_load_state()
        assert name not in page.content()
        assert "BT100122" not in page.content()
    open_page.complaints.clear()


def test_the_warning_comes_before_the_end_and_one_click_stays(open_page):
    page = open_page("/worklists/denial")
    page.clock.install()
    page.reload()
    page.wait_for_selector("html[data-ready]")
    limit = int(page.locator("body").get_attribute("data-idle"))
    page.clock.fast_forward((limit - 50) * 1000)
    page.clock.run_for(6000)
    page.get_by_text("You will be signed out soon. What you typed is kept.").wait_for()
    with page.expect_response(lambda answer: "/v1/session" in answer.url) as kept:
        page.get_by_role("button", name="Stay signed in").click()
    assert kept.value.status == 200
