"""Pictures of installations, for the tests of each form."""

from __future__ import annotations

from llmd_routes.diagnosing.diagnose import Known, diagnose
from llmd_routes.drawing.build import build_graph
from llmd_routes.explaining.entrances import find_doors
from llmd_routes.model.findings import Diagnosis, Finding
from llmd_routes.model.graph import Edge, Graph, Node
from tests.generator.explaining.asking import around
from tests.generator.objects import Obj

# Text that means something in each of the forms.
NASTY = 'a"b\\c<d>&#e;|f`g[h]{i}(j)\n--> %%'
FINDING = Finding("error", "pods", f"InferencePool ns/{NASTY}", NASTY, NASTY, NASTY, NASTY)
NODES = (
    Node("n1", "gateway", "Gateway ns/gw", "gw", ("istio",)),
    Node("n2", "rule", "HTTPRoute ns/r rule 1", "rule 1 of r", ("m, vllm",), ("m, vllm", "m, no engine")),
    Node("n3", "pool", f"InferencePool ns/{NASTY}", NASTY, (NASTY, NASTY), (), (FINDING,), "error"),
)
SMALL = Graph(NODES, (Edge("n1", "n2"), Edge("n2", "n3", "weight 1")))


def pictured(objects: list[Obj], *, is_live: bool = True) -> tuple[Graph, Diagnosis]:
    """Return the picture of an installation, and the diagnosis that it shows."""
    looked_up = around(objects, is_live=is_live)
    doors = find_doors(looked_up.inventory, looked_up.objects)
    diagnosis = diagnose(doors, looked_up, Known(looked_up.inventory.notices), is_live=is_live)
    return build_graph(diagnosis, doors, looked_up), diagnosis
