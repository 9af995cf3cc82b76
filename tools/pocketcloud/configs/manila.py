"""manila.conf"""

from pocketcloud.configs import Ini, Site, database
from pocketcloud.services import ZONES

SHARE_TYPE = "default"
API_CREDENTIALS = "api_credentials"


def settings(site: Site) -> Ini:
    """One backend a zone; shares are bookkeeping only."""
    backends: Ini = {
        zone: {
            "share_driver": "pocketcloud.host.drivers.manila.BookkeepingDriver",
            "driver_handles_share_servers": "false",
            "share_backend_name": zone,
            "backend_availability_zone": zone,
        }
        for zone in ZONES
    }
    credentials = site.credentials("manila")
    # the share service registers options of its own in this section, and upstream it has no API in its process
    authtoken = {key: value for key, value in site.authtoken("manila").items() if key not in credentials}
    return {
        "DEFAULT": {
            **site.defaults("manila"),
            "host": "pocket",
            "state_path": site.layout.state / "manila",
            "api_paste_config": f"{site.layers['manila']}/etc/manila/api-paste.ini",
            "auth_strategy": "keystone",
            "enabled_share_backends": ",".join(ZONES),
            "enabled_share_protocols": "NFS,CIFS",
            "storage_availability_zone": ZONES[0],
            "default_share_type": SHARE_TYPE,
        },
        **backends,
        "coordination": {"backend_url": f"file://{site.layout.state}/locks"},
        "database": database(site.database("manila")),
        "neutron": credentials,
        "keystone_authtoken": {**authtoken, "auth_type": "password", "auth_section": API_CREDENTIALS},
        API_CREDENTIALS: credentials,
        **site.common(),
    }
