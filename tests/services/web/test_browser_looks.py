"""How the pages look in a real browser: sizes, colors, print, phone, and what assistive technology finds."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from services.devtools.screenshots import PHONE
from tests.services.web.conftest import sign_in
from tests.services.web.test_pages import deep

pytestmark = pytest.mark.browser
# Narrowed where they are long: axe takes its time with every cell, and all rows are made by one template.
ONE_OF_EACH = (
    "/",
    "/worklists/denial?payer=TAMARACK",
    "/worklists/readiness",
    "/thresholds?band=review",
    "/aging",
    "/aging/claims?bucket=61-90",
    "/patterns",
    "/underpayments?payer=MEDICARE",
    "/remittances?unbalanced=true",
    "/operations",
    "/upload",
    "/audit",
)


@pytest.fixture(scope="module")
def tour(site, browser):
    """Every page seen once: what the browser complained of, its width on a desk and on a phone, what axe found."""
    context, axe, found = browser.new_context(base_url=site.base, reduced_motion="reduce"), Axe(), {}
    page = context.new_page()
    sign_in(page, "root")
    for path in [*ONE_OF_EACH, *deep(site)]:
        complaints = []
        page.on("console", lambda m, told=complaints: told.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error, told=complaints: told.append(str(error)))
        page.set_viewport_size({"width": 1280, "height": 860})
        page.goto(path)
        page.wait_for_selector("html[data-ready]")
        seen = {"desk": width(page) - 1280, "light": grave(axe.run(page))}
        page.emulate_media(color_scheme="dark")
        seen["dark"] = grave(axe.run(page, options={"runOnly": ["color-contrast"]})) if path != "/" else {}
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        found[path] = seen | {"phone": width(page) - PHONE[0], "complaints": complaints}
    context.close()
    return found


def width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def grave(results):
    violations = [v for v in results.response["violations"] if v["impact"] in ("serious", "critical")]
    return {v["id"]: [node["html"][:120] for node in v["nodes"][:3]] for v in violations}


def wrong(tour, *names):
    return {path: told for path, seen in tour.items() if (told := {n: seen[n] for n in names if seen[n]})}


def test_no_page_makes_the_browser_complain(tour):
    """Of the policy, of scripts, of files that are not there."""
    assert wrong(tour, "complaints") == {}


def test_nothing_needs_scrolling_sideways(tour):
    assert wrong(tour, "desk", "phone") == {}


def test_pages_are_accessible_in_light_and_dark(tour):
    assert wrong(tour, "light", "dark") == {}


def test_the_dialog_is_accessible(open_page):
    page = open_page("/worklists/denial")
    page.locator("button.act").first.click()
    assert grave(Axe().run(page, context="#act")) == {}


def test_light_and_dark(open_page):
    page = open_page("/", color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch between light and dark").click()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light != dark


def test_print_leaves_the_controls_away(open_page):
    page = open_page("/aging")
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible()
    assert not page.locator(".side").is_visible()
    assert page.locator("svg.chart").is_visible()


@pytest.mark.parametrize("path", ["/sign-in", "/claims/" + "0" * 24])
def test_the_card_of_sign_in_and_errors_is_centered(open_page, site, path):
    page = open_page(path, name=None if path == "/sign-in" else "j.park") if path == "/sign-in" else open_page("/")
    if path != "/sign-in":
        page.goto(path)
    box = page.locator("main.card").bounding_box()
    assert abs(box["x"] + box["width"] / 2 - 640) < 2
    assert abs(box["y"] + box["height"] / 2 - 430) < 20
    open_page.complaints.clear()  # of the 404


def test_the_first_page_of_a_print_has_rows(open_page):
    page = open_page("/worklists/denial")
    page.set_viewport_size({"width": 720, "height": 960})
    page.emulate_media(media="print")
    assert page.locator("tr[data-row]").first.bounding_box()["y"] < 500
    assert page.locator(".print-only").is_visible()


def test_the_phone_shows_the_oldest_bucket(open_page):
    page = open_page("/aging", size=PHONE)
    bar = page.locator("svg.chart .label").last.bounding_box()
    assert bar["x"] + bar["width"] <= PHONE[0]
