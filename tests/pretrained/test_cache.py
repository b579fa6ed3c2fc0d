"""Weights are fetched once, go on where they stopped, and are never taken with another hash."""

from __future__ import annotations

import hashlib
import threading
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from radiobundle.pretrained.cache import CACHE, cached_file, fetch, recorded_sha256
from radiobundle.pretrained.entry import Expected, WeightsEntry, WeightsError

CONTENT = bytes(range(256)) * 8192  # 2 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class WithoutTLS(urllib.request.HTTPSHandler):
    """Asks https addresses by plain HTTP, so that a server needs no certificate."""

    def https_open(self, request: urllib.request.Request) -> HTTPResponse:
        return self.do_open(HTTPConnection, request)


class Server(BaseHTTPRequestHandler):
    """Serves `content`, the rest of it if asked, and breaks off after `limit` bytes once."""

    content, limit, etag = CONTENT, 0, '"1"'
    asked: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        type(self).asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if self.headers.get("If-Range") != self.etag:
            start = 0
        body = self.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", self.etag)
        self.end_headers()
        limit, type(self).limit = self.limit, 0
        self.wfile.write(body[: limit or None])

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    monkeypatch.setattr(urllib.request, "_opener", urllib.request.build_opener(WithoutTLS))
    Server.content, Server.limit, Server.etag, Server.asked = CONTENT, 0, '"1"', []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/net.pth"
        server.shutdown()
        thread.join()


def entry(address: str, **more: Any) -> WeightsEntry:
    expects = Expected(channels=1, mean=(0.5,), std=(0.5,))
    return WeightsEntry("net", "a network", {}, {"address": address}, expects, (), **more)


@pytest.mark.parametrize("sha256", [SHA256, SHA256[:8], ""])
def test_a_file_is_fetched_once_and_its_hash_recorded(address: str, sha256: str) -> None:
    wanted = entry(address, sha256=sha256)
    path = fetch(wanted)
    assert path == fetch(wanted) == cached_file(wanted) and path.read_bytes() == CONTENT
    assert Server.asked == [None] and recorded_sha256(path) == SHA256
    assert sorted(each.name for each in path.parent.iterdir()) == ["net.pth", "net.pth.lock", "net.pth.sha256"]


def test_half_a_file_is_no_file_and_the_rest_follows(address: str) -> None:
    Server.limit = len(CONTENT) // 2
    wanted = entry(address, sha256=SHA256)
    with pytest.raises(WeightsError, match=r"only 1,048,576 of 2,097,152 bytes .* try again, it goes on from there"):
        fetch(wanted)
    assert not cached_file(wanted).exists()
    assert fetch(wanted).read_bytes() == CONTENT
    assert Server.asked == [None, f"bytes={len(CONTENT) // 2}-"]


def test_rest_of_another_version_is_not_appended(address: str) -> None:
    Server.limit = len(CONTENT) // 2
    with pytest.raises(WeightsError):
        fetch(entry(address))
    Server.content, Server.etag = CONTENT[::-1], '"2"'
    assert fetch(entry(address)).read_bytes() == CONTENT[::-1]


def test_another_hash_is_refused_and_nothing_stays(address: str) -> None:
    wanted = entry(address, sha256="0" * 64)
    with pytest.raises(WeightsError, match=rf"begins with {SHA256[:8]}, the entry's with 00000000"):
        fetch(wanted)
    left = {each.name for each in cached_file(wanted).parent.iterdir()}
    assert not left & {"net.pth", "net.pth.part", "net.pth.sha256"}


def test_a_file_that_changed_since_the_first_fetch_is_refused(address: str) -> None:
    path = fetch(entry(address))
    path.write_bytes(b"other")
    with pytest.raises(WeightsError, match=r"net\.pth: is damaged or another file.*the one at the first fetch"):
        fetch(entry(address))
    assert path.read_bytes() == b"other"  # perhaps brought there on purpose: its owner decides


def test_a_file_brought_by_hand_is_taken(address: str) -> None:
    wanted = entry(address, sha256=SHA256)
    cached_file(wanted).parent.mkdir(parents=True)
    cached_file(wanted).write_bytes(CONTENT)
    assert fetch(wanted).read_bytes() == CONTENT and Server.asked == []


def test_without_a_network_the_message_says_which_file_to_bring_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path))
    monkeypatch.setattr(urllib.request, "_opener", None)
    wanted = entry("https://127.0.0.1:9/net.pth")
    with pytest.raises(WeightsError) as caught:
        fetch(wanted)
    assert "https://127.0.0.1:9/net.pth cannot be fetched" in str(caught.value)
    assert f"bring that file from another machine to {tmp_path / 'net' / 'net.pth'}" in str(caught.value)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(CACHE, str(tmp_path / "file"))
    with pytest.raises(WeightsError, match=f"cannot be kept in .*file.*environment variable {CACHE}"):
        fetch(entry("https://127.0.0.1:9/net.pth"))
