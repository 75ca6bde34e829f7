"""Signing in, staying signed in, being signed out."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta

import pyotp
import pytest

from services.core.errors import ClaimclockError
from services.security import people, second_factor
from services.security.audit import read_audit
from services.security.keys import add_key, list_keys, revoke_key
from services.security.links import make_login_link
from services.security.people import add_person, disable_person, list_people
from services.security.throttle import HASHES_AT_ONCE
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
    assert client.get("/v1/session").status_code == 200
    for place in (0, len(value) // 2, -2):  # the last character of base64 has bits that nobody reads
        other = "A" if value[place] != "A" else "B"
        client.cookies.clear()
        client.cookies.set("claimclock_session", value[:place] + other + value[place:][1:])
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


def link_path(api, *who):
    link = make_login_link(api.app.engine, api.app.settings, api.app.clock.now(), *who)
    assert link.startswith("http://127.0.0.1:8400/sign-in/link/")
    return link.removeprefix("http://127.0.0.1:8400")


def test_a_link_signs_in_once(api):
    path = link_path(api, "demo", "lead")
    client = api.client(follow_redirects=False)
    answer = client.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/v1/session").json()["role"] == "lead"
    assert api.client(follow_redirects=False).post(path).status_code == 401
    person = api.client(follow_redirects=False, headers={"Accept": "text/html"})
    assert "was used or has expired" in person.post(path).text
    late = link_path(api, "demo")
    api.clock.advance(timedelta(minutes=16))
    assert api.client(follow_redirects=False).post(late).status_code == 401


def test_opening_a_link_spends_nothing(fresh):
    api = fresh(pages=True)
    path = link_path(api, "demo", "lead")
    for _ in range(2):
        assert "<form" in api.client().get(path).text
    assert api.client(follow_redirects=False).post(path).status_code == 303


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


def test_behind_a_tls_proxy_the_cookie_is_secure_and_browsers_stay_with_https(fresh):
    api = fresh(public_url="https://claims.example.org")
    answer = sign_in(api.client(), api.person())
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


def test_tries_at_once_are_counted_before_they_are_checked(fresh):
    api = fresh()
    name = api.person()
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: sign_in(api.client(), name, "wrong password").status_code, range(40)))
    assert found.count(401) <= people.TRIES
    assert set(found) <= {401, 429}


def test_few_passwords_are_checked_at_once(fresh, monkeypatch):
    api = fresh()
    at_once, most, lock = [0], [0], threading.Lock()
    enough = threading.Event()

    def slow(stored, password):
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        enough.wait(10)
        with lock:
            at_once[0] -= 1
        return False

    monkeypatch.setattr(people, "password_fits", slow)
    with ThreadPoolExecutor(12) as pool:
        tries = [pool.submit(sign_in, api.client(), f"n{n}", "wrong password") for n in range(12)]
        refused = [t for t in as_completed(tries[:12], timeout=30) if t.result().status_code == 429][:1] or None
        enough.set()
    assert refused
    assert most[0] <= HASHES_AT_ONCE


def test_wrong_keys_of_one_address_are_throttled(fresh):
    api = fresh()
    client = api.client(headers={"Authorization": "Bearer ccl_wrong"})
    found = [client.get("/v1/aging").status_code for _ in range(31)]
    assert (found[0], found[-1]) == (401, 429)
    api.clock.advance(timedelta(minutes=2))
    assert client.get("/v1/aging").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        lambda engine, name: people.set_role(engine, name, "biller", NOW),
        lambda engine, name: people.set_password(engine, name, "another long password", NOW),
    ],
)
def test_a_change_of_the_account_ends_its_sessions(api, change):
    client = api.signed_in("lead")
    change(api.app.engine, client.who)
    assert client.get("/v1/session").status_code == 401


def test_a_disabled_person_may_be_enabled_again(api):
    name = api.person()
    disable_person(api.app.engine, name, NOW)
    people.enable_person(api.app.engine, name, NOW)
    assert sign_in(api.client(), name).status_code == 200


def test_people_change_their_own_password(api):
    client = api.signed_in()
    new = "a very different password"
    wrong = client.post("/v1/session/password", json={"old": "not it at all", "new": new})
    assert wrong.status_code == 401
    assert client.post("/v1/session/password", json={"old": PASSWORD, "new": new}).status_code == 204
    assert client.get("/v1/session").status_code == 401
    assert sign_in(api.client(), client.who, new).status_code == 200


def test_administrators_change_people_and_nobody_else(api):
    admin, name = api.signed_in("admin"), api.person("biller")
    row = next(row for row in admin.get("/v1/people").json() if row["name"] == name)
    assert admin.post(f"/v1/people/{row['id']}", json={"role": "lead"}).json()["role"] == "lead"
    assert admin.post(f"/v1/people/{row['id']}", json={"disabled": True}).json()["disabled"]
    mine = next(row for row in admin.get("/v1/people").json() if row["name"] == admin.who)
    assert admin.post(f"/v1/people/{mine['id']}", json={"disabled": True}).status_code == 409
    assert api.signed_in("manager").get("/v1/people").status_code == 403


def test_a_second_factor_is_asked_for_and_each_code_is_good_once(api):
    name = api.person()
    person = people.find_person(api.app.engine, name)
    secret = second_factor.new_secret()
    code = pyotp.TOTP(secret).at(api.clock.now())
    second_factor.enroll(
        api.app.engine, api.app_state.signer, person.person_id, secret=secret, code=code, now=api.clock.now()
    )
    without = sign_in(api.client(), name)
    assert without.status_code == 401
    assert "authenticator" in without.text

    def with_code(code):
        return api.client().post("/v1/session", json={"name": name, "password": PASSWORD, "code": code})

    assert with_code("000000").status_code == 401
    assert with_code(code).status_code == 401, "it was used up when the app was set up"
    api.clock.advance(timedelta(seconds=30))
    fresh_code = pyotp.TOTP(secret).at(api.clock.now())
    assert with_code(fresh_code).status_code == 200
    assert with_code(fresh_code).status_code == 401


def test_the_audit_hears_of_failures_refusals_and_sign_out(fresh):
    api = fresh()
    biller = api.signed_in("biller")
    sign_in(api.client(), biller.who, "wrong password")
    sign_in(api.client(), "a password typed as a name", "wrong password")
    biller.get("/v1/audit")
    api.client(headers={"Authorization": "Bearer ccl_wrong"}).get("/v1/aging")
    biller.delete("/v1/session")
    rows = read_audit(api.app.engine, "default", 100)
    found = {(row["who"], row["action"], row["status"]) for row in rows}
    assert found >= {
        (biller.who, "failed sign-in", 401),
        ("unknown", "failed sign-in", 401),
        (biller.who, "GET /v1/audit", 403),
        ("unknown key", "GET /v1/aging", 401),
        (biller.who, "sign out", 204),
    }
    assert "typed as a name" not in str(rows)
