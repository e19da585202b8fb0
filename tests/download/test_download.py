from __future__ import annotations

import fcntl
import gc
import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from zsbench.download import download, fetch
from zsbench.errors import ZsbenchError
from zsbench.manifest import BenchmarkFile

CONTENT = b"".join(hashlib.sha256(bytes([i % 256, i // 256])).digest() for i in range(20_000))  # 640 kB, no two alike
OTHER = CONTENT[::-1]


class Site:
    """What the loopback server has, and what it does wrong; `requests` tells what was asked."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.tag = '"one"'
        self.breaks_after: list[int] = []
        """Bytes after which the next answers break off."""
        self.status: dict[str, int] = {}
        self.ranges = True
        self.wrong_range = False
        self.requests: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    def __init__(self, *args: object, site: Site) -> None:
        self.site = site
        super().__init__(*args)  # type: ignore[arg-type]

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        site, asked = self.site, self.headers.get("Range")
        site.requests.append((self.path, asked))
        if (status := site.status.get(self.path, 200)) != 200:
            self.send_response(status)
            self.send_header("Location", "/file")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and site.ranges else 0
        if self.headers.get("If-Range", site.tag) != site.tag:
            start = 0
        if start >= len(site.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(site.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send(start)

    def _send(self, start: int) -> None:
        site, content = self.site, self.site.content[start:]
        self.send_response(206 if start else 200)
        if start:
            told = start + 1 if site.wrong_range else start
            self.send_header("Content-Range", f"bytes {told}-{len(site.content) - 1}/{len(site.content)}")
        self.send_header("Content-Length", str(len(content)))
        if site.tag:
            self.send_header("ETag", site.tag)
        self.end_headers()
        self.wfile.write(content[: site.breaks_after.pop(0)] if site.breaks_after else content)


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address) -> None:
        """Nobody minds a client that hangs up."""


@pytest.fixture
def site(monkeypatch) -> Site:
    monkeypatch.setattr(fetch, "PAUSE", 0)
    monkeypatch.setattr(fetch, "CHUNK", 1000)
    return Site()


@pytest.fixture
def url(site) -> Iterator[str]:
    with Server(("127.0.0.1", 0), partial(Handler, site=site)) as httpd:
        thread = threading.Thread(target=partial(httpd.serve_forever, poll_interval=0.01))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def known(*urls: str, sha256: str = hashlib.sha256(CONTENT).hexdigest(), size: int | str = "") -> BenchmarkFile:
    return BenchmarkFile(
        name="extra.bin", space="nb201", what="", licence="", cite="", size=size, sha256=sha256, url=urls[0],
        mirrors=urls[1:], page="its page",
    )  # fmt: skip


def left(file: BenchmarkFile) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in file.location().parent.iterdir()}


def test_a_file_comes_whole_and_alone_and_says_how_far_it_is(site, url):
    seen: list[tuple[int, int]] = []
    file = known(f"{url}/file")
    assert download(file, lambda done, total: seen.append((done, total))).read_bytes() == CONTENT
    assert left(file) == {"extra.bin": len(CONTENT)}
    assert site.requests == [("/file", None)]
    assert seen == sorted(seen)
    assert len(seen) > 2
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_transfer_that_breaks_off_goes_on_at_once(site, url):
    site.breaks_after = [100_000, 200_000]
    file = known(f"{url}/file")
    download(file)
    assert file.location().read_bytes() == CONTENT
    assert site.requests == [("/file", None), ("/file", "bytes=100000-"), ("/file", "bytes=300000-")]


def test_what_a_broken_transfer_brought_is_kept_for_the_next_command(site, url):
    site.breaks_after = [100_000, 0]
    file = known(f"{url}/file")
    with pytest.raises(ZsbenchError, match=r"cannot fetch http\S*/file: .*0 bytes read") as caught:
        download(file)
    assert "goes on after the first 100,000 bytes; or fetch it by hand (its page)" in caught.value.hint
    assert left(file)[".extra.bin.part"] == 100_000
    download(file)
    assert file.location().read_bytes() == CONTENT
    assert site.requests[-1] == ("/file", "bytes=100000-")
    assert left(file) == {"extra.bin": len(CONTENT)}


def test_a_server_that_always_breaks_off_is_given_up(site, url):
    site.breaks_after = [1000] * 100
    with pytest.raises(ZsbenchError, match="cannot fetch"):
        download(known(f"{url}/file"))
    assert len(site.requests) == fetch.ATTEMPTS


def test_a_server_that_cannot_resume_sends_all_again(site, url):
    site.breaks_after = [100_000]
    site.ranges = False
    file = known(f"{url}/file")
    download(file)
    assert file.location().read_bytes() == CONTENT
    assert [asked for _, asked in site.requests] == [None, "bytes=100000-"]


def test_parts_of_two_versions_are_never_joined(site, url):
    site.breaks_after = [100_000, 0]
    file = known(f"{url}/file", sha256="")  # nothing but the server tells the versions apart
    with pytest.raises(ZsbenchError):
        download(file)
    site.content, site.tag = OTHER, '"two"'
    assert download(file).read_bytes() == OTHER


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_checksum_and_version_a_transfer_starts_again(site, url, tag):
    site.tag = tag
    site.breaks_after = [100_000]
    assert download(known(f"{url}/file", sha256="")).read_bytes() == CONTENT
    assert [asked for _, asked in site.requests] == [None, None]


def test_a_part_of_something_else_is_found_out_by_the_checksum_and_fetched_again(site, url):
    file = known(f"{url}/file")
    file.location().parent.mkdir(parents=True)
    (file.location().parent / ".extra.bin.part").write_bytes(OTHER[:50_000])
    assert download(file).read_bytes() == CONTENT
    assert [asked for _, asked in site.requests] == ["bytes=50000-", None]


@pytest.mark.parametrize(("part", "requests"), [(CONTENT, 1), (CONTENT + b"more", 2)])
def test_a_part_that_is_already_whole_or_too_long(site, url, part, requests):
    file = known(f"{url}/file")
    file.location().parent.mkdir(parents=True)
    (file.location().parent / ".extra.bin.part").write_bytes(part)
    assert download(file).read_bytes() == CONTENT
    assert len(site.requests) == requests


def test_another_part_than_asked_for_is_not_appended(site, url):
    site.breaks_after = [100_000]
    site.wrong_range = True
    file = known(f"{url}/file")
    with pytest.raises(ZsbenchError, match="it sent another part than asked for"):
        download(file)
    assert left(file)[".extra.bin.part"] == 100_000


def test_a_wrong_checksum_leaves_nothing_and_names_both(site, url):
    site.content = OTHER
    file = known(f"{url}/file")
    with pytest.raises(ZsbenchError, match="is truncated or altered: its sha256 is") as caught:
        download(file)
    assert file.sha256 in caught.value.message
    assert hashlib.sha256(OTHER).hexdigest() in caught.value.message
    assert left(file) == {}
    assert len(site.requests) == 1


def test_a_wrong_size_is_found_where_no_checksum_is_published(url):
    file = known(f"{url}/file", sha256="", size=1_000)
    with pytest.raises(ZsbenchError, match=r"it sent 640,000 bytes, extra.bin has 1,000"):
        download(file)
    assert left(file) == {}


def test_where_the_first_link_is_dead_the_mirror_serves(site, url):
    site.status = {"/dead": 404}
    file = known(f"{url}/dead", "http://127.0.0.1:9/out-of-reach", f"{url}/file")
    assert download(file).read_bytes() == CONTENT
    assert [path for path, _ in site.requests] == ["/dead", "/file"]


def test_a_mirror_goes_on_where_the_first_link_broke_off(site, url):
    site.breaks_after = [100_000, 0]
    file = known(f"{url}/file", f"{url}/mirror")
    assert download(file).read_bytes() == CONTENT
    assert site.requests[-1] == ("/mirror", "bytes=100000-")


def test_if_every_link_fails_each_is_named_with_its_reason_on_one_line(site, url):
    site.status = {"/dead": 404, "/ill": 503}
    file = known(f"{url}/dead", f"{url}/ill", "http://127.0.0.1:9/x", "http://no-such-host.invalid/x")
    with pytest.raises(ZsbenchError) as caught:
        download(file)
    assert (
        f"{url}/dead: 404 Not Found; {url}/ill: 503 Service Unavailable; http://127.0.0.1:9/x: Connection refused"
        in (caught.value.message)
    )
    assert "\n" not in caught.value.message
    assert caught.value.hint == f"fetch it by hand (its page) and put it at {file.location()}"
    assert left(file) == {}
    del caught
    gc.collect()  # a connection left open would warn now, here


def test_a_redirect_is_followed(site, url):
    site.status = {"/moved": 302}
    assert download(known(f"{url}/moved")).read_bytes() == CONTENT


def test_a_full_disk_is_said_and_what_is_there_is_kept(url):
    file = known(f"{url}/file")
    file.location().parent.mkdir(parents=True)
    (file.location().parent / ".extra.bin.part").symlink_to("/dev/full")
    with pytest.raises(ZsbenchError, match=r"cannot write .*extra.bin: No space left on device") as caught:
        download(file)
    assert "make room, or let ZSBENCH_DATA name another folder; the same command goes on" in caught.value.hint
    assert not file.location().exists()


def test_a_file_for_which_there_is_no_room_is_not_begun(url, monkeypatch):
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1_000}))
    file = known(f"{url}/file")
    with pytest.raises(ZsbenchError, match=r"640,000 bytes are to come, but .*nb201 has room for 1,000"):
        download(file)
    assert left(file) == {}


def test_two_commands_at_once_do_not_write_into_each_other(url):
    file = known(f"{url}/file")
    file.location().parent.mkdir(parents=True)
    with (file.location().parent / ".extra.bin.part").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ZsbenchError, match=r"another process is fetching extra\.bin"):
            download(file)
    download(file)
