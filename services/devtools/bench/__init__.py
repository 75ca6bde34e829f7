"""Benchmarks: each figure next to a yardstick measured in the same run, so that a ratio can be read on any machine."""
