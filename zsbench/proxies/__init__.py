"""One small file a proxy: a docstring, a declarative header, one pure function of its evidence."""
