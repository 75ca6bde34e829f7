"""Notifications do not reach into the network around the server, by whatever name or address."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address

import httpx
import pytest

from services.core.destinations import RefusedDestinationError, check_destination
from services.scheduler.posting import SignedPost, post_status

NEVER = ("169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::", "::ffff:169.254.169.254")
NEVER += ("64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::a9fe:a9fe", "::ffff:0:a9fe:a9fe", "168.63.129.16")
INSIDE = ("10.0.0.5", "192.168.1.9", "172.16.0.1", "127.0.0.2", "fd00::1", "100.64.0.1", "::ffff:10.0.0.5")
INSIDE += ("64:ff9b::a00:5", "fec0::1", "2002:a00:5::1")
OUTSIDE = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")


def to(address, inside):
    return SignedPost(address=address, body=b"{}", headers={}, inside=inside)


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("inside", [(), ("0.0.0.0/0", "::/0", "hooks.example.org")])
def test_nothing_is_ever_sent_to(address, inside):
    with pytest.raises(RefusedDestinationError, match="nothing is sent to"):
        check_destination("hooks.example.org", ip_address(address), inside)


@pytest.mark.parametrize("address", INSIDE)
def test_a_place_inside_must_be_named(address):
    with pytest.raises(RefusedDestinationError, match="CLAIMCLOCK_NOTIFY_INSIDE"):
        check_destination("hooks.example.org", ip_address(address), ("10.9.0.0/16", "other.example.org"))
    check_destination("hooks.example.org", ip_address(address), ("HOOKS.example.org",))


def test_a_network_may_be_named():
    check_destination("relay", ip_address("10.9.1.2"), ("10.9.0.0/16",))


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_place_is_free(address):
    check_destination("hooks.example.org", ip_address(address), ())


def test_this_machine_is_meant_where_it_is_said():
    for host, address in (("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("localhost", "::1")):
        check_destination(host, ip_address(address), ())
    with pytest.raises(RefusedDestinationError):
        check_destination("hooks.example.org", ip_address("127.0.0.1"), ())


@pytest.fixture
def receiver():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.heard.append((self.path, self.headers["Host"], json.loads(body)))
            self.send_response(302 if self.path == "/elsewhere" else 204)
            self.send_header("Location", "/hook")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.heard = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def a_name(monkeypatch, *addresses):
    """Whatever is looked up has these addresses, one after the other."""
    left = list(addresses)

    def look_up(_host, port, *_more, **_named):
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_a_name_that_leads_inside_is_refused(receiver, monkeypatch):
    a_name(monkeypatch, "127.0.0.1")
    address = f"http://hooks.example.org:{receiver.server_address[1]}/hook"
    with pytest.raises(RefusedDestinationError):
        post_status(to(address, ()), 10)
    assert receiver.heard == []


def test_what_was_checked_is_what_is_connected_to(receiver, monkeypatch):
    """A name that means an allowed address when it is checked and another one a moment later."""
    port = receiver.server_address[1]
    a_name(monkeypatch, "127.0.0.1", "169.254.169.254")
    told = to(f"http://hooks.example.org:{port}/hook", ("hooks.example.org",))
    assert post_status(told, 10) == 204
    assert receiver.heard == [("/hook", f"hooks.example.org:{port}", {})]


def test_a_redirect_is_not_followed(receiver):
    address = f"http://127.0.0.1:{receiver.server_address[1]}/elsewhere"
    assert post_status(to(address, ()), 10) == 302
    assert [path for path, *_ in receiver.heard] == ["/elsewhere"]


def test_a_name_nobody_knows():
    with pytest.raises(httpx.ConnectError):
        post_status(to("https://no-such-host.invalid/hook", ()), 30)
