"""Which pods a pool selects, and which of them may be asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes_sidecar.catalog import Pods
from llmd_routes_sidecar.pods import Pod, PodIndex, Target, pod_of, target_of

Obj = dict[str, Any]
READY = {"type": "Ready", "status": "True"}
LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), min_size=1)


def raw(address: str | None = "10.0.0.1", **status: Any) -> Obj:
    """Return a pod as the API server has it."""
    metadata = {"namespace": "llm", "name": "p", "labels": {"app": "a"}}
    return {"metadata": metadata, "status": {"podIP": address, "conditions": [READY], **status}}


def test_a_pod() -> None:
    assert pod_of(raw()) == Pod("llm", "p", "10.0.0.1", True, frozenset({("app", "a")}))
    for conditions in ([], None, [{**READY, "status": "False"}], [{**READY, "type": "Other"}]):
        found = pod_of(raw(conditions=conditions))
        assert found is not None and not found.ready


@pytest.mark.parametrize(
    "address",
    [
        *(None, "", "metadata.example.com", "127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "::1", "fe80::1"),
        *("::ffff:127.0.0.1", "10.0.0.1/8", "10.0.0.1:80", "0.1.2.3", "255.255.255.255", "fd00::1%eth0"),
        # Compatible, NAT64 with both prefixes, 6to4, and Teredo, whose server and client are in the address.
        *("::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:a9fe:a9fe::1"),
        *("2001:0:7f00:1::", "2001:0:a00:1:0:0:80ff:fffe"),
    ],
)
def test_what_is_no_address_of_a_pod_is_not_asked(address: str | None) -> None:
    assert pod_of(raw(address)) is None


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "100.64.0.1",
        "240.0.0.1",
        "fd00::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
    ],
)
def test_an_address_of_a_pod_is_asked(address: str) -> None:
    pod = pod_of(raw(address))
    assert pod is not None and pod.address == address


def test_a_pod_that_ends_is_not_asked() -> None:
    ending = raw()
    ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert pod_of(ending) is pod_of(raw(phase="Failed")) is pod_of(raw(phase="Succeeded")) is None


@pytest.mark.parametrize(
    ("address", "url"),
    [("10.0.0.1", "http://10.0.0.1:8000/v1/models"), ("fd00::1", "http://[fd00::1]:8000/v1/models")],
)
def test_where_it_is_asked(address: str, url: str) -> None:
    pods = Pods(namespace="llm", selector={"app": "a"}, ports=(8000, 8001))
    found = pod_of(raw(address))
    assert found is not None
    assert target_of(found, pods) == Target("http", address, 8000)
    assert target_of(found, pods).url == url


@given(st.lists(st.tuples(st.sampled_from(["m", "n"]), LABELS)), LABELS)
def test_a_pool_selects_what_has_all_its_labels_in_its_namespace(pods: list[tuple[str, Obj]], selector: Obj) -> None:
    made = [Pod(ns, str(at), "10.0.0.1", True, frozenset(labels.items())) for at, (ns, labels) in enumerate(pods)]
    index = PodIndex({ns: [pod for pod in made if pod.namespace == ns] for ns in ("m", "n")})
    wanted = Pods(namespace="m", selector=selector, ports=(1,))
    expected = [pod for pod in made if pod.namespace == "m" and selector.items() <= dict(pod.labels).items()]
    assert index.of(wanted) == sorted(expected)
    assert index.knows(wanted) and not PodIndex({"n": ()}).knows(wanted) and not index.knows(None)
