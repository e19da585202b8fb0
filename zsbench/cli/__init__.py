"""The command line: one verb a file, thin, and the only place that prints."""
