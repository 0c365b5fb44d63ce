"""Reading a cluster, with a server that is a dict: paging, versions, what may not be listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest

from llmd_routes.errors import ClusterError
from llmd_routes.kinds import EMITTED, KINDS
from llmd_routes.kube.objects import name_of, namespace_of
from llmd_routes.quantities import seconds
from llmd_routes.reading.cluster import read_cluster
from llmd_routes.reading.connection import Answer
from llmd_routes.reading.discovery import top_of
from llmd_routes.reading.permissions import Wanted

GATEWAYS = "/apis/gateway.networking.k8s.io/v1"


@dataclass
class Fake:
    """Serves `lists` (objects by path), page by page; `answers` are given first, in turn, for a path.

    It has the kinds of these paths, and those that every server has.
    """

    lists: Mapping[str, list[Any]]
    forbidden: tuple[str, ...] = ()
    page: int = 2
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    namespace: str = "default"
    where: str = "cluster c"
    asked: list[str] = field(default_factory=list)

    def get(self, path: str, query: Mapping[str, str], accept: str) -> Answer:
        self.asked.append(path)
        if self.answers.get(path):
            return self.answers[path].pop(0)
        if path == "/apis":
            return Answer(200, {"kind": "APIGroupList", "groups": [*map(self._group, self._versions)]})
        if path in self._versions:
            resources = [{"name": name} for name in self._versions[path]]
            return Answer(200, {"kind": "APIResourceList", "resources": resources})
        if path in self.forbidden:
            return Answer(403, {"message": f"cannot list {path}"})
        top, _, plural = path.rpartition("/")
        if plural in self._versions.get(top.partition("/namespaces/")[0], ()):
            return self._page(path, int(query.get("continue", 0)))
        return Answer(404, {})

    def fetch(self, path: str) -> tuple[int, bytes]:
        raise AssertionError(f"nobody is to be asked: {path}")

    @cached_property
    def _versions(self) -> dict[str, set[str]]:
        """Return the plural names of the kinds that are there, by the path of their version."""
        found: dict[str, set[str]] = {"/api/v1": set(), "/apis/apps/v1": set()}
        for kind in (*KINDS, *EMITTED):
            for version in kind.versions:
                top = top_of(kind.group, version)
                if top in found:
                    found[top].add(kind.plural)
        for path in (*self.lists, *self.forbidden):
            top, _, plural = path.rpartition("/")
            found.setdefault(top.partition("/namespaces/")[0], set()).add(plural)
        return found

    @staticmethod
    def _group(top: str) -> Any:
        group, version = top.split("/")[-2:]
        return {"name": group, "versions": [{"version": version}]}

    def _page(self, path: str, start: int) -> Answer:
        found = self.lists.get(path, [])
        end = start + self.page
        more = {"continue": str(end)} if end < len(found) else {}
        return Answer(200, {**list_of(path), "metadata": more, "items": found[start:end]})


def list_of(path: str) -> dict[str, str]:
    """Return the version and the kind of a list by its path."""
    top, _, plural = path.rpartition("/")
    top = top.partition("/namespaces/")[0]
    version = top.removeprefix("/apis/").removeprefix("/api/")
    names = {
        (top_of(kind.group, version), kind.plural): kind.kind
        for kind in (*KINDS, *EMITTED)
        for version in kind.versions
    }
    return {"apiVersion": version, "kind": f"{names[top, plural]}List"}


def named(*names: str, namespace: str = "ns") -> list[Any]:
    return [{"metadata": {"name": name, "namespace": namespace, "managedFields": [{}]}} for name in names]


def read(fake: Fake, *namespaces: str, **more: Any) -> list[str]:
    reading = read_cluster(fake, Wanted(namespaces, **more))
    assert reading.problems == ()
    return [f"{obj['apiVersion']} {obj['kind']} {namespace_of(obj)}/{name_of(obj)}" for obj in reading.objects]


def test_lists_are_read_page_by_page_and_items_are_whole_objects() -> None:
    fake = Fake({"/apis/apps/v1/deployments": named("a", "b", "c", "d", "e"), "/api/v1/pods": named("p")})
    assert read(fake) == ["v1 Pod ns/p", *(f"apps/v1 Deployment ns/{name}" for name in "abcde")]
    reading = read_cluster(fake, Wanted())
    assert all("managedFields" not in obj["metadata"] for obj in reading.objects)


def test_the_first_version_that_is_there_is_read() -> None:
    alpha = "/apis/serving.kserve.io/v1alpha1/llminferenceservices"
    both = {alpha: named("a"), "/apis/serving.kserve.io/v1alpha2/llminferenceservices": named("b")}
    assert read(Fake({alpha: named("a")})) == ["serving.kserve.io/v1alpha1 LLMInferenceService ns/a"]
    assert read(Fake(both)) == ["serving.kserve.io/v1alpha2 LLMInferenceService ns/b"]


def test_namespaces_limit_services_and_not_gateways() -> None:
    lists = {
        "/apis/apps/v1/namespaces/x/deployments": named("a", namespace="x"),
        "/apis/apps/v1/namespaces/y/deployments": named("b", namespace="y"),
        "/apis/apps/v1/deployments": named("never"),
        f"{GATEWAYS}/gateways": named("gw", namespace="infra"),
        "/apis/gateway.networking.k8s.io/v1/gatewayclasses": [{"metadata": {"name": "istio"}}],
    }
    assert read(Fake(lists), "x", "y") == [
        "apps/v1 Deployment x/a",
        "apps/v1 Deployment y/b",
        "gateway.networking.k8s.io/v1 Gateway infra/gw",
        "gateway.networking.k8s.io/v1 GatewayClass None/istio",
    ]


def test_what_may_not_be_listed_everywhere_is_listed_where_it_may() -> None:
    lists = {
        f"{GATEWAYS}/namespaces/x/gateways": named("a", namespace="x"),
        f"{GATEWAYS}/namespaces/infra/gateways": named("b", namespace="infra"),
    }
    fake = Fake(lists, forbidden=(f"{GATEWAYS}/gateways",))
    assert [line.rpartition(" ")[2] for line in read(fake, "x", gateway_namespaces=("infra",))] == ["infra/b", "x/a"]
    (notice,) = read_cluster(fake, Wanted(("x",), ("infra",))).notices
    assert (notice.code, notice.object) == ("not-listed", "gateways.gateway.networking.k8s.io")
    assert notice.message == "may be listed in x, infra only, so objects in other namespaces were not read"


def test_a_required_kind_that_may_not_be_listed_is_a_problem() -> None:
    fake = Fake({"/api/v1/pods": []}, forbidden=("/apis/apps/v1/deployments",))
    assert read_cluster(fake, Wanted()).problems == (
        "deployments.apps: may not be listed: cannot list /apis/apps/v1/deployments; grant list on it"
        " (manifests/clusterrole.yaml), or accept a result without it with --allow-missing Deployment",
    )
    accepted = read_cluster(fake, Wanted(allow_missing=("Deployment",)))
    assert accepted.problems == ()
    assert [notice.object for notice in accepted.notices] == ["deployments.apps"]


def test_an_optional_kind_that_may_not_be_listed_is_a_notice() -> None:
    reading = read_cluster(Fake({}, forbidden=("/api/v1/configmaps",)), Wanted())
    assert reading.problems == ()
    assert [(n.code, n.object) for n in reading.notices] == [("not-listed", "configmaps")]


def test_a_kind_that_is_not_there_is_no_matter() -> None:
    reading = read_cluster(Fake({}), Wanted(("x",)))
    assert (reading.objects, reading.problems, reading.notices) == ((), (), ())


def test_an_expired_token_begins_the_list_again() -> None:
    path = "/apis/apps/v1/deployments"
    first = Answer(200, {**list_of(path), "metadata": {"continue": "old"}, "items": named("gone")})
    fake = Fake({path: named("a", "b", "c")}, answers={path: [first, Answer(410, {"reason": "Expired"})]})
    assert [line.rpartition("/")[2] for line in read(fake)] == ["a", "b", "c"]


def test_a_list_that_never_ends_is_given_up() -> None:
    path = "/apis/apps/v1/deployments"
    fake = Fake({path: []}, answers={path: [Answer(410, {})] * 10})
    with pytest.raises(
        ClusterError, match=r"^deployments\.apps: the list changed 3 times while it was read; try again$"
    ):
        read_cluster(fake, Wanted())


def test_no_metadata_is_null() -> None:
    """kube-apiserver returns `items: null` for metadata lists while no CustomResourceDefinition exists."""
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    empty = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "items": None}
    assert read(Fake({path: []}, answers={path: [Answer(200, empty)]})) == []
    del empty["items"]
    with pytest.raises(ClusterError, match=r"and not with a complete CustomResourceDefinitionList"):
        read(Fake({path: []}, answers={path: [Answer(200, empty)]}))


DURATIONS = [
    ("30s", 30),
    ("1m30s", 90),
    ("2h", 7200),
    ("500ms", 0.5),
    ("0", 0),
    ("7", 7),
    ("", None),
    ("1d", None),
    ("s", None),
    ("1s1", None),
]


@pytest.mark.parametrize(("text", "expected"), DURATIONS)
def test_durations(text: str, expected: float | None) -> None:
    assert seconds(text) == expected
