"""Users, application credentials and their access rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

from stackprobe.resources.kind import Found, Kind

_IN_BRACES = re.compile(r"\{([^{}]+)\}")


class User(Kind):
    """Users belong to a domain. Who may not list users cannot have made one."""

    def _list(self, connection: Connection, query: Mapping[str, str], prefix: str | None = None) -> list[Found]:
        auth: Any = connection.session.auth
        access = auth.get_access(connection.session)
        domain_id = access.project_domain_id or access.user_domain_id
        try:
            return super()._list(connection, {**query, "domain_id": domain_id}, prefix)
        except openstack.exceptions.ForbiddenException:
            return []

    def _narrowed(self, prefix: str) -> Mapping[str, str]:
        return {"name__startswith": f"{prefix}-"}

    def _in_project(self, item: Mapping[str, Any], project_id: str) -> bool:
        return True


class ApplicationCredential(Kind):
    """Application credentials belong to the token's user; only those for the token's project are looked at."""

    def _listing(self, connection: Connection) -> str:
        return f"/users/{connection.current_user_id}{self.path}"

    def _one(self, connection: Connection, identity: str) -> str:
        return f"{self._listing(connection)}/{identity}"


class AccessRule(Kind):
    """Rules of application credentials, which outlive these. They have no name: the path of ours has one in braces,
    which Keystone takes for a placeholder."""

    def find(self, connection: Connection, name: str) -> list[Found]:
        return [found for found in self._list(connection, {}) if found.name == name]

    def _list(self, connection: Connection, query: Mapping[str, str], prefix: str | None = None) -> list[Found]:
        try:
            return super()._list(connection, query, prefix)
        except openstack.exceptions.NotFoundException:  # a Keystone older than access rules
            return []

    def _listing(self, connection: Connection) -> str:
        return f"/users/{connection.current_user_id}{self.path}"

    def _one(self, connection: Connection, identity: str) -> str:
        return f"{self._listing(connection)}/{identity}"

    def _found(self, item: Mapping[str, Any], prefix: str | None) -> Found:
        match = _IN_BRACES.search(str(item.get("path") or ""))
        return super()._found({**item, "name": match[1] if match else ""}, prefix)


USER = User("user", "identity", "/users", "users", "user", 6)
APPLICATION_CREDENTIAL = ApplicationCredential(
    "application_credential",
    "identity",
    "/application_credentials",
    "application_credentials",
    "application_credential",
    1,
)
ACCESS_RULE = AccessRule("access_rule", "identity", "/access_rules", "access_rules", "access_rule", 2)
