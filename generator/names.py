"""Every fixed string of Kubernetes and llm-d, each with its source; nothing here is computed.

llm-d labels: the guides and charts of https://github.com/llm-d; Gateway API: https://gateway-api.sigs.k8s.io;
InferencePool: https://gateway-api-inference-extension.sigs.k8s.io.
"""

from __future__ import annotations

from typing import Final

# --- API groups -----------------------------------------------------------------------------------------------------
GATEWAY: Final = "gateway.networking.k8s.io"
POOL_V1: Final = "inference.networking.k8s.io"
POOL_V1ALPHA2: Final = "inference.networking.x-k8s.io"
POOL_GROUPS: Final = (POOL_V1, POOL_V1ALPHA2)
POOL_API_VERSION: Final = {POOL_V1: f"{POOL_V1}/v1", POOL_V1ALPHA2: f"{POOL_V1ALPHA2}/v1alpha2"}
LWS: Final = "leaderworkerset.x-k8s.io"
KSERVE: Final = "serving.kserve.io"
FMA: Final = "fma.llm-d.ai"
LLMD: Final = "llm-d.ai"
CRD: Final = "apiextensions.k8s.io"

# --- labels and annotations that llm-d, KServe and LeaderWorkerSet set -----------------------------------------------
OWNED_BY: Final = "llm-d.ai/owned-by"
ENGINE_TYPE: Final = "llm-d.ai/engine-type"
ENGINE_TYPE_LEGACY: Final = "inference.networking.k8s.io/engine-type"
GUIDE: Final = "llm-d.ai/guide"
MODEL: Final = "llm-d.ai/model"
ROLE: Final = "llm-d.ai/role"
# camelCase up to chart v0.4.4 and kebab-case since then (llm-d-modelservice#202); both are read.
SERVING: Final = ("llm-d.ai/inference-serving", "llm-d.ai/inferenceServing")
ACTIVE_PORTS: Final = ("llm-d.ai/active-ports", "inference.networking.k8s.io/active-ports")
# The chart writes the singular, the fast model actuation guide the plural.
DUAL_POD_PREFIXES: Final = ("dual-pod.llm-d.ai/", "dual-pods.llm-d.ai/")
KSERVE_COMPONENT: Final = "kserve.io/component"
APP_NAME: Final = "app.kubernetes.io/name"
APP_PART_OF: Final = "app.kubernetes.io/part-of"
APP_INSTANCE: Final = "app.kubernetes.io/instance"
APP_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
HELM_RELEASE: Final = "meta.helm.sh/release-name"
# The charts of https://github.com/llm-d/llm-d-router that install an endpoint picker: for a Gateway, or with a proxy.
GATEWAY_CHART: Final = "llm-d-router-gateway"
STANDALONE_CHART: Final = "llm-d-router-standalone"
# The chart of the inference extension.
POOL_CHART: Final = "inferencepool"
# Labels on EPP pods of: the router chart with and without a pool, the inference extension's chart, the modelservice
# chart <= v0.2.
EPP_LABELS: Final = (GATEWAY_CHART, STANDALONE_CHART, POOL_CHART, "llm-d.ai/epp")
# On the pods of a stand-alone router's proxy that has a Deployment of its own.
PROXY_LABEL: Final = "llm-d-router-proxy"
LWS_NAME: Final = "leaderworkerset.sigs.k8s.io/name"
LWS_WORKER_INDEX: Final = "leaderworkerset.sigs.k8s.io/worker-index"
POD_INDEX: Final = "apps.kubernetes.io/pod-index"
# Set on the pods of a Gateway by its controller (GEP-1762).
GATEWAY_NAME: Final = f"{GATEWAY}/gateway-name"
BUNDLE_VERSION: Final = "gateway.networking.k8s.io/bundle-version"

# --- what this program writes ---------------------------------------------------------------------------------------
INSTANCE: Final = "llmd-routes/instance"
# Distinguishes the pods of one ModelService if the engine label does not.
SERVICE: Final = "llmd-routes/service"
# The names of rules whose requests a policy for each answers: for unserved models, the models list, and no model.
UNSERVED_RULE: Final = "unserved"
LIST_RULE: Final = "models"
NAMELESS_RULE: Final = "no-model"
# Kinds of settings that users write about ModelServices; they are never manifests.
SETTINGS_FILE: Final = "llmd-routes.yaml"
# Replaces an unknown namespace in a served model name.
UNKNOWN_NAMESPACE: Final = "<namespace>"

EPP_PORT: Final = 9002
# gRPC's default limit, in bytes; llm-d-router has --grpc-max-recv-msg-size since v0.9.
MESSAGE_LIMIT: Final = 4 * 1024 * 1024
CLUSTER_DOMAIN: Final = "svc.cluster.local"
