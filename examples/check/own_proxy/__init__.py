"""A proxy of one's own."""
