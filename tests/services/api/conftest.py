"""An application context on a real Valkey and SQLite, its web app, and clients signed in as anybody."""

import json
import threading
import time
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from uuid import uuid4

import pytest
import uvicorn
from argon2 import PasswordHasher

from services.api.app import create_app
from services.app_context import open_app_context, projecting
from services.commands.publish_events import wait_until_projected
from services.core.clock import FixedClock
from services.core.settings import Settings
from services.security import secrets
from services.security.keys import add_key
from services.security.people import add_person

with warnings.catch_warnings():  # it would rather have the successor of httpx
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

NOW = datetime(2026, 11, 6, 15, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
numbers = count(1)


def event(claim_id="CLM-1", number=None, type_="claim.submitted.v1", **data):
    number = number or next(numbers)
    told = {"claim_id": claim_id, **data}
    if type_ == "claim.submitted.v1":
        told = {
            "frequency": "1",
            "patient_id": "PAT-1",
            "payer_id": "MEDICARE",
            "payer_sequence": "P",
            "billing_npi": "1999999984",
            "place_of_service": "11",
            "total_charge": "150.00",
            "diagnoses": ["M545"],
            "lines": [
                {
                    "number": 1,
                    "procedure": "97110",
                    "modifiers": ["GP"],
                    "units": "2",
                    "charge": "150.00",
                    "dos": "2026-10-01",
                }
            ],
        } | told
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "urn:test",
        "type": type_,
        "subject": claim_id,
        "time": "2026-10-02T12:00:00Z",
        "data": told,
    }


class Api:
    """The application, and the clients that talk to it."""

    def __init__(self, app_context, *, pages=False):
        self.app = app_context
        self.clock = app_context.clock
        self.http = create_app(app_context, pages=pages)
        self.app_state = self.http.state.app_state
        self.made = count(1)

    def client(self, **options):
        return TestClient(self.http, base_url="http://localhost", **options)

    def person(self, role="manager", practices=("default",)):
        name = f"{role}-{next(self.made)}"
        add_person(self.app.engine, name, role, practices, self.clock.now(), password=PASSWORD)
        return name

    def signed_in(self, role="manager", practices=("default",)):
        client = self.client()
        client.who = self.person(role, practices)
        answer = client.post("/v1/session", json={"name": client.who, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    def keyed(self, role="integration", practices=("default",), **options):
        _, key = add_key(self.app.engine, "test", practices, self.clock.now(), role=role, **options)
        client = self.client()
        client.headers["Authorization"] = f"Bearer {key}"
        return client

    def publish(self, *events, client=None):
        client = client or self.keyed()
        answer = client.post("/v1/events", content=json.dumps(events), headers={"content-type": "application/json"})
        assert answer.status_code == 202, answer.text
        self.settle()
        return answer.json()["results"]

    def settle(self):
        """Waits until everything published is in every row."""
        if not wait_until_projected(self.app):
            raise TimeoutError

    def ref(self, claim_id="CLM-1", practice="default"):
        return self.app.references.ref(practice, claim_id)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords():
    """Argon2 is slow on purpose; here only that it is Argon2 matters."""
    before, secrets.HASHER = secrets.HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield
    secrets.HASHER = before


@contextmanager
def api_over(tmp_path, valkey_url, *, projector=True, pages=False, **options):
    settings = Settings(
        data_dir=tmp_path / "data", redis_url=valkey_url, practice_zone="UTC", stream=f"test:{uuid4().hex}", **options
    )
    with open_app_context(settings, FixedClock(NOW)) as app_context:
        api = Api(app_context, pages=pages)
        if not projector:
            yield api
        else:
            with projecting(app_context):
                yield api
        api.app_state.close()


@pytest.fixture(scope="module")
def api(tmp_path_factory, valkey_url):
    """One application for the tests of a module; each uses claims of its own."""
    with api_over(tmp_path_factory.mktemp("api"), valkey_url) as found:
        yield found


@pytest.fixture
def fresh(tmp_path, valkey_url):
    """An application of this test's own, with settings to choose: `fresh(rate_limit=1)`."""
    opened = []

    def make(**options):
        context = api_over(tmp_path, valkey_url, **options)
        opened.append(context)
        return context.__enter__()

    yield make
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture
def live(api):
    """The application behind a real server: its address."""
    with serving(api.http) as address:
        yield SimpleNamespace(url=address, api=api)


@contextmanager
def serving(app):
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
