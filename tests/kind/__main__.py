"""`python -m tests.kind crds|scene`: prints what `run.sh` applies."""

from __future__ import annotations

import json
import sys

from tests.bench.cases import objects
from tests.bench.crds import NEWEST, read_crds
from tests.bench.errors import BenchError
from tests.bench.golang import find_go
from tests.bench.progress import to_stderr
from tests.bench.scene.cluster import read_scene

NAMESPACE = "llm-d-multi-engine"
# istio's own charts bring these.
_OF_ISTIO = ".istio.io"


def crds() -> str:
    """Return the CRDs of the newest generation, without those of istio. Raises BenchError if they cannot be had."""
    found = read_crds(find_go(to_stderr), NEWEST)
    return "---\n".join(text for name, text in found.items() if not name.endswith(_OF_ISTIO))


def scene() -> str:
    """Return the guide's cluster without endpoint pickers, and with a Gateway that istiod deploys by itself."""
    listed = objects(read_scene("two-engines", NAMESPACE, without="gaie-"))
    kept = [obj for obj in listed if obj["metadata"]["name"] != "inference-gateway-istio"]
    for obj in kept:
        if obj["kind"] == "Gateway":
            del obj["spec"]["addresses"]
    return "\n---\n".join(json.dumps(obj, indent=2) for obj in kept)


def main(argv: list[str]) -> int:
    """Return the exit code."""
    try:
        print({"crds": crds, "scene": scene}[argv[0]]())
    except BenchError as error:
        to_stderr(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
