"""The demo's month served on a local port, and one browser; both made once, and only if asked for."""

import os
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import pytest
from playwright.sync_api import sync_playwright

from services.api.app import create_app
from services.demo.month import DEMO_AT
from services.devtools.screenshots import ARGUMENTS, BROWSERS, browser_path, month_app, serving
from services.security.limits import Buckets
from services.security.people import add_person

PASSWORD = "correct horse battery"
PEOPLE = {"j.park": "manager", "n.abara": "biller", "a.reyes": "auditor", "root": "admin"}


@pytest.fixture(scope="package")
def site(tmp_path_factory):
    """`base`, the address; `app`; `ref(claim_id)`; `client(name)`, signed in over HTTP."""
    with made_site(tmp_path_factory.mktemp("month")) as made:
        yield made


@contextmanager
def made_site(directory):
    """For tests that would leave traces on the pages of others."""
    with month_app(directory) as app_context:
        for name, role in PEOPLE.items():
            add_person(app_context.engine, name, role, ["default"], DEMO_AT, password=PASSWORD)
        application = create_app(app_context)
        application.state.app_state.buckets = Buckets(10_000_000)  # tests of addresses ask often
        with serving(application) as base:
            clients = {name: signed_in(base, name) for name in PEOPLE}
            yield SimpleNamespace(
                base=base,
                app=app_context,
                pages=application,
                client=lambda name="j.park": clients[name],
                ref=lambda claim_id: app_context.references.ref("default", claim_id),
            )
            for client in clients.values():
                client.close()


def signed_in(base, name):
    client = httpx.Client(base_url=base, headers={"Accept": "text/html"}, timeout=60)
    answer = client.post("/v1/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium. Without one, skipped by name; in CI that is a failure.

    It ends with its module: Playwright's event loop runs as long, and no asynchronous test could run in this process.
    """
    executable = browser_path()
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs a browser: none of {', '.join(BROWSERS)} is on the path")
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the path")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def open_page(site, browser):
    """Opens pages signed in; whatever the browser complained of fails the test at its end."""
    contexts, complaints = [], []

    def open_(path="/", name="j.park", size=(1280, 860), **options):
        context = browser.new_context(
            base_url=site.base, viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("requestfailed", lambda r: complaints.append(r.url) if not r.url.startswith(site.base) else None)
        if name:
            sign_in(page, name)
            page.goto(path)
            page.wait_for_selector("html[data-ready]")
        else:
            page.goto(path)
        return page

    open_.complaints = complaints
    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page, name, password=PASSWORD):
    page.goto("/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("html[data-ready]")
