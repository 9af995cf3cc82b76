"""cinder.conf"""

from pocketcloud.configs import Ini, Site, database
from pocketcloud.services import ZONES


def settings(site: Site) -> Ini:
    """One backend a zone, volumes are bookkeeping only; one place for the backups of all zones."""
    nova = site.credentials("cinder")
    nova["interface"] = "internal"
    backends: Ini = {
        zone: {
            "volume_driver": "pocketcloud.host.drivers.cinder.BookkeepingDriver",
            "volume_backend_name": zone,
            "backend_availability_zone": zone,
        }
        for zone in ZONES
    }
    return {
        "DEFAULT": {
            **site.defaults("cinder"),
            "host": "pocket",
            "state_path": site.layout.state / "cinder",
            "api_paste_config": f"{site.venv}/etc/cinder/api-paste.ini",
            "resource_query_filters_file": f"{site.venv}/etc/cinder/resource_filters.json",
            "auth_strategy": "keystone",
            "enabled_backends": ",".join(ZONES),
            "storage_availability_zone": ZONES[0],
            "scheduler_driver_init_wait_time": 1,
            "my_ip": "127.0.0.1",
            "glance_api_servers": site.ports.internal_url("glance"),
            "volume_usage_audit_period": "month",
            "backup_driver": "pocketcloud.host.drivers.cinder_backup.PosixDriver",
            "backup_file_size": 32768,  # each is held in memory
        },
        **backends,
        "coordination": {"backend_url": f"file://{site.layout.state}/locks"},
        "database": database(site.database("cinder")),
        "nova": nova,
        "service_user": {"send_service_user_token": "true", **site.credentials("cinder")},
        "keystone_authtoken": site.authtoken("cinder"),
        **site.common(),
    }
