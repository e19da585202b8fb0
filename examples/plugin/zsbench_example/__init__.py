"""A space and a proxy of one's own."""
