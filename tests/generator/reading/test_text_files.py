"""Texts of files and of stdin."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from llmd_routes.errors import InputError
from llmd_routes.reading.text_files import limit_of, read_file, read_text


def test_a_file_is_read_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("é\n".encode())
    assert read_file(tmp_path / "a", "it") == "é\n"


@pytest.mark.parametrize(
    ("content", "fact"), [(None, "no such file or directory"), (b"\xff", "not utf-8")], ids=["absent", "no text"]
)
def test_what_cannot_be_read_is_named_as_given(content: bytes | None, fact: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"--x FILE: cannot be read: {fact}; check the path"):
        read_file(path, "--x FILE")


def test_stdin_is_read_as_bytes_where_there_are_any() -> None:
    assert read_text(io.TextIOWrapper(io.BytesIO("é".encode()), encoding="ascii")) == "é"
    assert read_text(io.StringIO("é")) == "é"
    with pytest.raises(InputError, match="-: not UTF-8"):
        read_text(io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))


def test_stdin_is_read_up_to_its_limit() -> None:
    assert read_text(io.TextIOWrapper(io.BytesIO(b"1234")), 4) == "1234"
    with pytest.raises(InputError, match=r"^-: the input exceeds its limit; raise --input-limit, or pass fewer files$"):
        read_text(io.TextIOWrapper(io.BytesIO(b"12345")), 4)


def test_settings_without_an_end() -> None:
    with pytest.raises(InputError, match=r"^--x FILE: larger than 16 MiB; check the path$"):
        read_file(Path("/dev/zero"), "--x FILE")


@pytest.mark.parametrize(
    ("word", "limit"), [(None, 256 * 1024**2), ("10", 10), ("2Ki", 2048), ("x", None), ("-1", None)]
)
def test_the_limit_of_the_input(word: str | None, limit: int | None) -> None:
    if limit is not None:
        assert limit_of(word) == limit
        return
    with pytest.raises(InputError, match=r"^--input-limit .*: invalid size; use bytes"):
        limit_of(word)
