"""``probe_token``: a token's life, as a customer's program lives it. Tokens never leave the session process."""

from __future__ import annotations

import copy
from typing import Any

import openstack.connection
from keystoneauth1 import loading
from keystoneauth1.identity import v3

from stackprobe.credentials.held_token import HeldToken, token_of, v3_url
from stackprobe.engine.classify import StepError, StepFailure, StepSkipped, status_of
from stackprobe.engine.plain import plain
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.engine.steps.endpoint import configured_interface, endpoints_of

ACTIONS = ("issue", "exchange", "login", "validate", "catalog", "revoke")
OWN = "own"
"""The name of the run's own token; it cannot be revoked."""


class TokenStep(StepKind):
    """``action`` is one of

    - ``issue``: a new token with the credentials of clouds.yaml, remembered as ``token``;
    - ``exchange``: a new token, remembered as ``token``, from the one remembered as ``with``;
    - ``login``: a token for ``user`` (an id), or of ``application_credential`` (an id), with the secret remembered as
      ``password``;
    - ``validate``: ask Keystone about ``token``;
    - ``catalog``: the catalog that Keystone gives for ``token``, with the endpoints on ``interfaces``;
    - ``revoke``: end ``token``.

    ``refused`` lists the HTTP statuses of which the cloud must answer one.
    """

    name = "token"
    required = frozenset({"action"})
    optional = frozenset({"token", "with", "user", "application_credential", "password", "interfaces", "refused"})

    def run(self, context: StepContext, step: Step) -> Any:
        action = step.arguments["action"]
        if action not in ACTIONS:
            raise StepError(f"`action` must be one of {', '.join(ACTIONS)}, not {action!r}")
        refused = step.arguments.get("refused")
        try:
            result = getattr(self, f"_{action}")(context, step)
        except Exception as error:
            status = status_of(error)
            if refused and status is not None and status in refused:
                return {"status": status}
            if refused and status is not None and status < 500:
                raise StepFailure(f"expected a refusal with {refused}, got HTTP {status}", status) from error
            raise
        if refused:
            raise StepFailure(f"expected a refusal with {refused}, but the cloud accepted it")
        if step.arguments.get("expect"):
            context.verify(result, step.arguments["expect"])
        return result

    def _issue(self, context: StepContext, step: Step) -> Any:
        config = context.connection.config.config
        auth_type = str(config.get("auth_type"))
        if auth_type.endswith("token"):
            raise StepSkipped("clouds.yaml holds a token, and a new one needs the password")
        plugin: Any = loading.get_plugin_loader(auth_type).load_from_options(**config["auth"])
        return self._access(context, step, plugin)

    def _exchange(self, context: StepContext, step: Step) -> Any:
        config = context.connection.config.config
        if "applicationcredential" in str(config.get("auth_type")):
            raise StepSkipped("clouds.yaml holds an application credential, whose tokens cannot be exchanged")
        if token_of(config) == "application_credential":
            raise StepSkipped("clouds.yaml holds a token of an application credential, which cannot be exchanged")
        project = context.connection.current_project_id
        plugin = v3.Token(self._auth_url(context), self._known(context, step, "with"), project_id=project)
        return self._access(context, step, plugin)

    def _login(self, context: StepContext, step: Step) -> Any:
        password = context.values.secret(step.arguments.get("password", "password"), step.scenario)
        if identity := step.arguments.get("application_credential"):
            plugin: Any = v3.ApplicationCredential(self._auth_url(context), password, identity)
        else:
            plugin = v3.Password(
                self._auth_url(context), user_id=step.arguments.get("user"), password=password, unscoped=True
            )
        return self._access(context, step, plugin)

    def _access(self, context: StepContext, step: Step, plugin: Any) -> Any:
        access = plugin.get_access(context.connection.session)
        token = access.auth_token
        if not token:
            raise StepFailure("Keystone's answer holds no token")
        context.values.remember(step.arguments.get("token", "token"), step.scenario, token)
        connection = context.connection
        return {
            "user_id": access.user_id,
            "project_id": access.project_id,
            "same_user": access.user_id == connection.current_user_id,
            "same_project": access.project_id == connection.current_project_id,
            "lifetime_s": (access.expires - access.issued).total_seconds(),
            "expires": plain(access.expires),
            "issued": plain(access.issued),
            "roles": list(access.role_names or []),
        }

    def _validate(self, context: StepContext, step: Step) -> Any:
        body = self._about_token(context, step, "GET").json()
        return plain(body.get("token") if isinstance(body, dict) else None)

    def _catalog(self, context: StepContext, step: Step) -> Any:
        """``services`` (the types in it), ``endpoints`` (``service``, ``interface`` and a ``label`` of each) and
        ``missing`` (types that the run's own token knows)."""
        answer = context.connection.session.get(
            f"{self._auth_url(context)}/auth/catalog",
            authenticated=False,
            headers={"X-Auth-Token": self._known(context, step, "token")},
        )
        body = answer.json()
        catalog = body.get("catalog") if isinstance(body, dict) else None
        if not isinstance(catalog, list):
            raise StepFailure("the answer holds no catalog", answer.status_code)
        services = _types(catalog, context)
        session: Any = context.connection.session
        own = session.auth.get_access(session).service_catalog
        endpoints = []
        for service in services:
            configured = configured_interface(context, service)
            for interface in step.arguments.get("interfaces") or [configured]:
                label = service if interface == configured else f"{service}-{interface}"
                endpoints.append({"service": service, "interface": interface, "label": label})
        return {
            "services": services,
            "endpoints": endpoints,
            "missing": sorted(set(_types(own.catalog if own else [], context)) - set(services)),
        }

    def _revoke(self, context: StepContext, step: Step) -> Any:
        if step.arguments.get("token") == OWN:
            raise StepError("the run's own token cannot be revoked: the other scenarios use it")
        return {"status": self._about_token(context, step, "DELETE").status_code}

    def _about_token(self, context: StepContext, step: Step, http_method: str) -> Any:
        """A request about a token by the run's own one (so that a revoked token can still be asked about)."""
        return context.connection.session.request(
            f"{self._auth_url(context)}/auth/tokens",
            http_method,
            headers={"X-Subject-Token": self._known(context, step, "token")},
        )

    @staticmethod
    def _known(context: StepContext, step: Step, key: str) -> str:
        name = step.arguments.get(key, "token")
        token = context.connection.auth_token if name == OWN else context.values.known(name, step.scenario)
        if token is None:
            raise StepError(f"no step of this scenario has remembered a token as `{name}`")
        return str(token)

    @staticmethod
    def _auth_url(context: StepContext) -> str:
        return v3_url(str(context.connection.config.config["auth"]["auth_url"]))


def with_token(context: StepContext, name: str, scenario: str) -> openstack.connection.Connection:
    """A connection of its own that sends the token remembered as ``name``. Keystone is asked about that token first.

    :raises StepError: there is none.
    """
    token = context.values.known(name, scenario)
    if token is None:
        raise StepError(f"no step of this scenario has remembered a token as `{name}`")
    cloud_region = copy.copy(context.connection.config)
    cloud_region._auth = HeldToken(str(cloud_region.config["auth"]["auth_url"]), token)
    cloud_region._keystone_session = None
    return openstack.connection.Connection(config=cloud_region)


def _types(catalog: list[Any], context: StepContext) -> list[str]:
    """The types of the services that a catalog has in the run's region."""
    region = context.connection.config.get_region_name()
    return sorted(
        {
            str(service["type"])
            for service in catalog
            if isinstance(service, dict) and service.get("type") and any(True for _ in endpoints_of(service, region))
        }
    )
