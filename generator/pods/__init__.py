"""What runs in a pod: engines with their arguments, sidecars, endpoint pickers. No look beyond the pod."""
