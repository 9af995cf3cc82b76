"""designate.conf"""

from pocketcloud.configs import Ini, Site, database
from pocketcloud.services import HOST


def settings(site: Site) -> Ini:
    """API, central, worker and producer; the pool's name servers are told to central at each start."""
    return {
        "DEFAULT": {
            **site.defaults("designate"),
            "host": "pocket",
            "state_path": site.layout.state / "designate",
        },
        "service:api": {
            "auth_strategy": "keystone",
            "enable_host_header": "true",
            "enabled_extensions_admin": "quotas, reports, zones",
        },
        "service:worker": {
            "threads": 20,
            "poll_timeout": 2,
            "poll_retry_interval": 1,
            "poll_max_retries": 3,
            "poll_delay": 0,
        },
        "service:producer": {"threads": 20},
        "service:mdns": {"threads": 20, "listen": f"{HOST}:0"},
        # a change of a record set waits for the first, upstream up to 5 s
        "producer_task:increment_serial": {"interval": 1},
        "producer_task:delayed_notify": {"interval": 1},
        "heartbeat_emitter": {"heartbeat_interval": 60},
        "storage:sqlalchemy": database(site.database("designate")),
        "keystone_authtoken": site.authtoken("designate"),
        **site.common(),
    }
