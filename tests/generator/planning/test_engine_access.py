"""How engines are asked for their models."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.planning.engine_access import access_problems, access_to, mounted
from llmd_routes_sidecar.catalog import Access
from tests.generator.options import to_options


@pytest.mark.parametrize(
    ("words", "scheme", "access"),
    [
        ({}, "http", None),
        ({}, "https", None),
        ({"engine_ca_secret": "c"}, "http", None),
        ({"engine_ca_secret": "c"}, "https", Access(ca="c.ca.crt")),
        ({"engine_skip_verify": True}, "https", Access(verify=False)),
        ({"engine_key_secrets": ("k",)}, "http", Access(api_key="k.api-key")),
        ({"engine_key_secrets": ("k", "vllm=v:x")}, "http", Access(api_key="v.x")),
        ({"engine_key_secrets": ("sglang=s",)}, "http", None),
    ],
)
def test_access_of_vllm(words: dict[str, Any], scheme: str, access: Access | None) -> None:
    assert access_to("vllm", scheme, to_options(**words)) == access


def test_what_is_mounted_is_each_secret_once_in_order() -> None:
    options = to_options(engine_ca_secret="c", engine_key_secrets=("k", "vllm=k", "sglang=b:x"))
    assert [secret.file for secret in mounted(options)] == ["b.x", "c.ca.crt", "k.api-key"]


def test_certificates_that_are_not_looked_at() -> None:
    assert len(list(access_problems(to_options(engine_ca_secret="c", engine_skip_verify=True)))) == 1
    assert list(access_problems(to_options(engine_ca_secret="c"))) == []
