"""Fault injection: what `faults.json` may say and how it is counted. README.md describes the format for users."""
