"""What runs beside a gateway: copies model and engine from the body of a request to headers."""
