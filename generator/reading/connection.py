"""Ask a Kubernetes API server for JSON. With `informers`, the only module that imports the kubernetes client, and late.

In: how to reach the server, as kubectl takes it. Out: answers as plain dicts. All commands but the controller only send
GET requests.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from llmd_routes.errors import ClusterError, InputError

from .threads import run_within

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from kubernetes.client.rest import RESTResponse
    from urllib3 import BaseHTTPResponse, Retry

_NAMESPACE_FILE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_RETRIES: Final = 5
# Seconds between retries of a busy server, whatever it requests.
_LONGEST_PAUSE: Final = 10
# Statuses that are returned as responses; any other status means that the server cannot answer.
_TELLING: Final = (200, 403, 404, 410)
# Parallel connections that are kept: each watch needs one.
_CONNECTIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status of 200, 403, 404 or 410, and the JSON of the response."""

    status: int
    body: Mapping[str, Any]


class Connection(Protocol):
    """What reading a cluster requires of a server.

    `namespace` is the namespace of the kubeconfig's context, `where` names the server in messages.
    """

    namespace: str
    where: str

    def get(self, path: str, query: Mapping[str, str], accept: str) -> Answer:
        """Request a path; safe to call from several threads. Raises ClusterError without a usable response."""
        ...

    def fetch(self, path: str) -> tuple[int, bytes]:
        """Return status and body of a response through a proxy of the server. Raises ClusterError without one."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request; `media_type` is that of the body."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = "application/json"
    method: str = "GET"
    body: bytes | Mapping[str, Any] | None = None
    media_type: str = "application/json"


class Server:
    """The server of a kubeconfig's context, or of the cluster that the program runs in."""

    def __init__(self, client: ApiClient, namespace: str, timeout_s: float | None) -> None:
        """Store a configured client, and the timeout in seconds for one response, including the connection."""
        self.namespace = namespace
        self.where = f"cluster {client.configuration.host}"
        self.configuration = client.configuration
        self._client = client
        self._timeout_s = timeout_s

    def get(self, path: str, query: Mapping[str, str], accept: str) -> Answer:
        """Request a path; the whole response is read before it is returned."""
        status, text = self._tried(Request(path, query, accept))
        if status == 401:
            raise ClusterError(f"{self.where}: rejected the credentials; renew them, or check --context")
        body = _parsed(text)
        # The server answers an unknown path with a plain-text 404.
        if status not in _TELLING or (status == 200 and body is None):
            raise ClusterError(f"{self.where}: answers {status} for {path}; check that it is a healthy API server")
        return Answer(status, body or {})

    def fetch(self, path: str) -> tuple[int, bytes]:
        """Request a path that the server proxies; return any response."""
        return self._tried(Request(path))

    def change(self, request: Request) -> tuple[int, Mapping[str, Any]]:
        """Send a request that changes an object; return the status, and the JSON of the response if it has any.

        Raises ClusterError without a response: then it is unknown whether the object has changed.
        """
        status, body = self._tried(request)
        return status, _parsed(body) or {}

    def stream(self, request: Request, silence_s: float) -> BaseHTTPResponse:
        """Return a response that continues while objects change; none of it has been read.

        Reading it fails after `silence_s` seconds without data. Raises the errors of urllib3.
        """
        response: BaseHTTPResponse = self._called(request, (silence_s, silence_s)).response
        return response

    def _tried(self, request: Request) -> tuple[int, bytes]:
        from urllib3.exceptions import HTTPError, NewConnectionError
        from urllib3.exceptions import TimeoutError as SlowAnswer

        try:
            return run_within(lambda: self._answered(request), self._timeout_s)
        except (HTTPError, OSError) as error:
            inner = _innermost(error)
            # The library also reports a refused connection as a timeout.
            is_slow = isinstance(inner, SlowAnswer | TimeoutError) and not isinstance(inner, NewConnectionError)
            if is_slow and self._timeout_s:
                late = f"no answer for {request.path} within {self._timeout_s:g} s"
                raise ClusterError(f"{self.where}: {late}; check the cluster, or raise --request-timeout") from None
            raise ClusterError(f"{self.where}: cannot be reached: {_reason(inner)}; check the kubeconfig") from None

    def _answered(self, request: Request) -> tuple[int, bytes]:
        """Send a request, retry while the server is busy, and read the whole response."""
        response = self._called(request, self._timeout_s)
        return response.status, response.read()

    def _called(self, request: Request, timeout: float | tuple[float, float] | None) -> RESTResponse:
        headers = {"Accept": request.accept}
        call = self._client.param_serialize(
            request.method,
            request.path,
            query_params=list(request.query.items()),
            header_params=headers if request.body is None else {**headers, "Content-Type": request.media_type},
            body=request.body,
            auth_settings=["BearerToken"],
        )
        return self._client.call_api(*call, _request_timeout=timeout)


def connect(context: str | None, timeout_s: float | None, kubeconfig: str | None = None) -> Server:
    """Set up a connection with a kubeconfig, else kubectl's default one, else the pod's service account.

    `timeout_s` None disables the timeout. Raises InputError if all of them are unusable. No request is sent yet.
    """
    from kubernetes import client, config

    configuration = client.Configuration()
    try:
        if kubeconfig and not Path(kubeconfig).is_file():
            raise InputError(f"--kubeconfig {kubeconfig}: no such file; check the path")
        path = kubeconfig or _kubeconfig()
        named = [name for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
        if not kubeconfig and named and not any(Path(name).exists() for name in named):
            raise InputError(
                f"KUBECONFIG={os.environ['KUBECONFIG']}: no such file; check the path, or pass manifests with -f"
            )
        if path:
            namespace = _from_kubeconfig(configuration, path, context)
        elif "KUBERNETES_SERVICE_HOST" in os.environ and context is None:
            config.load_incluster_config(client_configuration=configuration)
            namespace = _NAMESPACE_FILE.read_text(encoding="utf-8").strip()
        else:
            raise InputError(
                "no kubeconfig found, and not running in a cluster; set KUBECONFIG, or pass manifests with -f"
            )
    except InputError:
        raise
    except Exception as error:  # the client does not catch exceptions of its parsers and plug-ins
        raise InputError(f"kubeconfig: {_reason(error)}; check KUBECONFIG and --context") from None
    configuration.retries = _retries()
    configuration.connection_pool_maxsize = _CONNECTIONS
    return Server(client.ApiClient(configuration), namespace, timeout_s)


def _retries() -> Retry:
    """Return the retry policy: retry if a busy server requests it, and report all other failures at once."""
    from urllib3 import Retry

    class Retries(Retry):
        def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
            seconds = super().get_retry_after(response)
            return None if seconds is None else min(seconds, _LONGEST_PAUSE)

    # Only these statuses are retried.
    return Retries(_RETRIES, 0, 0, 0, other=0, status_forcelist=(429, 503), raise_on_status=False)


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _kubeconfig() -> str | None:
    """Return the location of the kubeconfig by kubectl's rules: one path or several, or None."""
    default = Path.home() / ".kube" / "config"
    return os.environ.get("KUBECONFIG") or (str(default) if default.exists() else None)


def _from_kubeconfig(configuration: Any, path: str, context: str | None) -> str:
    """Load a kubeconfig into a configuration, and return the namespace of its context; the file is never written."""
    from kubernetes import config

    with _logged_errors() as reasons:
        config.load_kube_config(path, context, configuration, persist_config=False)
    if reasons:
        # Otherwise the client continues as an anonymous user, who may be allowed to list fewer objects.
        fact = f"kubeconfig: cannot obtain the credentials: {' '.join(reasons[0].split())}"
        raise InputError(f"{fact}; run the credential plugin by hand, or check KUBECONFIG and --context")
    contexts, active = config.list_kube_config_contexts(path)
    chosen = next((entry for entry in contexts if entry["name"] == context), active)
    return chosen["context"].get("namespace") or "default"


@contextmanager
def _logged_errors() -> Iterator[list[str]]:
    """Collect the errors that the client logs instead of raising them."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    collector = Collector(logging.ERROR)
    logging.getLogger().addHandler(collector)
    try:
        yield messages
    finally:
        logging.getLogger().removeHandler(collector)


def _innermost(error: BaseException) -> BaseException:
    """Return the root cause of an error of the HTTP library."""
    inner = getattr(error, "reason", None)
    return _innermost(inner) if isinstance(inner, BaseException) else error


def _reason(error: BaseException) -> str:
    """Return the reason of an error in one line, without the libraries' prefixes."""
    text = " ".join(str(error).split()) or type(error).__name__
    return re.sub(r"^.*(\[Errno -?\d+\] |\[SSL: \w+\] )", "", text)
