"""Writes the dashboards and alert rules of this folder: ``python -m dashboards.generator`` (``tox -e dashboards``)."""
