"""Sign-in with a provider: a real one over HTTP, made here."""

import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from services.api.session import NEXT_COOKIE
from services.core.errors import ConflictError
from services.security.oidc import Oidc
from services.security.people import add_person, bind_subject
from tests.services.api.conftest import NOW, event

KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


class Provider:
    """Answers discovery, keys and tokens; `claims` and `key` are what its next token is made of."""

    def __init__(self):
        self.claims, self.key, self.issuer, self.asked, self.methods, self.secrets = {}, KEY, "", [], None, []
        self.odd = {}  # path: bytes instead of its answer, or what answers instead

    def answer(self, path, form):
        if path == "/.well-known/openid-configuration":
            offered = {"token_endpoint_auth_methods_supported": self.methods} if self.methods else {}
            return offered | {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        if path == "/keys":
            return {"keys": [KEY.as_dict(private=False)]}
        self.asked.append({name: values[0] for name, values in form.items()})
        return {
            "access_token": "a",
            "token_type": "Bearer",
            "id_token": jwt.encode({"alg": "RS256", "kid": "k1"}, self.claims, self.key),
        }


@contextmanager
def running(provider):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.tell({})

        def do_POST(self):
            self.tell(parse_qs(self.rfile.read(int(self.headers["content-length"])).decode()))

        def tell(self, form):
            provider.secrets.append(self.headers.get("authorization"))
            odd = provider.odd.get(self.path)
            if callable(odd):
                return odd(self)
            body = json.dumps(provider.answer(self.path, form)).encode() if odd is None else odd
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield provider
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider():
    with running(Provider()) as found:
        yield found


@pytest.fixture
def api(fresh, provider):
    api = fresh(
        oidc_issuer=provider.issuer,
        oidc_client_id="claimclock",
        oidc_client_secret="hush",
        public_url="http://localhost",
    )
    add_person(api.app.engine, "pat@example.org", "lead", ["default"], NOW)
    return api


def leave(api):
    """To the provider: the client that went, and what it was sent there with."""
    client = api.client(follow_redirects=False)
    answer = client.get("/sign-in/oidc")
    assert answer.status_code == 303
    return client, {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def sound(provider, sent, **other):
    seconds = int(NOW.timestamp())
    return {
        "iss": provider.issuer,
        "aud": "claimclock",
        "sub": "1",
        "exp": seconds + 300,
        "iat": seconds,
        "nonce": sent["nonce"],
        "email": "Pat@example.org",
        "email_verified": True,
    } | other


def back(client, sent, **other):
    return client.get("/sign-in/oidc/callback", params={"code": "abc", "state": sent["state"]} | other)


def test_somebody_known_comes_in(api, provider):
    client, sent = leave(api)
    provider.claims = sound(provider, sent)
    answer = back(client, sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/v1/session").json()["role"] == "lead"
    (asked,) = provider.asked
    assert "client_secret" not in asked
    assert b64decode(provider.secrets[-2].removeprefix("Basic ")) == b"claimclock:hush"
    assert asked["redirect_uri"] == sent["redirect_uri"] == "http://localhost/sign-in/oidc/callback"
    digest = urlsafe_b64encode(sha256(asked["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert (digest, sent["code_challenge_method"]) == (sent["code_challenge"], "S256")


@pytest.mark.parametrize(
    ("asked", "landed"),
    [
        ("/claims/" + "0" * 24, "/claims/" + "0" * 24),
        ("/worklists/denial?payer=CEDAR&payer=A%26B", "/worklists/denial?payer=CEDAR&payer=A%26B"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/v1/claims", "/"),
    ],
)
def test_one_comes_back_to_the_address_that_was_asked_for(api, provider, asked, landed):
    client = api.client(follow_redirects=False)
    client.cookies.set(NEXT_COOKIE, quote(asked), path="/sign-in")  # as the sign-in page sets it
    sent = {k: v[0] for k, v in parse_qs(urlsplit(client.get("/sign-in/oidc").headers["location"]).query).items()}
    provider.claims = sound(provider, sent)
    answer = back(client, sent)
    assert answer.headers["location"] == landed
    assert any(told.startswith(f'{NEXT_COOKIE}=""') for told in answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"nonce": "replayed"},
        {"exp": int(NOW.timestamp()) - 3600},
        {"email": "stranger@example.org"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"aud": ["claimclock", "another"], "azp": "another"},
        {"aud": ["claimclock", "another"]},
    ],
    ids=str,
)
def test_what_the_token_says_is_checked(api, provider, wrong):
    client, sent = leave(api)
    provider.claims = sound(provider, sent, **wrong)
    assert back(client, sent).status_code == 401
    assert client.get("/v1/session").status_code == 401


def test_another_key_signs_nobody_in(api, provider):
    client, sent = leave(api)
    provider.claims, provider.key = sound(provider, sent), RSAKey.generate_key(2048, {"kid": "k1"})
    assert back(client, sent).status_code == 401


def test_a_sign_in_begun_elsewhere_is_refused(api, provider):
    client, sent = leave(api)
    provider.claims = sound(provider, sent)
    assert back(api.client(follow_redirects=False), sent).status_code == 401
    assert back(client, sent, state="guessed").status_code == 401


def test_a_provider_that_is_another_or_away(api, provider):
    provider.issuer += "/other"
    answer = api.client(follow_redirects=False).get("/sign-in/oidc")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/problem+json")


def test_without_a_provider_there_is_no_such_way(fresh):
    plain = fresh()
    assert plain.client().get("/sign-in/oidc").status_code == 404


def test_the_secret_travels_as_the_provider_takes_it(api, provider):
    provider.methods = ["client_secret_post"]
    client, sent = leave(api)
    provider.claims = sound(provider, sent)
    assert back(client, sent).status_code == 303
    assert provider.asked[0]["client_secret"] == "hush"


def test_the_way_back_never_follows_the_request(api, provider):
    client = api.client(follow_redirects=False)
    answer = client.get("/sign-in/oidc", headers={"Host": "evil.example"})
    assert "evil" not in answer.headers["location"]


def test_without_a_public_address_there_is_no_sign_in_by_provider(fresh, provider):
    api = fresh(oidc_issuer=provider.issuer, oidc_client_id="claimclock")
    assert api.client(follow_redirects=False).get("/sign-in/oidc").status_code == 502


def test_another_claim_signs_in_whom_an_administrator_connected(fresh, provider):
    api = fresh(
        oidc_issuer=provider.issuer, oidc_client_id="claimclock", public_url="http://localhost", oidc_claim="sub"
    )
    add_person(api.app.engine, "pat", "lead", ["default"], NOW)
    client, sent = leave(api)
    provider.claims = sound(provider, sent, sub="abc-1")
    refused = back(client, sent)
    assert refused.status_code == 401
    assert "abc-1" in refused.text
    bind_subject(api.app.engine, "pat", "abc-1", NOW)
    client, sent = leave(api)
    provider.claims = sound(provider, sent, sub="abc-1")
    assert back(client, sent).status_code == 303
    with pytest.raises(ConflictError):
        bind_subject(api.app.engine, add_person_named(api, "sam"), "abc-1", NOW)


def add_person_named(api, name):
    add_person(api.app.engine, name, "lead", ["default"], NOW)
    return name


DISCOVERY, TOKEN, KEYS = "/.well-known/openid-configuration", "/token", "/keys"
DEEP = b"[" * 100_000 + b"]" * 100_000
ODD_ANSWERS = [
    b"",
    b"<html>",
    b"[]",
    b"7",
    b"null",
    b"{}",
    b'{"keys": 5}',
    b'{"keys": [{}]}',
    DEEP,
    b'{"a": "%s"}' % (b"x" * 2_000_000),
]


@pytest.mark.parametrize("path", [DISCOVERY, TOKEN, KEYS])
def test_an_odd_answer_of_the_provider_is_no_fault_of_ours(api, provider, path):
    for answer in ODD_ANSWERS:
        api.app_state.oidc = Oidc(api.app.settings)
        provider.odd.clear()
        if path != DISCOVERY:
            client, sent = leave(api)
            provider.claims, provider.odd[path] = sound(provider, sent), answer
            status = back(client, sent).status_code
        else:
            provider.odd[path] = answer
            status = api.client(follow_redirects=False).get("/sign-in/oidc").status_code
        assert status in (401, 502), answer[:20]


@pytest.mark.parametrize(
    "odd",
    [
        {"token_endpoint_auth_methods_supported": 5},
        {"token_endpoint_auth_methods_supported": "client_secret_basic"},
        {"token_endpoint_auth_methods_supported": {"client_secret_basic": True}},
        {"authorization_endpoint": 5},
        {"token_endpoint": ["x"]},
        {"jwks_uri": None},
        {"issuer": ["x"]},
    ],
)
def test_odd_metadata_is_said_and_not_kept(api, provider, odd):
    api.app_state.oidc = Oidc(api.app.settings)
    provider.odd[DISCOVERY] = json.dumps(provider.answer(DISCOVERY, {}) | odd).encode()
    client = api.client(follow_redirects=False)
    assert client.get("/sign-in/oidc").status_code == 502
    provider.odd.clear()
    assert client.get("/sign-in/oidc").status_code == 303


def headers_without_end(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        handler.wfile.write(b"x: y\r\n")
        time.sleep(0.02)


def body_without_end(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(200):
        handler.wfile.write(b" ")
        time.sleep(0.02)


@pytest.mark.parametrize("path", [DISCOVERY, TOKEN, KEYS])
def test_a_provider_that_answers_a_byte_at_a_time_is_given_up(api, provider, path):
    """All answers to one step together have a limit; one on each read would hold the request for good."""
    for answer in (headers_without_end, body_without_end):
        provider.odd.clear()
        api.app_state.oidc = Oidc(api.app.settings, patience=1.0)
        if path == DISCOVERY:
            provider.odd[path] = answer
            told = api.client(follow_redirects=False).get("/sign-in/oidc")
        else:
            client, sent = leave(api)
            provider.claims, provider.odd[path] = sound(provider, sent), answer
            told = back(client, sent)
        assert told.status_code == 502


def test_a_slow_provider_takes_no_thread_of_those_that_publish(api, provider):
    """Nobody has signed in yet: such a request must not hold back those who have."""
    going_on, asked = threading.Event(), threading.Semaphore(0)

    def waiting(handler):
        asked.release()
        going_on.wait(30)
        handler.close_connection = True

    provider.odd[DISCOVERY] = waiting
    browsers = [threading.Thread(target=api.client().get, args=("/sign-in/oidc",)) for _ in range(20)]
    for one in browsers:
        one.start()
    try:
        assert asked.acquire(timeout=30)
        assert api.keyed().post("/v1/events", json=event()).status_code == 202
    finally:
        going_on.set()
        for one in browsers:
            one.join()
