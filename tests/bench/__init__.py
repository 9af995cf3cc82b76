"""Benchmarks: each prints its figures, ours and the alternative's in one run. Never part of the tests."""
