"""barbican.conf"""

import base64
import os

from pocketcloud.configs import Ini, Site, database


def settings(site: Site) -> Ini:
    """Secrets encrypted by barbican itself, with a master key of this cloud's own."""
    return {
        "DEFAULT": {**site.defaults("barbican"), "db_auto_create": "false"},
        "secretstore": {"enabled_secretstore_plugins": "store_crypto"},
        "crypto": {"enabled_crypto_plugins": "simple_crypto"},
        "simple_crypto_plugin": {"kek": base64.urlsafe_b64encode(os.urandom(32)).decode()},
        "database": database(site.database("barbican")),
        "keystone_authtoken": site.authtoken("barbican"),
        **site.common(),
    }
