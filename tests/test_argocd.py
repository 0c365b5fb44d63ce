"""The Argo CD plugin on folders of manifests; kustomizations and charts need their programs and are in `make e2e`."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from llmd_routes.cli.configuration import RESTRICTED, camel
from llmd_routes.cli.generate import generate
from llmd_routes.names import POOL_V1, POOL_V1ALPHA2

from .argocd import plugin, ran
from .golden import DATA, run

EXAMPLE = DATA / "two-engines" / "objects.yaml"
V1, ALPHA = f"{POOL_V1}/v1/InferencePool", f"{POOL_V1ALPHA2}/v1alpha2/InferencePool"


def manifests(done: subprocess.CompletedProcess[str]) -> str:
    """Return the documents of stdout without the comment at their head."""
    return "".join(done.stdout.partition("---\n")[1:])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source with manifests in a folder of it, and with files that are none."""
    (tmp_path / "llm").mkdir()
    shutil.copyfile(EXAMPLE, tmp_path / "llm" / "objects.yaml")
    (tmp_path / "values.yaml").write_text("replicas: 1\n")
    return tmp_path


def test_it_prints_the_routes_and_nothing_else(source: Path) -> None:
    before = sorted(source.rglob("*"))
    done = ran("generate", source)
    assert (done.returncode, manifests(done)) == (0, run("generate", "-f", str(EXAMPLE)).manifests), done.stderr
    assert "HTTPRoute" in done.stderr
    # Twice the same, and the source is left as it is.
    assert manifests(ran("generate", source)) == manifests(done)
    assert sorted(source.rglob("*")) == before


def test_it_answers_for_sources_with_model_services_only(source: Path, tmp_path: Path) -> None:
    assert ran("discover", source).stdout == "llmd-routes\n"
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    done = ran("discover", other)
    assert (done.returncode, done.stdout) == (0, "")
    # Blank output would be synced as the removal of everything.
    done = ran("generate", other)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no ModelService in the input" in done.stderr
    (other / "a.yaml").write_text("kind: [\n")
    for what in ("discover", "generate"):
        done = ran(what, other)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr


def test_variables_of_the_application_are_options(source: Path) -> None:
    given = {"ARGOCD_ENV_LLMD_ROUTES_INSTANCE": "my-routes", "ARGOCD_ENV_LLMD_ROUTES_HOSTNAME": "a.example b.example"}
    done = ran("generate", source, **given, ARGOCD_ENV_LLMD_ROUTES_x="1", ARGOCD_ENV_OTHER="$(false)")
    options = ("--instance", "my-routes", "--hostname", "a.example", "--hostname", "b.example")
    assert manifests(done) == run("generate", "-f", str(EXAMPLE), *options).manifests, done.stderr
    evil = ran("generate", source, ARGOCD_ENV_LLMD_ROUTES_INSTANCE="'; echo a >gone; $(echo b >gone)'")
    assert (evil.returncode, (source / "gone").exists()) == (2, False)
    namespace = ran("generate", source, ARGOCD_APP_NAMESPACE="elsewhere")
    assert (namespace.returncode, namespace.stdout) == (2, "")


@pytest.mark.parametrize(
    ("versions", "option"),
    [
        (f"v1,apps/v1/Deployment,{V1}", "v1"),
        (f"v1,{ALPHA},apps/v1/Deployment", "v1alpha2"),
        (f"{V1},{ALPHA}", "auto"),
        (f"v1,{ALPHA},{V1},x", "auto"),
        ("v1,apps/v1", "auto"),
    ],
)
def test_the_apis_of_the_cluster_decide_on_that_of_pools(versions: str, option: str, source: Path) -> None:
    done = ran("generate", source, KUBE_API_VERSIONS=versions)
    wanted = run("generate", "-f", str(EXAMPLE), "--pool-api", option)
    assert (done.returncode, manifests(done)) == (wanted.code, wanted.manifests)


# Options that an Application must not set: they access files or clusters, overwrite objects, skip TLS checks, or print
# permissions.
FORBIDDEN = (
    *("admin-settings", "admin-token-secret", "all-namespaces", "allow-missing", "ask-engines", "check", "config"),
    *("context", "engine-key-plain", "engine-skip-verify", "epp-config", "filename", "input-limit", "kubeconfig"),
    *("namespace", "output", "restricted", "output-dir", "output-file", "recursive", "request-timeout", "take-over"),
    *("adopt-pools", "controller"),
)


def variable_of(option: str) -> str:
    return option.upper().replace("-", "_")


def test_every_option_is_allowed_or_forbidden() -> None:
    names = [[*each.opts, getattr(each, "former", "")] for each in generate.params]
    options = {name.removeprefix("--") for each in names for name in each if name.startswith("--")}
    allowed = re.search(r'allowed="([^"]*)"', plugin()["spec"]["generate"]["args"][0])
    assert allowed and not set(allowed[1].split()) & set(map(variable_of, FORBIDDEN))
    assert {*allowed[1].split(), *map(variable_of, FORBIDDEN)} == set(map(variable_of, options))


@pytest.mark.parametrize("option", FORBIDDEN)
def test_an_application_writes_nothing_and_reads_nothing_else(option: str, source: Path) -> None:
    variable = f"LLMD_ROUTES_{variable_of(option)}"
    done = ran("generate", source, **{f"ARGOCD_ENV_{variable}": str(source / "made.yaml")})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {variable}: cannot be a variable of an Application; remove it\n"
    assert not (source / "made.yaml").exists()


def test_settings_of_a_source_may_hold_what_its_variables_may() -> None:
    keys = {camel(option) for option in FORBIDDEN} - {"config", "output", "takeOver"}
    assert keys == RESTRICTED


@pytest.mark.parametrize("key", ["outputFile", "context", "filename"])
def test_settings_of_a_source_write_nothing_and_read_nothing_else(key: str, source: Path) -> None:
    head = "apiVersion: llmd-routes/v1alpha1\nkind: Configuration\nspec:\n  instance: mine\n"
    (source / "llmd-routes.yaml").write_text(head)
    done = ran("generate", source)
    assert (done.returncode, "instance mine\n" in done.stderr) == (0, True), done.stderr
    (source / "llmd-routes.yaml").write_text(f"{head}  {key}: made.yaml\n")
    for what in ("discover", "generate"):
        done = ran(what, source)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"error: llmd-routes.yaml: {key}: not allowed with --restricted\n  fix: remove it\n"


def test_settings_of_a_source_are_a_file_of_the_source(source: Path) -> None:
    secret = source.parent / f"{source.name}-secret.yaml"
    secret.write_text("apiVersion: secret\nkind: Configuration\nspec: {}\n")
    (source / "llmd-routes.yaml").symlink_to(secret)
    for what in ("discover", "generate"):
        done = ran(what, source)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "error: llmd-routes.yaml: links to a file outside the working directory\n"
            "  fix: replace the link with the file\n"
        )


OUTSIDE = ("/etc/passwd", "../outside.yaml", "https://example.com/x", "a/../../outside.yaml", "link.yaml")


@pytest.mark.parametrize("file", OUTSIDE)
def test_values_of_a_chart_are_files_of_the_source(file: str, source: Path) -> None:
    (source / "Chart.yaml").write_text("apiVersion: v2\nname: a\nversion: 0.1.0\n")
    (source.parent / "outside.yaml").write_text("a: b\n")
    (source / "link.yaml").symlink_to("../outside.yaml")
    for what in ("discover", "generate"):
        done = ran(what, source, ARGOCD_ENV_HELM_VALUES=file)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: HELM_VALUES: {file} "), done.stderr


def test_plugin_and_application_belong_together() -> None:
    found = plugin()
    assert (found["kind"], found["metadata"]["name"]) == ("ConfigManagementPlugin", "llmd-routes")
    path = DATA.parent.parent / "manifests" / "argocd" / "application.yaml"
    application = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    assert application["spec"]["source"]["plugin"]["name"] == found["metadata"]["name"]
    assert all(one["name"].startswith("LLMD_ROUTES_") for one in application["spec"]["source"]["plugin"]["env"])
