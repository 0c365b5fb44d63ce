"""Options that stand in files: presets, and ConfigMaps that are mounted."""

from __future__ import annotations

from tests.generator.objects import container, vllm
from tests.generator.pods.building import LLAMA, serve


def test_presets_of_llama_cpp_serve_a_model_for_each_section() -> None:
    presets = "version = 1\n[*]\nc = 1\n[org/a:Q4]\nhf = org/a\n; comment\n[b]\nm = /b.gguf\nx\n"
    volumes = [{"name": "v", "configMap": {"name": "files"}}]
    one = container(
        "x", LLAMA, None, ["--models-preset", "/etc/p.ini"], volumeMounts=[{"name": "v", "mountPath": "/etc"}]
    )
    assert serve(one, maps={"files": {"p.ini": presets}}, volumes=volumes).served.models == ("org/a:Q4", "b")
    for content, is_absent in ({}, True), ({"p.ini": "[b\n"}, False):
        ((code, message, _),) = serve(one, maps={"files": content}, volumes=volumes).remarks
        assert (code, "/etc/p.ini" in message) == ("unreadable-model", is_absent)


def test_config_maps_tell_variables_and_files() -> None:
    maps = {"env": {"MODEL": "org/m"}, "files": {"c.yaml": "model: org/f\nserved-model-name: [f1, f2]\nport: 9000\n"}}
    reference = {"name": "MODEL", "valueFrom": {"configMapKeyRef": {"name": "env", "key": "MODEL"}}}
    assert serve(vllm("$(MODEL)", env=[reference]), maps=maps).served.models == ("org/m",)
    assert serve(vllm("$(MODEL)", envFrom=[{"configMapRef": {"name": "env"}}]), maps=maps).served.models == ("org/m",)
    volumes = [{"name": "v", "configMap": {"name": "files"}}]
    mounted = vllm("--config", "/etc/c.yaml", volumeMounts=[{"name": "v", "mountPath": "/etc"}])
    found = serve(mounted, maps=maps, volumes=volumes)
    assert (found.served.models, found.ports.numbers) == (("f1", "f2"), (9000,))
