"""A new implementation of the Gateway API is one file and one line: everything else learns of it from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmd_routes import gateways
from llmd_routes.gateways.implementation import Draft, Implementation
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.plan import Attachment
from llmd_routes.model.printed import Printed
from llmd_routes.notices import Notice
from tests.generator.objects import deployment, gateway, pool, vllm
from tests.golden import Run, run


class _MadeUp(Implementation):
    def limits(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        if len(draft.backends) > 1:
            yield f"{attachment.ref}: routes to one InferencePool, and {len(draft.backends)} are planned; use another"
        yield Notice("implementation", str(attachment.ref), "its release is not known", "check it")

    def additions(self, draft: Draft) -> Iterator[Printed | str]:
        for one in draft.backends:
            ref = Ref(one.target.namespace, "DestinationRule", one.target.name)
            yield Printed(ref, "istio/epp-destinationrule.yaml.j2", {"host": f"{one.target.name}.example"})

    def bodies(self, attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
        ref = Ref(attachment.ref.namespace, "DestinationRule", f"{draft.route_set.instance}-reads")
        note = f"{ref} reads bodies up to {bodies.settings.body_limit} bytes"
        yield Printed(ref, "istio/epp-destinationrule.yaml.j2", {"host": "reads.example"}, note)


class _Reader(_MadeUp):
    def limits(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        yield from ()

    def additions(self, draft: Draft) -> Iterator[Printed | str]:
        yield from ()


MADE_UP = _MadeUp(
    name="made-up",
    controllers=("example.com/made-up",),
    classes=("made-up-*",),
    weightless="made-up takes the first pool",
)
READER = _Reader(
    name="made-up-reader",
    controllers=("example.com/made-up-reader",),
    classes=("reader-*",),
    carriers=("in-gateway",),
    list_bytes=100,
)
ONE = [deployment("a", {"app": "a"}, vllm("m")), pool("a", {"app": "a"}, 8000)]
OTHER = [deployment("b", {"app": "b"}, vllm("n")), pool("b", {"app": "b"}, 8000)]


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "IMPLEMENTATIONS", (*gateways.IMPLEMENTATIONS, MADE_UP, READER))


def generated(
    folder: Path, *objects: object, options: tuple[str, ...] = (), gateway_class: str = "made-up-internal"
) -> Run:
    """Run the program for objects behind a Gateway of a made-up class."""
    file = folder / "objects.json"
    listed = [*objects, gateway(gateway_class=gateway_class)]
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": listed}))
    return run("generate", "-f", str(file), "-o", "json", *options)


def test_it_is_recognised_and_adds_its_objects(tmp_path: Path) -> None:
    made = generated(tmp_path, *ONE)
    assert made.code == 0, made.stderr
    assert [(one["kind"], one["metadata"]["name"]) for one in json.loads(made.stdout)["items"]] == [
        ("DestinationRule", "a"),
        ("HTTPRoute", "ns.gw"),
    ]
    assert "1 HTTPRoute, 1 DestinationRule for Gateway ns/gw (made-up)" in made.stderr
    assert "clients must send both headers" in made.stderr
    assert "  Gateway ns/gw: its release is not known\n  fix: check it\n" in made.stderr


def test_what_it_cannot_do_is_an_error(tmp_path: Path) -> None:
    made = generated(tmp_path, *ONE, *OTHER)
    problem = "error: Gateway ns/gw: routes to one InferencePool, and 2 are planned\n  fix: use another\n"
    assert (made.code, made.stdout, made.stderr) == (2, "", problem)


def test_it_can_be_named_and_ignores_weights(tmp_path: Path) -> None:
    sglang = deployment("c", {"app": "c", "llm-d.ai/engine-type": "sglang"}, vllm("m"))
    objects = [*ONE, sglang, pool("c", {"app": "c"}, 8000)]
    options = ("--implementation", "made-up", "--split", "vllm=1,sglang=1")
    made = generated(tmp_path, *objects, options=options)
    assert made.code == 2
    assert "--split: Gateway ns/gw runs made-up, and made-up takes the first pool" in made.stderr


def test_it_reads_bodies_by_an_object_of_its_own_and_says_what_it_reads(tmp_path: Path) -> None:
    made = generated(tmp_path, *ONE, gateway_class="reader-x")
    assert made.code == 0, made.stderr
    assert [(one["kind"], one["metadata"]["name"]) for one in json.loads(made.stdout)["items"]] == [
        ("DestinationRule", "ns.gw-reads"),
        ("HTTPRoute", "ns.gw"),
    ]
    assert "DestinationRule ns/ns.gw-reads reads bodies up to 4128768 bytes" in made.stderr
    assert "the gateway answers the models list" in made.stderr


def test_a_list_that_is_longer_than_it_holds_is_not_answered(tmp_path: Path) -> None:
    made = generated(tmp_path, *ONE, OTHER[0], OTHER[1], gateway_class="reader-x")
    assert "no models list: its 2 entries are" in made.stderr
    assert "bytes, and a filter can hold 100" in made.stderr
