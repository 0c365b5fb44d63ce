"""Connect to the API server of a cluster. I/O."""

from __future__ import annotations

import os

from kubernetes.aio import client, config

from .pods import WatchError


async def connect() -> client.ApiClient:
    """Return a client for the cluster that this runs in, or for that of a kubeconfig. Raises WatchError."""
    found = client.Configuration()
    try:
        if "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config(found)
        else:
            await config.load_kube_config(os.environ.get("KUBECONFIG"), client_configuration=found)
    except (config.ConfigException, OSError) as error:
        raise WatchError(f"no cluster to connect to: {' '.join(str(error).split())}") from None
    return client.ApiClient(found)
