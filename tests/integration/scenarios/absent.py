"""A cloud whose catalog lacks a service."""

from __future__ import annotations

from openstack.connection import Connection

from tests.support.clouds import Rules


def without(connection: Connection, service: str) -> Rules:
    """Rules of faults.json with which every token's catalog lacks a service.

    :param connection: of the project that will log in.
    :param service: its type in the catalog.
    """
    catalog = connection.session.auth.get_access(connection.session).service_catalog.catalog
    kept = [entry for entry in catalog if entry["type"] != service]
    assert len(kept) == len(catalog) - 1, [entry["type"] for entry in catalog]
    return [{"service": "keystone", "path": "/auth/tokens$", "set": {"token.catalog": kept}}]
