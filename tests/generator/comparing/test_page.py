"""The page loads nothing, and says everything without the plots too."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

from llmd_routes.comparing.comparison import Comparison
from llmd_routes.comparing.page import as_page
from llmd_routes.comparing.replies import Reply

from .examples import BOTH, PLAN


def test_nothing_is_loaded() -> None:
    page = as_page(BOTH)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;" in page
    addresses = re.findall(r'(?:src|srcset|href)="([^"]*)"', page)
    assert len(addresses) == 7 and all(address.startswith("data:") for address in addresses)
    assert " style=" not in page and "<script" not in page
    plots = [base64.b64decode(address.partition(",")[2]).decode() for address in addresses[1:]]
    assert all("<svg" in plot for plot in plots)
    assert not re.search(r'href="(?!#)', "".join(plots)), "a plot refers to nothing else"


def test_the_words() -> None:
    page = as_page(BOTH)
    assert "<li>time to first token: vllm is better; sglang/vllm is 2 (2 to 2), p &lt; 0.001</li>" in page
    assert 'alt="Share of replies by time to first token. Medians: sglang 250 ms, vllm 125 ms."' in page
    assert '<th scope="row">sglang</th><td>none</td>' in page
    assert "ended before" not in page


def test_texts_of_engines_are_escaped() -> None:
    nasty = "<img src=x onerror=alert(1)>"
    plan = replace(PLAN, model=nasty, engines=(nasty, "b"))
    page = as_page(Comparison(plan, (Reply(nasty, 0, error=nasty),), is_complete=False))
    assert nasty not in page
    assert "ended before all requests were sent" in page
