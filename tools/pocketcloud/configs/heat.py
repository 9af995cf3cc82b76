"""heat.conf"""

import secrets

from pocketcloud.configs import Ini, Site, database


def settings(site: Site) -> Ini:
    """API and engine in one process; what a stack does later it does by a trust of its owner's."""
    etc = f"{site.layers['heat']}/etc/heat"
    keystone = site.ports.internal_url("keystone", path=True)
    trustee = {
        key: value
        for key, value in site.credentials("heat").items()
        if key in ("auth_url", "auth_type", "username", "password", "user_domain_name")
    }
    return {
        "DEFAULT": {
            **site.defaults("heat"),
            "host": "pocket",
            "auth_encryption_key": secrets.token_hex(16),
            "environment_dir": f"{etc}/environment.d",
            "template_dir": f"{etc}/templates",
            "plugin_dirs": "",
            "server_keystone_endpoint_type": "internal",
            "heat_metadata_server_url": site.ports.internal_url("heat"),  # for servers, which never ask
        },
        "paste_deploy": {"api_paste_config": f"{etc}/api-paste.ini"},
        "clients": {"endpoint_type": "internal"},
        "clients_keystone": {"auth_uri": keystone},
        "trustee": trustee,
        "database": database(site.database("heat")),
        "keystone_authtoken": site.authtoken("heat"),
        **site.common(),
    }
