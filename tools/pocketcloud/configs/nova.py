"""nova.conf"""

from pocketcloud.configs import Ini, Site, database


def settings(site: Site) -> Ini:
    """API, conductor, scheduler and two compute services in one process, on a hypervisor that is not there."""
    client = site.credentials("nova")
    return {
        "DEFAULT": {
            **site.defaults("nova"),
            "host": "az1-host",
            "state_path": site.layout.state / "nova",
            "my_ip": "127.0.0.1",
            "compute_driver": "pocketcloud.PocketDriver",
            "allow_resize_to_same_host": "true",
            "sync_power_state_interval": -1,
            "shutdown_timeout": 1,
            "vif_plugging_is_fatal": "false",
            "vif_plugging_timeout": 0,
        },
        "api": {"auth_strategy": "keystone"},
        "wsgi": {"api_paste_config": f"{site.venv}/etc/nova/api-paste.ini"},
        "api_database": database(site.database("nova_api")),
        "database": database(site.database("nova_cell1")),
        "glance": client,
        "placement": client,
        "neutron": client,
        "cinder": {
            **client,
            "os_region_name": client["region_name"],
            "catalog_info": f"{site.series.volume_type}::internalURL",
        },
        "service_user": {"send_service_user_token": "true", **client},
        "filter_scheduler": {"track_instance_changes": "false"},
        "vnc": {"enabled": "false"},
        "spice": {"enabled": "false"},
        "key_manager": {"backend": "nova.keymgr.conf_key_mgr.ConfKeyManager"},
        "keystone_authtoken": site.authtoken("nova"),
        **site.common(),
    }
