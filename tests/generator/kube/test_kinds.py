"""The kinds of every installation."""

from __future__ import annotations

from llmd_routes.kube.kinds import COMMON, COMMON_EMITTED, ReadKind


def test_a_kind_is_named_as_rbac_does() -> None:
    assert ReadKind("apps", ("v1",), "deployments", "Deployment").resource == "deployments.apps"
    assert ReadKind("", ("v1",), "pods", "Pod").resource == "pods"


def test_no_kind_stands_twice() -> None:
    for kinds in (COMMON, COMMON_EMITTED):
        assert len({(each.group, each.kind) for each in kinds}) == len(kinds)
