"""Credentials that come from a CI's secret: read, checked, kept in a private file, exchanged for a token, removed."""
