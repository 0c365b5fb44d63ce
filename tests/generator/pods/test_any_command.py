"""Commands made from known facts: what was put in comes out, however it is written; never another fact."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.pods.commands import Pod
from llmd_routes.pods.servers import Server, find_server


@dataclass(frozen=True)
class Facts:
    """What an engine is told: options are complete words, the model is given by `model`."""

    engine: str
    program: tuple[str, ...]
    model: tuple[str, ...]
    names: tuple[str, ...]
    port: int
    options: tuple[tuple[str, ...], ...]
    expected: tuple[str, ...]


WORDS = st.text("abcXYZ019._-/", min_size=1, max_size=12).filter(lambda word: word[0] not in "-./" and word != "serve")
# Values that shells and parsers could stumble over.
VALUES = st.sampled_from(
    ["0.9", "-1", "auto", '{"a": {"b": [1, "c d"]}}', "it's", "a b", "$HOME", "x=y", "#1", "a;b", "`x`", "*", "{{ x }}"]
) | st.text("abc \t'\"$\\#;&|<>(){}", min_size=1, max_size=6).filter(lambda word: not word.startswith("-"))
FURTHER = {
    "vllm": (
        ("--enforce-eager",),
        ("--enable-prefix-caching",),
        ("--no-enable-chunked-prefill",),
        ("--tensor-parallel-size", "2"),
        ("-tp=2",),
        ("--max_model_len", "4096"),
        ("--trust-remote-code",),
    ),
    "sglang": (("--trust-remote-code",), ("--tp", "2"), ("--enable-metrics",), ("--mem-fraction-static=0.8",)),
}
VALUED = {"vllm": ("--kv-transfer-config", "--override-generation-config"), "sglang": ("--json-model-override-args",)}
PROGRAMS = {
    "vllm": (("vllm", "serve"), ("/usr/bin/vllm", "serve"), ("python3", "-m", "vllm.entrypoints.openai.api_server")),
    "sglang": (("python3", "-m", "sglang.launch_server"), ("sglang", "serve")),
}


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    engine = draw(st.sampled_from(["vllm", "sglang"]))
    program = draw(st.sampled_from(PROGRAMS[engine]))
    model, port = draw(WORDS), draw(st.integers(1, 65535))
    names = tuple(draw(st.lists(WORDS, max_size=3 if engine == "vllm" else 1, unique=True)))
    positional = engine == "vllm" and program[-1] == "serve" and draw(st.booleans())
    option = draw(
        st.sampled_from(["--model", "--model={}"] if engine == "vllm" else ["--model-path", "--model-path={}"])
    )
    given_model = (model,) if positional else (option.format(model),) if "{}" in option else (option, model)
    further = draw(st.lists(st.sampled_from(FURTHER[engine]), max_size=4, unique=True))
    valued = [(name, draw(VALUES)) for name in draw(st.lists(st.sampled_from(VALUED[engine]), max_size=1))]
    return Facts(engine, program, given_model, names, port, (*further, *valued), names or (model,))


@st.composite
def written(draw: st.DrawFn) -> tuple[Facts, list[str]]:
    """The words of a command, its options in any order and spelling; several values never stand before a positional."""
    said = draw(facts())
    port = draw(st.sampled_from([("--port", str(said.port)), (f"--port={said.port}",)]))
    groups = [port, *said.options]
    if said.names:
        dashes = draw(st.sampled_from(["--served-model-name", "--served_model_name"]))
        groups.append((dashes, *said.names))
    groups = draw(st.permutations(groups))
    if said.model[0].startswith("--"):
        groups = draw(st.permutations([*groups, said.model]))
        return said, [*said.program, *(word for group in groups for word in group)]
    # argparse would take a positional behind an option of several values for one of these.
    at = draw(st.integers(0, len(groups)))
    if at and len(groups[at - 1]) > 1 and groups[at - 1][0].startswith("--served"):
        at = 0
    groups = [*groups[:at], said.model, *groups[at:]]
    return said, [*said.program, *(word for group in groups for word in group)]


def served(command: list[str], args: list[str] | None = None, env: Any = ()) -> Server:
    container = {"name": "main", "command": command, "args": args, "env": list(env)}
    found = find_server(Pod({}, {}, {"containers": [container]}, lambda name: None))
    assert isinstance(found, Server), found
    return found


def agrees(found: Server, said: Facts) -> None:
    assert (found.engine, found.served.models, found.ports.numbers) == (said.engine, said.expected, (said.port,))


@given(written(), st.data())
def test_plain_commands(command: tuple[Facts, list[str]], data: st.DataObject) -> None:
    """Anywhere between `command` and `args`; what the kubelet would expand is escaped as it wants it."""
    said, words = command
    escaped = [word.replace("$(", "$$(") for word in words]
    at = data.draw(st.integers(1, len(words)))
    agrees(served(escaped[:at], escaped[at:]), said)


BEFORE = st.lists(
    st.sampled_from(
        [
            "# a comment: vllm serve other --port 1",
            "set -euo pipefail",
            "export A=1 B='x y'",
            "cat > /tmp/x <<'EOF'\nvllm serve other\nEOF",
            "cat <<-END\n\tpython3 -m sglang.launch_server --model-path other\n\tEND",
            "if [ -f /x ]; then echo yes; fi",
            "echo 'vllm serve other'",
            "sleep 1 && true",
            "ulimit -l unlimited; nvidia-smi || true",
            "x=$(ls | wc -l)",
            "for i in 1 2; do echo $i; done",
        ]
    ),
    max_size=3,
)


@given(written(), BEFORE, st.data())
def test_scripts(command: tuple[Facts, list[str]], before: list[str], data: st.DataObject) -> None:
    said, words = command
    quote = data.draw(st.sampled_from([shlex.quote, double_quoted]))
    separator = data.draw(st.sampled_from([" ", " \\\n  ", "\t"]))
    line = separator.join([*map(shlex.quote, said.program), *map(quote, words[len(said.program) :])])
    prefix = data.draw(st.sampled_from(["", "exec ", "A=1 exec ", "nohup ", "numactl -N 0 ", "env X=1 ", "time "]))
    suffix = data.draw(st.sampled_from(["", " 2>&1 | tee /log", " > /log 2>&1", " &\nwait", " # done"]))
    script = "\n".join([*before, prefix + line + suffix])
    shell = data.draw(st.sampled_from([["sh", "-c"], ["/bin/bash", "-lc"], ["bash", "-e", "-c", "--"]]))
    escaped = script.replace("$(", "$$(")
    if data.draw(st.booleans()):
        agrees(served(shell, [escaped, "ignored"]), said)
    else:
        agrees(served([*shell, escaped]), said)


@given(written(), st.data())
def test_variables(command: tuple[Facts, list[str]], data: st.DataObject) -> None:
    """Names and port stand in variables: of the container, of the script, or as a default."""
    said, words = command
    plain = [
        word for word in words if word.replace("-", "").replace(".", "").replace("/", "").replace("_", "").isalnum()
    ]
    chosen = set(data.draw(st.lists(st.sampled_from(plain), max_size=3))) - set(said.program)
    env, lines, out = [], [], []
    for number, word in enumerate(words):
        if word not in chosen or word.startswith("-"):
            out.append(shlex.quote(word))
            continue
        name = f"V{number}"
        how = data.draw(st.sampled_from(["kubelet", "env", "script", "default", "braces"]))
        env += [{"name": name, "value": word}] if how in ("kubelet", "env", "braces") else []
        lines += [f"{name}={shlex.quote(word)}"] if how == "script" else []
        form = {"kubelet": f"$({name})", "default": f"${{{name}:-{word}}}", "braces": f'"${{{name}}}"'}
        out.append(form.get(how, f"${name}"))
    script = "\n".join(
        [*lines, " ".join(word if word.startswith("$(V") else word.replace("$(", "$$(") for word in out)]
    )
    agrees(served(["sh", "-c", script], env=env), said)


@given(written(), st.data())
def test_a_value_that_is_not_known_is_never_guessed(command: tuple[Facts, list[str]], data: st.DataObject) -> None:
    """It hides a name or a port, or changes nothing."""
    said, words = command
    values = [at for at, word in enumerate(words) if at >= len(said.program) and not word.startswith("-")]
    at = data.draw(st.sampled_from(values or [len(words)]))
    escaped = [word.replace("$(", "$$(") for word in words]
    found = served([*escaped[:at], data.draw(st.sampled_from(["$(NOPE)", "x$(NOPE)"])), *escaped[at + 1 :]])
    codes = {code for code, *_ in found.remarks}
    assert found.engine == said.engine
    assert found.served.models == said.expected or "unreadable-model" in codes
    assert set(found.served.models) <= {*said.expected}
    assert found.ports.numbers == (said.port,) or "unreadable-port" in codes


def double_quoted(word: str) -> str:
    """Return a word as a shell reads it from double quotes."""
    return '"' + "".join(f"\\{letter}" if letter in '"\\$`' else letter for letter in word) + '"'
