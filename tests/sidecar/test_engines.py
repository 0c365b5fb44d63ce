"""Engines are asked over real sockets; what answers may be anything."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from llmd_routes_sidecar.catalog import Access
from llmd_routes_sidecar.engine_models import MOST_READ, AnswerError
from llmd_routes_sidecar.engines import Engines
from llmd_routes_sidecar.live import Silence, Told
from llmd_routes_sidecar.pods import Target

from .peers import Answerer, Writer, peer, saying

KEY = "sk-secret"
LIST = json.dumps({"data": [{"id": "m", "created": 1}]}).encode()
TOLD = {"m": {"created": 1}}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secrets(tmp_path: Path, authority: trustme.CA) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    (tmp_path / "key").write_text(f"{KEY}\n")
    return tmp_path


def ask(answer: Answerer, access: Access | None = None, **more: Any) -> tuple[Told | str, list[str]]:
    """Return what is told, or what is wrong, and the heads of the requests that it took."""
    tls, secrets = more.get("tls"), more.get("secrets")

    async def run() -> tuple[Told | str, list[str]]:
        async with peer(answer, tls) as found:
            target = Target("https" if tls else "http", "127.0.0.1", found.port, access)
            try:
                return await Engines(secrets, more.get("timeout", 5)).ask(target), found.heads
            except AnswerError as error:
                return str(error), found.heads

    return asyncio.run(run())


def serving(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def test_an_engine_tells_what_it_serves() -> None:
    told, (head,) = ask(saying(LIST))
    assert told == TOLD
    assert head.startswith("GET /v1/models HTTP/1.1\r\n") and "authorization" not in head.lower()


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "405 No", "501 No"])
def test_an_engine_that_does_not_tell(status: str) -> None:
    assert ask(saying(b"", status))[0] is Silence.REFUSED


async def hangs(_: str, writer: Writer) -> None:
    await asyncio.sleep(30)


async def drips(_: str, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _turn in range(100):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def floods(_: str, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10485760\r\n\r\n")
    for _turn in range(160):
        writer.write(b"[" * 65536)
        await writer.drain()


async def raves(_: str, writer: Writer) -> None:
    writer.write(b"\x00\xff nonsense\r\n\r\n")
    writer.close()


async def leaves(_: str, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    writer.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (hangs, "does not answer within 0.5 s"),
        (drips, "does not answer within 0.5 s"),
        (floods, f"longer than {MOST_READ} bytes"),
        (raves, "cannot be asked: "),
        (leaves, "cannot be asked: "),
        (saying(b"<html>"), "is no JSON"),
        (saying(b"[" * 100_000), "is no JSON"),
        (saying(b"{}"), "has no `data`"),
        (saying(b"", "500 Oops"), "answers 500"),
        (saying(LIST, headers="content-encoding: gzip\r\n"), "an encoding that was not asked for"),
    ],
)
def test_what_is_wrong_is_told(answer: Answerer, words: str) -> None:
    told, heads = ask(answer, timeout=0.5)
    assert isinstance(told, str) and words in told and "\n" not in told
    assert len(heads) == 1


def test_nobody_is_sent_elsewhere() -> None:
    async def run() -> None:
        async with peer(saying(LIST)) as other:
            place = f"location: http://127.0.0.1:{other.port}/v1/models\r\n"
            async with peer(saying(b"", "307 Elsewhere", place)) as one:
                with pytest.raises(AnswerError, match="answers 307"):
                    await Engines().ask(Target("http", "127.0.0.1", one.port))
            assert other.heads == []

    asyncio.run(run())


def test_nothing_is_remembered_for_an_engine_or_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    async def run() -> None:
        async with peer(saying(LIST, headers="set-cookie: a=b\r\n")) as one:
            engines = Engines()
            for _ in range(2):
                assert await engines.ask(Target("http", "127.0.0.1", one.port)) == TOLD
            assert all("cookie" not in head for head in one.heads) and len(one.heads) == 2

    asyncio.run(run())


def test_nobody_listens() -> None:
    async def run() -> None:
        async with peer(saying(LIST)) as one:
            pass
        with pytest.raises(AnswerError, match="cannot be asked: "):
            await Engines().ask(Target("http", "127.0.0.1", one.port))

    asyncio.run(run())


def test_a_key_is_told_over_tls_that_is_verified(secrets: Path, authority: trustme.CA) -> None:
    access = Access(ca="ca.crt", api_key="key")
    told, (head,) = ask(saying(LIST), access, tls=serving(authority, "127.0.0.1"), secrets=secrets)
    assert told == TOLD
    assert f"authorization: Bearer {KEY}\r\n" in head


@pytest.mark.parametrize("access", [Access(api_key="key"), Access(ca="ca.crt", api_key="key")])
def test_who_poses_as_an_engine_learns_no_key(secrets: Path, authority: trustme.CA, access: Access) -> None:
    """Over plain HTTP, with a certificate that nobody vouches for, or with one for somebody else."""
    told, (head,) = ask(saying(LIST), access, secrets=secrets)
    assert told == TOLD and "authorization" not in head.lower()
    for posing in (serving(trustme.CA(), "127.0.0.1"), serving(authority, "other.example.com")):
        told, heads = ask(saying(LIST), access, tls=posing, secrets=secrets)
        assert isinstance(told, str) and "certificate" in told and heads == []


def test_a_key_is_told_plainly_where_the_catalog_says_so(secrets: Path) -> None:
    _, (head,) = ask(saying(LIST), Access(api_key="key", plain_key=True), secrets=secrets)
    assert f"authorization: Bearer {KEY}\r\n" in head


def test_a_name_to_check_and_no_check_at_all(secrets: Path, authority: trustme.CA) -> None:
    named = serving(authority, "engine.example.com")
    access = Access(ca="ca.crt", server_name="engine.example.com")
    assert ask(saying(LIST), access, tls=named, secrets=secrets)[0] == TOLD
    unverified = Access(verify=False, api_key="key")
    told, (head,) = ask(saying(LIST), unverified, tls=serving(trustme.CA(), "other"), secrets=secrets)
    assert told == TOLD and "authorization" not in head.lower()


def test_certificates_that_were_replaced_are_read_again(secrets: Path, authority: trustme.CA) -> None:
    async def run() -> None:
        async with peer(saying(LIST), serving(authority, "127.0.0.1")) as one:
            engines, target = Engines(secrets), Target("https", "127.0.0.1", one.port, Access(ca="ca.crt"))
            assert await engines.ask(target) == TOLD
            trustme.CA().cert_pem.write_to_path(str(secrets / "ca.crt"))
            os.utime(secrets / "ca.crt", (1, 1))
            with pytest.raises(AnswerError, match="certificate"):
                await engines.ask(target)

    asyncio.run(run())


@pytest.mark.parametrize("folder", [None, Path("/nowhere")])
def test_secrets_that_are_not_there(folder: Path | None) -> None:
    told, heads = ask(saying(LIST), Access(api_key="key", plain_key=True), secrets=folder)
    assert isinstance(told, str) and "as the catalog says" in told and heads == []
