"""The manifests that are emitted, one jinja2 file per Kubernetes kind; they hold no logic beyond loops and ifs."""
