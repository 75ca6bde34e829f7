"""A small TCP proxy that can stall, as a network that is gone does, or cut its connections."""

import socket
import threading
from contextlib import suppress


class Proxy:
    """Listens on a local port and passes everything on to an address of a Unix socket or TCP port."""

    def __init__(self, connect):
        self._connect = connect  # makes a connected socket
        self._open = threading.Event()
        self._open.set()
        self._pairs, self._lock = [], threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = []
        self._start(self._accept)

    def stall(self):
        """From now on nothing passes, in either direction, and nobody is notified."""
        self._open.clear()

    def resume(self):
        self._open.set()

    def cut(self):
        """Closes every connection; new ones may be made."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for end in [end for pair in pairs for end in pair]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.resume()
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def _start(self, work, *arguments):
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = self._connect()
                with self._lock:
                    self._pairs.append((near, far))
                for source, sink in ((near, far), (far, near)):
                    self._start(self._pass_on, source, sink)

    def _pass_on(self, source, sink):
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self._open.wait()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()


def unix_socket(path):
    def connect():
        end = socket.socket(socket.AF_UNIX)
        end.connect(str(path))
        return end

    return connect
