"""neutron.conf"""

from pocketcloud.configs import Ini, Site, database


def settings(site: Site) -> Ini:
    """ML2 with a driver that binds every port, and routers without an agent."""
    return {
        "DEFAULT": {
            **site.defaults("neutron"),
            "host": "az1-host",
            "state_path": site.layout.state / "neutron",
            "api_paste_config": f"{site.venv}/etc/neutron/api-paste.ini",
            "auth_strategy": "keystone",
            "core_plugin": "ml2",
            "service_plugins": "pocketcloud.host.drivers.neutron.AgentlessRouters",
            "notify_nova_on_port_status_changes": "true",
            "notify_nova_on_port_data_changes": "true",
            "send_events_interval": 1,  # the least there is: a server's addresses lag behind by it
            "rpc_response_timeout": 5,
            "setproctitle": "off",  # we know our processes by their command line
            "api_workers": 1,
            "rpc_workers": 0,
        },
        "ml2": {
            "type_drivers": "flat,vlan,vxlan,local",
            "tenant_network_types": "vxlan",
            "mechanism_drivers": "pocketcloud",
            "extension_drivers": "port_security",
        },
        "ml2_type_flat": {"flat_networks": "public"},
        "ml2_type_vxlan": {"vni_ranges": "1:4000"},
        "securitygroup": {"enable_security_group": "true"},
        # reservations of the locking driver fail each other's transactions on SQLite
        "quotas": {"quota_driver": "neutron.db.quota.driver_nolock.DbQuotaNoLockDriver"},
        "database": database(site.database("neutron")),
        "nova": {**site.credentials("neutron"), "endpoint_type": "internal"},
        "placement": {**site.credentials("neutron"), "endpoint_type": "internal"},
        "keystone_authtoken": site.authtoken("neutron"),
        **site.common(),
    }
