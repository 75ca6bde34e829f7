"""A server that answers slowly, without end or not at all holds nobody for longer than the limit."""

import socket
import threading
from contextlib import contextmanager, suppress

import httpx
import pytest

from services.scheduler.posting import SignedPost, post_status

LIMIT = 0.5  # seconds for all of a delivery


@contextmanager
def server(answer):
    """One that takes a connection and is told by `answer(socket, is_over)` what to do with it."""
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            taken, _ = listening.accept()
            with taken, suppress(OSError):
                answer(taken, is_over)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        is_over.set()
        thread.join()


def drip(taken, is_over, first=b""):
    """A byte now and then, each sooner than a limit on one read would end it."""
    taken.sendall(first)
    while not is_over.wait(LIMIT / 10):
        taken.sendall(b"x")


def silent(_taken, is_over):
    is_over.wait()


def header_without_end(taken, is_over):
    drip(taken, is_over, b"HTTP/1.1 200 OK\r\nx: ")


def body_without_end(taken, is_over):
    taken.recv(1 << 16)
    drip(taken, is_over, b"HTTP/1.1 202 Accepted\r\n\r\n")


@pytest.mark.parametrize("answer", [silent, header_without_end])
def test_who_does_not_answer_in_time_did_not_take_it(answer):
    with server(answer) as address, pytest.raises(httpx.HTTPError):
        post_status(SignedPost(address=address, body=b"{}", headers={}), LIMIT)


def test_a_body_without_end_is_not_read():
    with server(body_without_end) as address:
        assert post_status(SignedPost(address=address, body=b"{}", headers={}), 30) == 202
