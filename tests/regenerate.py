"""`make manifests`: rewrites every committed file that is made from the code, and nothing else."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from llmd_routes import __version__
from llmd_routes.cli import cli
from llmd_routes.cli.configuration import settings_model
from llmd_routes.kinds import EMITTED, KINDS
from llmd_routes.output.discovery import Discovery
from llmd_routes.reading.settings import Configuration

from .golden import DATA, arguments, folders, outputs, run
from .reference import pages

ROOT = Path(__file__).resolve().parent.parent


def schema() -> str:
    """Return the JSON Schema of `discover -o json`."""
    described = Discovery.model_json_schema(by_alias=True, mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "llmd-routes discover"}
    return json.dumps({**described, **head}, indent=2) + "\n"


def settings_schema() -> str:
    """Return the JSON Schema of `llmd-routes.yaml` and of the functionConfig of krm."""
    model = settings_model(cli.commands.values())
    described = Configuration[model].model_json_schema(by_alias=True)  # type: ignore[valid-type]
    described["$defs"]["Settings"] = described["$defs"].pop(model.__name__)
    described["properties"]["spec"]["$ref"] = "#/$defs/Settings"
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "llmd-routes.yaml"}
    return json.dumps({**described, **head}, indent=2) + "\n"


SHOWN = re.compile(r"<!-- (?P<what>stderr|errors) of (?P<command>.+) -->\n```\n(?P<text>(?:.*\n)*?)```\n")


def with_output(text: str) -> str:
    """Return a page with the output of each command that a comment names: all of stderr, or its errors only."""

    def shown(found: re.Match[str]) -> str:
        stderr = run(*shlex.split(found["command"])).stderr
        if found["what"] == "errors":
            stderr = re.split(r"^(?:warning|info|next): ", stderr[stderr.index("error: ") :], flags=re.M)[0]
        head = found[0].partition("```\n")[0]
        return f"{head}```\n{stderr}```\n"

    return SHOWN.sub(shown, text)


def pages_with_output() -> dict[Path, str]:
    """Return the pages that show the output of commands; files are named from the top of the repository."""
    with contextlib.chdir(ROOT):
        texts = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
        return {path: with_output(text) for path, text in texts.items() if SHOWN.search(text)}


ROLE = """\
# The permissions of `llmd-routes discover`, `generate` and `diff`: only to list. Bind them with a ClusterRoleBinding,
# or with RoleBindings for single namespaces; a warning then names what may not be listed elsewhere.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: llmd-routes-reader
rules:
"""


def cluster_role() -> str:
    """Return the ClusterRole that may read every kind that is read or emitted."""
    groups: dict[str, set[str]] = {}
    for read in (*KINDS, *EMITTED):
        groups.setdefault(read.group, set()).add(read.plural)
    rules = [
        f'  - apiGroups: ["{group}"]\n    resources: [{", ".join(sorted(plurals))}]\n    verbs: [list]\n'
        for group, plurals in sorted(groups.items())
    ]
    return ROLE + "".join(rules)


PLUGIN = """\
# llmd-routes as a post-renderer of helm 4, which accepts only plugins. With llmd-routes on PATH, run `helm plugin
# install` for this directory, then `helm install --post-renderer llmd-routes`, with options in `--post-renderer-args`.
apiVersion: v1
type: postrenderer/v1
name: llmd-routes
version: {version}
runtime: subprocess
runtimeConfig:
  platformCommand:
    - command: llmd-routes
      args: [post-render]
"""


# What installs the program from a repository.
INSTALLING = (
    ROOT / "docs" / "how-to" / "gitops.md",
    ROOT / "manifests" / "ci" / "github-actions.yaml",
    ROOT / "manifests" / "ci" / "gitlab-ci.yaml",
)


def installing() -> dict[Path, str]:
    """Return what installs the program, with the address that `manifests/source.txt` names."""
    source = (ROOT / "manifests" / "source.txt").read_text(encoding="utf-8").splitlines()[-1]
    return {path: re.sub(r"git\+https://\S+", source, path.read_text(encoding="utf-8")) for path in INSTALLING}


# Cases whose output is shown as a repository would keep it.
EXAMPLES = {"two-engines": "two-engines", "aggregator": "two-engines-with-aggregator"}


def examples() -> dict[Path, str]:
    """Return what `--output-dir` writes for the examples."""
    made = {}
    for case, name in EXAMPLES.items():
        with TemporaryDirectory() as folder:
            source = DATA / case
            run("generate", "-f", str(source / "objects.yaml"), *arguments(source), "--output-dir", folder)
            for path in Path(folder).iterdir():
                place = ROOT / "manifests" / "examples" / name
                text = path.read_text(encoding="utf-8").replace(folder, str(place))
                made[place / path.name] = text.replace(f"{ROOT}/", "")
    return made


def files() -> dict[Path, str]:
    """Return every made file and its content."""
    made = {
        ROOT / "docs" / "discover.schema.json": schema(),
        ROOT / "docs" / "llmd-routes.schema.json": settings_schema(),
        ROOT / "manifests" / "clusterrole.yaml": cluster_role(),
        ROOT / "manifests" / "helm-plugin" / "plugin.yaml": PLUGIN.format(version=__version__),
    }
    made |= pages()
    for folder in folders():
        made |= {folder / name: text for name, text in outputs(folder).items()}
    # The page about GitOps has addresses instead.
    return made | examples() | pages_with_output() | installing()


if __name__ == "__main__":
    rmtree(ROOT / "manifests" / "examples", ignore_errors=True)
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
