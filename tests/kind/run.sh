#!/usr/bin/env bash
# The guide's cluster on kind, for those who have Docker: istio from its charts, stand-ins for two engines, endpoint
# pickers that `--epp deploy` makes, and the guide's calls. `make kind` runs it; KEEP=1 leaves the cluster for you.
set -euo pipefail
cd "$(dirname "$0")/../.."

ISTIO=${ISTIO:-1.29.0}
ISTIO_CHARTS=${ISTIO_CHARTS:-https://istio-release.storage.googleapis.com/charts}
CLUSTER=llmd-routes
NS=llm-d-multi-engine
MODEL=Qwen/Qwen2.5-0.5B-Instruct
BIN=.venv/bin

for program in docker kind kubectl helm curl; do
  command -v "$program" > /dev/null || { echo "error: $program is not installed; make scene needs no Docker" >&2; exit 1; }
done

folder=$(mktemp -d)
clean() {
  kill "${forward:-}" 2> /dev/null || true
  [ -n "${KEEP:-}" ] || kind delete cluster --name "$CLUSTER"
  rm -rf "$folder"
}
trap clean EXIT
kind create cluster --name "$CLUSTER" --kubeconfig "$folder/kubeconfig" --wait 120s
export KUBECONFIG=$folder/kubeconfig

# Images by the names of the engines, so that the manifests are what users have; they answer, and have no model.
cp tests/bench/scene/engine.py tests/kind/engines/
docker build --quiet --target vllm --tag vllm/vllm-openai:v0.11.0 tests/kind/engines
docker build --quiet --target sglang --tag lmsysorg/sglang:v0.5.4 tests/kind/engines
rm tests/kind/engines/engine.py
kind load docker-image --name "$CLUSTER" vllm/vllm-openai:v0.11.0 lmsysorg/sglang:v0.5.4

$BIN/python -m tests.kind crds | kubectl apply --server-side -f -
helm install base base --repo "$ISTIO_CHARTS" --version "$ISTIO" -n istio-system --create-namespace --wait
helm install istiod istiod --repo "$ISTIO_CHARTS" --version "$ISTIO" -n istio-system --wait \
  --set pilot.env.ENABLE_GATEWAY_API_INFERENCE_EXTENSION=true

$BIN/python -m tests.kind scene | kubectl apply -f -
kubectl -n $NS wait gateway/inference-gateway --for=condition=Programmed --timeout=180s
$BIN/llmd-routes generate -n $NS --epp deploy | kubectl apply -f -
kubectl -n $NS wait deployment --all --for=condition=Available --timeout=300s

kubectl -n $NS port-forward service/inference-gateway-istio 18000:80 > "$folder/forward.log" &
forward=$!
call() { # further fields of the body, then a header each
  fields=$1; shift
  curl -sS --retry 10 --retry-all-errors --retry-connrefused --fail http://127.0.0.1:18000/v1/chat/completions \
    -H 'Content-Type: application/json' "${@/#/-H}" \
    -d "{\"model\": \"$MODEL\", $fields \"messages\": [{\"role\": \"user\", \"content\": \"What is machine learning?\"}]}"
}
call '"owned_by": "vllm",' | grep -q '"id": "chatcmpl-'
call '"owned_by": "sglang",' | grep -q '"weight_version"'
call '' 'x-owned-by: sglang' | grep -q '"weight_version"'
call '' | grep -q '"id": "chatcmpl-'
code=$(curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1:18000/v1/chat/completions \
  -H 'Content-Type: application/json' -d "{\"model\": \"$MODEL\", \"owned_by\": \"nope\"}")
[ "$code" = 404 ] || { echo "error: an unknown engine was answered $code, not 404" >&2; exit 1; }
curl -sS --fail http://127.0.0.1:18000/v1/models | grep -q '"owned_by": "sglang"'
echo "vllm, sglang and the default engine answer on kind, and an unknown engine is refused"
