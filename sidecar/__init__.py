"""The services of a cluster: the external processor and the models server."""
