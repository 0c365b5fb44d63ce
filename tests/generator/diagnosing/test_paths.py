"""Routes of other applications are ignored if a Gateway has routes to engines."""

from __future__ import annotations

from llmd_routes.diagnosing.paths import find_paths, is_read, judged_doors
from llmd_routes.explaining.entrances import find_doors
from tests.generator.emitted import emitted
from tests.generator.explaining.asking import around, match, route, rule
from tests.generator.objects import gateway


def test_each_backend_of_each_rule_is_a_path() -> None:
    looked_up = around(emitted("istio"))
    paths = list(find_paths(find_doors(looked_up.inventory, looked_up.objects), looked_up))
    assert {path.destination.backend.name for path, _, _ in paths} == {"vllm", "sglang"}
    assert all(is_read(path) for path, _, _ in paths)
    assert len({(path.route, path.rule, path.destination.backend) for path, _, _ in paths}) == len(paths)


def test_a_backend_outside_of_the_input_is_not_read() -> None:
    looked_up = around([gateway(), route("r", rule(match(), to="absent"))], is_live=False)
    ((path, _, _),) = find_paths(find_doors(looked_up.inventory, looked_up.objects), looked_up)
    assert not is_read(path)


def test_gateways_without_engines_are_judged_only_if_there_are_no_others() -> None:
    web = route("web", rule(match(), to=None) | {"backendRefs": [{"name": "web", "port": 80}]})
    llm = route("llm", rule(match()), parentRefs=[{"name": "b"}])
    looked_up = around([gateway(), gateway("b"), web, llm])
    doors = find_doors(looked_up.inventory, looked_up.objects)
    assert [door.ref.name for door in judged_doors(doors)] == ["b"]
    assert [(door.ref.name, door.routes) for door in judged_doors(doors[1:])] == [("gw", ())]
