"""Make the picture of an installation: Gateway, rules, InferencePools, endpoint pickers, pods. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from llmd_routes.diagnosing.paths import find_paths, is_read, judged_doors
from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.kube.objects import Object, Ref, items, text
from llmd_routes.model.explanation import Destination
from llmd_routes.model.findings import Diagnosis, Finding, ServingPath
from llmd_routes.model.gateways import Route
from llmd_routes.model.graph import Column, Edge, Graph, Node, State

from .captions import gateway_lines, match_lines, pod_details, pod_title, pool_lines, shortened

# What belongs to the pods of a pool, and not to the pool.
_OF_PODS: Final = ("pods", "not-serving")
# How fields name a rule: in the object, or in what maintains it.
_RULE: Final = re.compile(r"rules\[(\d{1,6})\]|\brule (\d{1,6})\b")


@dataclass(slots=True)
class _Picture:
    """The picture so far: boxes by what they stand for, lines, and the findings that have no box yet."""

    findings: Sequence[Finding]
    has_namespaces: bool
    nodes: dict[tuple[object, ...], Node] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)

    def add(self, place: tuple[object, ...], node: Node) -> str:
        """Add a box, unless it is there already, and return its key."""
        if place not in self.nodes:
            state: State = node.state
            for finding in node.findings:
                state = "error" if "error" in (state, finding.severity) else "warning"
            self.nodes[place] = replace(node, key=f"n{len(self.nodes) + 1}", state=state)
        return self.nodes[place].key

    def connect(self, source: str, target: str, label: str = "") -> None:
        self.edges[Edge(source, target, label)] = None

    def named(self, ref: Ref) -> str:
        """Return the name of an object, with its namespace if the picture has several."""
        return f"{ref.namespace}/{ref.name}" if self.has_namespaces else ref.name

    def about(self, *objects: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.object in objects)


def build_graph(diagnosis: Diagnosis, doors: Sequence[Door], around: Surroundings) -> Graph:
    """Return the picture of what a diagnosis judges, with its findings at the boxes that they are about."""
    judged = judged_doors(doors)
    picture = _Picture(diagnosis.findings, len(_namespaces(judged)) > 1)
    for door in judged:
        key = picture.add((door.ref,), _gateway(picture, door))
        paths = [(path, route) for path, _, route in find_paths([door], around)]
        for route in door.routes:
            _add_rules(picture, key, route, door)
        for path, route in paths:
            _add_destination(picture, path, route, around)
    drawn = {finding for node in picture.nodes.values() for finding in node.findings}
    others = tuple(finding for finding in diagnosis.findings if finding not in drawn)
    return Graph(_ordered(picture.nodes.values()), tuple(picture.edges), others)


def _gateway(picture: _Picture, door: Door) -> Node:
    names = [str(door.ref)]
    if door.gateway is not None:
        names.append(f"GatewayClass {door.gateway.gateway_class}")
    title = picture.named(door.ref)
    return Node("", "gateway", str(door.ref), title, gateway_lines(door), (), picture.about(*names))


def _namespaces(doors: Sequence[Door]) -> set[str]:
    """Return the namespaces of Gateways and of the backends of their routes."""
    routes = [route for door in doors for route in door.routes]
    backends = [(route, each) for route in routes for rule in items(route.spec, "rules") for each in _backends_of(rule)]
    named = {text(each, "namespace") or route.ref.namespace for route, each in backends}
    return {door.ref.namespace for door in doors} | named


def _add_rules(picture: _Picture, gateway: str, route: Route, door: Door) -> None:
    """Add a box for each rule, also for those without a backend."""
    about = picture.about(str(route.ref)) if door.proxy is None else ()
    for number, rule in enumerate(items(route.spec, "rules"), start=1):
        matches = match_lines(rule)
        own = [each for each in about if _rule_of(each) in (None, number)]
        title = f"rule {number} of {picture.named(route.ref)}"
        node = Node("", "rule", f"{route.ref} rule {number}", title, shortened(matches, 2), matches, tuple(own))
        picture.connect(gateway, picture.add((door.ref, route.ref, number), node))


def _rule_of(finding: Finding) -> int | None:
    """Return the rule (counted from 1) whose field shows a finding about a route, None for the whole route."""
    named = _RULE.search(finding.field)
    if named is None:
        return None
    return int(named[1]) + 1 if named[1] else int(named[2])


def _add_destination(picture: _Picture, path: ServingPath, route: Route, around: Surroundings) -> None:
    """Add the boxes of a backend, of its endpoint picker and of its pods."""
    destination = path.destination
    rule = picture.nodes[path.gateway, path.route, path.rule].key
    label = f"weight {destination.weight}" if len(_backends(route, path.rule)) > 1 else ""
    findings = [each for each in picture.about(str(destination.backend)) if each.cause not in _OF_PODS]
    state: State = "error" if destination.fault else "ok" if is_read(path) else "unknown"
    about, title = str(destination.backend), picture.named(destination.backend)
    node = Node("", "pool", about, title, pool_lines(destination, around), (), tuple(findings), state)
    before = picture.add((destination.backend,), node)
    picture.connect(rule, before, label)
    if destination.picker is not None:
        picker, lines = destination.picker, tuple(filter(None, (pod_title(destination.picker_pods),)))
        state = "ok" if destination.picker_pods.is_known else "unknown"
        node = Node("", "picker", str(picker), picture.named(picker), lines, (), picture.about(str(picker)), state)
        after = picture.add((picker, "picker"), node)
        picture.connect(before, after)
        before = after
    if pods := _pods(picture, destination, around):
        picture.connect(before, picture.add((destination.backend, "pods"), pods))


def _pods(picture: _Picture, destination: Destination, around: Surroundings) -> Node | None:
    """Return the box of the pods behind a backend, None if nothing is known about them."""
    backend = destination.backend
    services = [service.title for service in around.served_by(backend)]
    findings = [each for each in picture.about(str(backend)) if each.cause in _OF_PODS]
    findings += picture.about(*services)
    title, details = pod_title(destination.pods), pod_details(destination.pods)
    if not title and not findings:
        return None
    about = f"pods of {backend}"
    state: State = "ok" if destination.pods.is_known else "unknown"
    return Node("", "pods", about, title or "no pods", shortened(details, 2), details, tuple(findings), state)


def _backends(route: Route, number: int) -> Sequence[Object]:
    return _backends_of(items(route.spec, "rules")[number - 1])


def _backends_of(rule: Object) -> Sequence[Object]:
    return items(rule, "backendRefs")


def _ordered(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return boxes column by column, each in the order in which it was added."""
    columns: tuple[Column, ...] = ("gateway", "rule", "pool", "picker", "pods")
    listed = list(nodes)
    return tuple(node for column in columns for node in listed if node.column == column)
