"""Odd texts in every query parameter and odd bodies at every address: answered, never a server error."""

import base64

import pytest

from tests.services.api.conftest import api_over, event

pytestmark = pytest.mark.fuzz
DEEP, LONG = "[" * 3_000, "9" * 5_000
TEXTS = (
    LONG,
    DEEP,
    "{}",
    "[]",
    "null",
    "NaN",
    "1e400",
    "\x00",
    "../../etc/passwd",
    "' OR 1=1--",
    "\u202e",
    "a" * 10_000,
)
CURSORS = (DEEP, LONG, '[{"a":1}]', "[null,null,null,null,null]", "[1e999,NaN]", "{}", '"\\ud800"')
BODIES = (
    b'{"a":%s}' % LONG.encode(),
    b"[" * 100_000,
    b"\xff",
    b'{"a":NaN}',
    b'"\\ud800"',
    b"null",
    b"[]",
    b'{"name":"\\u0000"}',
)
PIECES = ("..%2f..%2fetc%2fpasswd", "%00", "x" * 3_000, "%ff", "%ed%a0%80")


@pytest.fixture(scope="module")
def root(tmp_path_factory, valkey_url):
    with api_over(tmp_path_factory.mktemp("odd"), valkey_url, rate_limit=10_000_000, refused_limit=10_000_000) as api:
        api.publish(event("CLM-ODD"))
        api.settle()
        yield api.signed_in("admin")


def operations(root):
    """(verb, path, names of its query parameters) of the whole document."""
    for path, verbs in root.get("/openapi.json").json()["paths"].items():
        for verb, told in verbs.items():
            if path != "/v1/stream":
                yield verb, path, [one["name"] for one in told.get("parameters", []) if one["in"] == "query"]


def filled(path, piece="denial"):
    parts = path.split("/")
    return "/".join(piece if part.startswith("{") else part for part in parts)


def answered(root, verb, address, **sent):
    status = root.request(verb.upper(), address, **sent).status_code
    assert status < 500 or status == 503, (verb, address[:80], str(sent)[:80], status)


def test_odd_texts_in_every_parameter(root):
    for verb, path, names in operations(root):
        for turn, name in enumerate(names if verb == "get" else ()):
            for text in TEXTS[turn % 3 :: 3]:
                answered(root, verb, filled(path), params={name: text})


def test_cursors_that_no_list_gave(root):
    for verb, path, names in operations(root):
        for text in CURSORS if verb == "get" and "cursor" in names else ():
            for cursor in (text, base64.urlsafe_b64encode(text.encode()).decode()):
                answered(root, verb, filled(path), params={"cursor": cursor})


def test_odd_bodies_everywhere(root):
    for verb, path, _ in operations(root):
        for body in BODIES if verb != "get" else ():
            answered(root, verb, filled(path), content=body, headers={"content-type": "application/json"})


def test_odd_pieces_of_addresses(root):
    for verb, path, _ in operations(root):
        for piece in PIECES if "{" in path else ():
            answered(root, verb, filled(path, piece))
