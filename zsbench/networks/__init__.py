"""Networks of the spaces; the only place besides `probes` and `evaluate` that knows torch."""
