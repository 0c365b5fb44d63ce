"""Draw the ways from Gateways to pods: a graph of values, and its forms as text, image and page. Pure."""
