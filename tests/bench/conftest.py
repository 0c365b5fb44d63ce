"""Fixtures of the bench: `bench_oldest`, `bench_newest`, and `bench` for a test that must hold on both.

Each server starts when the first test asks for it, and serves the whole run: a test that stores objects does so in
a namespace of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from .apiserver import etcd_server
from .bench import Bench, Toolchain, find_toolchain, open_bench
from .cases import CHOSEN, Case
from .crds import BARE, NEWEST, OLDEST, Generation
from .errors import BenchError
from .gobuild import PLACES, programs
from .progress import Report, to_stderr

HERE = Path(__file__).parent
# Tests of the lane of the API servers, which are already up there; other tests of programs run in the other lane.
RELEASES = ("test_docs.py", "test_helmfile.py", "test_lifecycle.py", "test_separation.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder by what it needs, before `-m` looks at the marks."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.bench)
            if item.path == HERE / "scene" / "test_make_scene.py":
                item.add_marker(pytest.mark.demo)
            elif item.path.is_relative_to(HERE / "scene"):
                item.add_marker(pytest.mark.scene)
            elif item.path.is_relative_to(HERE / "envoy_gateway"):
                item.add_marker(pytest.mark.gateways)
            elif "places" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.releases if item.path.name in RELEASES else pytest.mark.places)
            if _is_long(item):
                item.add_marker(pytest.mark.long)


def _is_long(item: pytest.Item) -> bool:
    """Return whether a test is one of many that show much the same.

    These are every case on the oldest CRDs, applied twice, and put there in another way than by `kubectl apply`.
    """
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    case = parameters.get("case")
    again = parameters.get("bench") == "oldest" or parameters.get("server_side")
    if parameters.get("cluster") == "server-side":
        return True
    again = again or parameters.get("cluster") == "helm"
    return isinstance(case, Case) and bool(again) and case.name not in CHOSEN


@pytest.fixture(scope="session")
def bench_report(request: pytest.FixtureRequest) -> Report:
    """Progress lines that are seen although pytest captures output: a first build takes minutes."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def report(line: str) -> None:
        with capture.global_and_fixture_disabled():
            to_stderr(line)

    return report


@contextmanager
def _without_traceback() -> Iterator[None]:
    try:
        yield
    except BenchError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture(scope="session")
def bench_toolchain(bench_report: Report) -> Toolchain:
    """Go, and the programs around an API server, built on first use."""
    with _without_traceback():
        return find_toolchain(bench_report)


@pytest.fixture(scope="session")
def places(bench_toolchain: Toolchain, bench_report: Report) -> dict[str, Path]:
    """The programs that run ours: kustomize, helm and helmfile, built on first use."""
    with _without_traceback():
        return {**bench_toolchain.programs, **programs(bench_toolchain.go, PLACES, bench_report)}


@pytest.fixture(scope="session")
def bench_etcd(bench_toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an etcd that all servers share."""
    with etcd_server(bench_toolchain.programs, tmp_path_factory.mktemp("etcd")) as url:
        yield url


@pytest.fixture(scope="session")
def open_generation(
    bench_toolchain: Toolchain, bench_etcd: str, tmp_path_factory: pytest.TempPathFactory, bench_report: Report
) -> Iterator[Callable[[Generation], Bench]]:
    """Starts a server with the CRDs of a generation; it runs to the end of the session."""
    with ExitStack() as stack:

        def start(generation: Generation) -> Bench:
            folder = tmp_path_factory.mktemp(f"bench-{generation.name}")
            with _without_traceback():
                return stack.enter_context(open_bench(generation, bench_toolchain, bench_etcd, folder, bench_report))

        yield start


@pytest.fixture(scope="session")
def bench_oldest(open_generation: Callable[[Generation], Bench]) -> Bench:
    """A server with the oldest CRDs that are supported."""
    return open_generation(OLDEST)


@pytest.fixture(scope="session")
def bench_newest(open_generation: Callable[[Generation], Bench]) -> Bench:
    """A server with the newest CRDs."""
    return open_generation(NEWEST)


@pytest.fixture(scope="session")
def bench_bare(open_generation: Callable[[Generation], Bench]) -> Bench:
    """A server without any CRD."""
    return open_generation(BARE)


@pytest.fixture(scope="session", params=["oldest", "newest"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Both servers, one after the other."""
    found: Bench = request.getfixturevalue(f"bench_{request.param}")
    return found
