"""Scores that other projects computed, read from their files: never mixed with ours, under their source's name."""
