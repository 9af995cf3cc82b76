"""octavia.conf"""

from pocketcloud.configs import Ini, Site, database


def settings(site: Site) -> Ini:
    """API and controller worker; genuine addresses from neutron, load balancers that balance nothing."""
    return {
        "DEFAULT": {**site.defaults("octavia"), "host": "pocket"},
        "api_settings": {
            "auth_strategy": "keystone",
            "enabled_provider_drivers": "amphora: The load balancers of the cloud.",
            "default_provider_driver": "amphora",
            "allow_tls_terminated_listeners": "false",
        },
        "controller_worker": {
            "network_driver": "allowed_address_pairs_driver",
            "compute_driver": "pocketcloud",
            "client_ca": "/dev/null",  # for the machines that are not there
            "amphora_driver": "pocketcloud",
            "image_driver": "image_noop_driver",
            "volume_driver": "volume_noop_driver",
            "distributor_driver": "distributor_noop_driver",
            "amp_active_retries": 30,
            "amp_active_wait_sec": 1,
        },
        "certificates": {
            "cert_generator": "pocketcloud",
            "cert_manager": "noop_cert_manager",
            "server_certs_key_passphrase": "protects-what-nobody-ever-reads0",
        },
        "networking": {"max_retries": 5, "retry_interval": 1, "port_detach_timeout": 10},
        "task_flow": {"engine": "serial"},
        "oslo_policy": {"enforce_scope": "true", "enforce_new_defaults": "true"},
        "oslo_messaging": {"topic": "octavia"},
        "database": database(site.database("octavia")),
        "service_auth": site.credentials("octavia"),
        "neutron": {"region_name": "RegionOne", "valid_interfaces": "internal"},
        "keystone_authtoken": site.authtoken("octavia"),
        **site.common(),
    }
