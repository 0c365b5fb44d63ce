"""Every command and option has help and is documented; the changelog names the version."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import click
import pytest

from llmd_routes import __version__
from llmd_routes.cli import cli
from llmd_routes.gateways import IMPLEMENTATIONS
from llmd_routes.gateways.implementation import Implementation
from llmd_routes.model.findings import Cause
from llmd_routes.notices import Code
from tests.gateway_table import gateways_page, supports

ROOT = Path(__file__).resolve().parent.parent
COMMANDS_PAGE = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
OPTIONS = [
    (name, option.opts[-1], option.help)
    for name, command in sorted(cli.commands.items())
    for option in command.params
    if isinstance(option, click.Option)
]


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_commands_are_documented(name: str) -> None:
    assert cli.commands[name].help
    assert f"`llmd-routes {name}`" in COMMANDS_PAGE


@pytest.mark.parametrize(("command", "option", "text"), OPTIONS, ids=[f"{c} {o}" for c, o, _ in OPTIONS])
def test_options_are_documented(command: str, option: str, text: str | None) -> None:
    assert text
    short = {
        "--filename": "-f",
        "--namespace": "-n",
        "--all-namespaces": "-A",
        "--output": "-o",
        "--recursive": "-R",
    }.get(option, option)
    assert short in COMMANDS_PAGE


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.split()) < 700
    links = [link for link in re.findall(r"\]\(([^)]+)\)", readme) if not link.startswith("https://")]
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).is_file()] == []


@pytest.mark.parametrize("one", IMPLEMENTATIONS, ids=lambda one: one.name)
def test_the_table_of_gateways_claims_only_what_is_possible(one: Implementation) -> None:
    assert one.title and not one.run & one.imitated
    assert all(supports(one, feature) for feature in one.run | one.imitated)
    page, _, anchor = re.findall(rf"\(\.\./how-to/([^)]+)\) `{one.name}`", gateways_page())[0].partition("#")
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    assert not anchor or f"\n## {anchor}\n" in text


def test_changelog_names_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## \[([^]]+)\]", changelog, re.MULTILINE)
    assert first is not None
    assert first.group(1) == __version__


def test_every_cause_of_a_finding_is_explained() -> None:
    text = (ROOT / "docs" / "reference" / "findings.md").read_text(encoding="utf-8")
    assert re.findall("^\\| `([a-z-]+)` \\|", text, flags=re.MULTILINE) == list(get_args(Cause))


def test_every_notice_has_its_section() -> None:
    """What it means, what clients see, and what to do."""
    text = (ROOT / "docs" / "reference" / "notices.md").read_text(encoding="utf-8")
    sections = re.split("^### (.+)$", text, flags=re.MULTILINE)[1:]
    assert sorted(sections[::2]) == sorted(get_args(Code))
    for section in sections[1::2]:
        assert re.search(r"^Impact: .+\n(.+\n)*Fix: ", section, re.MULTILINE)


def test_troubleshooting_speaks_of_what_there_is() -> None:
    """What `generate` says is what the program says, and what is named as a notice is one."""
    text = (ROOT / "docs" / "how-to" / "troubleshooting.md").read_text(encoding="utf-8")
    requests, prints = text.split("## `generate` prints nothing")
    program = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "generator").rglob("*.py")))
    said = re.findall(r"^\| ([^|]+?) \|", prints, re.MULTILINE)[2:]
    assert len(said) > 5
    assert [phrase for phrase in said if phrase not in program] == []
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", requests))
    assert named - {"retry-after"} <= set(get_args(Code))


COMMANDS = re.compile(r"(?m)^    (?:\$ )?(llmd-routes [a-z-]+[^|&\n]*)")


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda page: page.name
)
def test_options_in_the_docs_are_those_of_their_command(page: Path) -> None:
    """Every command of ours that a page shows exists, with its options."""
    shown = COMMANDS.findall(page.read_text(encoding="utf-8")) + re.findall(
        r"`(llmd-routes [a-z-]+[^`|]*)`", page.read_text(encoding="utf-8")
    )
    for words in (line.split() for line in shown):
        command = cli.commands.get(words[1])
        assert command is not None, words
        known = {word for option in command.params for word in option.opts}
        used = {re.split("[=\\]]", word.lstrip("["))[0] for word in words[2:] if word.lstrip("[").startswith("-")}
        assert used <= known, words


def test_excerpts_are_of_their_files() -> None:
    """Each part of an excerpt stands in its file as it is, after the part before."""
    page = (ROOT / "docs" / "how-to" / "demo.md").read_text(encoding="utf-8")
    excerpts = re.findall(r"<!-- from (\S+) -->\n```yaml\n(.*?)```", page, re.DOTALL)
    assert len(excerpts) == 2
    for file, excerpt in excerpts:
        rest = (ROOT / file).read_text(encoding="utf-8")
        for part in excerpt.split("...\n"):
            before, found, rest = rest.partition(part)
            assert found, part
            assert before.endswith("\n")
