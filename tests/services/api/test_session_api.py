"""Signing in, staying signed in, being signed out."""

from datetime import timedelta

import pytest

from services.core.errors import ClaimclockError
from services.security import people
from services.security.keys import add_key, list_keys, revoke_key
from services.security.links import make_login_link
from services.security.people import add_person, disable_person, list_people
from services.store.security_tables import PERSON, SIGN_IN
from tests.services.api.conftest import NOW, PASSWORD


@pytest.fixture
def api(api):
    yield api
    api.clock.set(NOW)


def sign_in(client, name, password=PASSWORD):
    return client.post("/v1/session", json={"name": name, "password": password})


def test_in_and_out(api):
    client = api.client()
    name = api.person("biller")
    answer = sign_in(client, name.upper())
    assert answer.json()["role"] == "biller"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert client.get("/v1/session").json()["csrf"] == answer.json()["csrf"]
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    kept = client.cookies["claimclock_session"]
    assert client.delete("/v1/session").status_code == 204
    client.cookies.set("claimclock_session", kept)
    assert client.get("/v1/session").status_code == 401


def test_over_https_the_cookie_stays_there(api):
    name = api.person()
    client = api.client()
    client.base_url = "https://localhost"
    assert "Secure" in sign_in(client, name).headers["set-cookie"]
    assert "max-age" in client.get("/healthz").headers["strict-transport-security"]


def test_only_hashes_are_kept(api):
    client = api.signed_in()
    with api.app.engine.connect() as connection:
        rows = repr(connection.execute(PERSON.select()).all()) + repr(connection.execute(SIGN_IN.select()).all())
    assert PASSWORD not in rows
    assert "$argon2id$" in rows
    assert client.cookies["claimclock_session"].partition(".")[0] not in rows


def test_wrong_passwords_and_unknown_names_look_the_same_and_are_throttled(api):
    name, client = api.person(), api.client()
    known = [sign_in(client, name, "wrong password") for _ in range(5)]
    unknown = sign_in(client, "nobody at all", "wrong password")
    assert {answer.status_code for answer in [*known, unknown]} == {401}
    assert known[0].json() == unknown.json()
    assert sign_in(client, name).status_code == 429
    api.clock.advance(timedelta(minutes=16))
    assert sign_in(client, name).status_code == 200


def test_one_address_may_not_try_many_names(fresh, monkeypatch):
    monkeypatch.setattr(people, "TRIES_PER_ADDRESS", 7)
    api = fresh()
    name, client = api.person(), api.client()
    found = [sign_in(client, f"n{number}", "wrong password").status_code for number in range(8)]
    assert (found[0], found[-1]) == (401, 429)
    assert sign_in(client, name).status_code == 429


def test_idle_means_signed_off(api):
    client = api.signed_in()
    for _ in range(4):
        api.clock.advance(timedelta(minutes=14))
        assert client.get("/v1/session").status_code == 200
    api.clock.advance(timedelta(minutes=16))
    assert client.get("/v1/session").status_code == 401


def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(api):
    client = api.signed_in()
    for _ in range(3):
        api.clock.advance(timedelta(minutes=6))
        last = client.get(f"/v1/intake/{'0' * 32}").status_code
    assert last == 401


def test_nobody_stays_for_ever(api):
    client = api.signed_in()
    for _ in range(12 * 5):
        api.clock.advance(timedelta(minutes=12))
        assert client.get("/v1/session").status_code == 200
    api.clock.advance(timedelta(minutes=1))
    assert client.get("/v1/session").status_code == 401


def test_a_disabled_person_is_out_at_once(api):
    client = api.signed_in()
    disable_person(api.app.engine, client.who, api.clock.now())
    assert client.get("/v1/session").status_code == 401
    assert sign_in(api.client(), client.who).status_code == 401
    assert {row["name"]: row for row in list_people(api.app.engine)}[client.who]["disabled"]


def test_a_changed_cookie_is_nobody(api):
    client = api.signed_in()
    value = client.cookies["claimclock_session"]
    client.cookies.set("claimclock_session", value[:-1] + ("A" if value[-1] != "A" else "B"))
    assert client.get("/v1/session").status_code == 401


def test_what_changes_something_needs_the_token(api):
    client = api.signed_in()
    token = client.headers.pop("X-CSRF-Token")
    wanted = {"claim_id": "CLM-1"}
    assert client.post("/v1/search", json=wanted).status_code == 403
    assert client.post("/v1/search", json=wanted, headers={"X-CSRF-Token": "wrong"}).status_code == 403
    other = api.signed_in().headers["X-CSRF-Token"]
    assert client.post("/v1/search", json=wanted, headers={"X-CSRF-Token": other}).status_code == 403
    assert client.post("/v1/search", json=wanted, headers={"X-CSRF-Token": token}).status_code == 200
    form = client.post("/v1/search", data={"csrf_token": token})
    assert form.status_code == 400, "the token of a form is taken; but a form is no search"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_other_sites_are_refused(api, headers):
    client = api.signed_in()
    assert client.post("/v1/search", json={"claim_id": "x"}, headers=headers).status_code == 403
    login = api.client().post("/v1/session", json={"name": client.who, "password": PASSWORD}, headers=headers)
    assert login.status_code == 403
    assert client.post("/v1/search", json={"claim_id": "x"}, headers={"Origin": "http://localhost"}).status_code == 200


def test_a_key_needs_no_token(api):
    assert api.keyed().post("/v1/search", json={"claim_id": "x"}).status_code == 200


def test_a_link_signs_in_once(api):
    link = make_login_link(api.app.engine, api.app.settings, api.app.clock.now(), "demo", "lead")
    assert link.startswith("http://127.0.0.1:8400/sign-in/link/")
    path = link.removeprefix("http://127.0.0.1:8400")
    client = api.client(follow_redirects=False)
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/v1/session").json()["role"] == "lead"
    assert api.client(follow_redirects=False).get(path).status_code == 401
    person = api.client(follow_redirects=False, headers={"Accept": "text/html"})
    assert "used before or is too old" in person.get(path).text
    late = make_login_link(api.app.engine, api.app.settings, api.app.clock.now(), "demo").removeprefix(
        "http://127.0.0.1:8400"
    )
    api.clock.advance(timedelta(minutes=16))
    assert api.client(follow_redirects=False).get(late).status_code == 401


def test_keys_end_when_revoked_or_expired(api):
    engine = api.app.engine
    key_id, key = add_key(engine, "a", ["default"], NOW, expires_at=NOW + timedelta(days=1))
    client = api.client(headers={"Authorization": f"Bearer {key}"})
    assert client.get("/v1/session").json()["role"] == "integration"
    api.clock.advance(timedelta(days=1))
    assert client.get("/v1/session").status_code == 401
    api.clock.set(NOW)
    revoke_key(engine, key_id, NOW)
    assert client.get("/v1/session").status_code == 401
    assert {row["id"]: row for row in list_keys(engine)}[key_id]["revoked"]


def test_keys_of_the_settings(fresh):
    api = fresh(api_keys="first-key,second-key")
    client = api.client(headers={"Authorization": "Bearer second-key"})
    assert client.get("/v1/session").json()["name"] == "settings-2"


def test_keys_and_people_are_checked_when_made(api):
    engine = api.app.engine
    with pytest.raises(ClaimclockError, match="no such scope"):
        add_key(engine, "a", ["default"], NOW, scopes=["everything"])
    with pytest.raises(ClaimclockError, match="no such role"):
        add_person(engine, "x", "king", ["default"], NOW)
    with pytest.raises(ClaimclockError, match="12 characters"):
        add_person(engine, "x", "biller", ["default"], NOW, password="short")
    with pytest.raises(ClaimclockError, match="already"):
        add_person(engine, api.person(), "biller", ["default"], NOW)
