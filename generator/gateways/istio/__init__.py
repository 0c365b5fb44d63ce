"""What istio does differently from other gateways."""
