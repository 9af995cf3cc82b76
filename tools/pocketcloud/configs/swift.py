"""swift.conf, and a file for each of its four servers"""

from pocketcloud.configs import Ini, Site

FILTERS = "catch_errors healthcheck tempurl authtoken keystoneauth copy slo dlo"
STORAGE = ("account", "container", "object")
LOG_HANDLER = "pocketcloud.host.start_swift.log_to_file"
PATIENCE = {"conn_timeout": 10, "node_timeout": 60}  # s; this is one process on a machine that may be busy


def settings(site: Site) -> Ini:
    """One storage policy. What salts the hashes of names is no secret here."""
    return {
        "swift-hash": {"swift_hash_path_prefix": "pocketcloud", "swift_hash_path_suffix": "pocketcloud"},
        "storage-policy:0": {"name": "pocket", "default": "yes"},
    }


def more_files(site: Site) -> dict[str, Ini]:
    """The proxy, and the servers behind it with one device."""
    state = site.layout.state / "swift"
    common = {
        "swift_dir": state,
        "devices": state / "devices",
        "mount_check": "false",
        "log_custom_handlers": LOG_HANDLER,
        "log_level": "INFO",
    }
    files: dict[str, Ini] = {
        f"swift-{kind}.conf": {
            "DEFAULT": {**common, **PATIENCE, "log_name": f"swift-{kind}"},
            "pipeline:main": {"pipeline": f"{kind}-server"},
            f"app:{kind}-server": {
                "use": f"egg:swift#{kind}",
                # the listing shows an object as soon as it is there, however busy the machine is
                "container_update_timeout": 60,
            },
        }
        for kind in STORAGE
    }
    files["swift-proxy.conf"] = {
        "DEFAULT": {**common, "log_name": "swift-proxy"},
        "pipeline:main": {"pipeline": f"{FILTERS} proxy-server"},
        "app:proxy-server": {
            "use": "egg:swift#proxy",
            "account_autocreate": "true",
            "error_suppression_limit": 1000000,  # the only device there is must not be avoided
            **PATIENCE,
        },
        **{f"filter:{name}": {"use": f"egg:swift#{name}"} for name in FILTERS.split() if name != "authtoken"},
        "filter:keystoneauth": {"use": "egg:swift#keystoneauth", "operator_roles": "admin, member"},
        "filter:authtoken": {
            "paste.filter_factory": "keystonemiddleware.auth_token:filter_factory",
            "delay_auth_decision": "true",  # temporary URLs and public containers need no token
            **site.authtoken("swift"),
        },
    }
    return files
