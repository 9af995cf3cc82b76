"""keystone.conf"""

from pocketcloud.configs import Ini, Site, database


def settings(site: Site) -> Ini:
    """Fernet tokens; cheap password hashes, because the users of a demo cloud guard nothing."""
    keys = site.layout.state / "fernet"
    return {
        "DEFAULT": site.defaults("keystone"),
        "database": database(site.database("keystone")),
        "token": {"provider": "fernet", "caching": "false"},
        "fernet_tokens": {"key_repository": keys},
        "fernet_receipts": {"key_repository": keys},
        "credential": {"key_repository": site.layout.state / "credential"},
        "identity": {"password_hash_rounds": 4},
        "cache": {"enabled": "true", "backend": "dogpile.cache.memory"},
        # Keystone may read that a token is not revoked just before it is, and keep that just after: then the revoked
        # token is accepted for an hour. It happens where many tokens are checked while one is revoked. Both the list
        # of revocations and what is known of one token are kept, so neither may be.
        "revoke": {"caching": "false"},
        **site.common(),
    }
