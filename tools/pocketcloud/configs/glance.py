"""glance.conf"""

from pocketcloud.configs import Ini, Site, database


def settings(site: Site) -> Ini:
    """One file store."""
    images = site.layout.images
    return {
        "DEFAULT": {
            **site.defaults("glance"),
            "enabled_backends": "local:file",
            "enabled_import_methods": "[]",
            "worker_self_reference_url": site.ports.internal_url("glance"),
            "node_staging_uri": f"file://{images}/staging",
            "bind_host": "127.0.0.1",
        },
        "glance_store": {"default_backend": "local"},
        "local": {"filesystem_store_datadir": images},
        "os_glance_staging_store": {"filesystem_store_datadir": images / "staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": images / "tasks"},
        "paste_deploy": {"flavor": "keystone", "config_file": f"{site.venv}/etc/glance/glance-api-paste.ini"},
        "database": database(site.database("glance")),
        "keystone_authtoken": site.authtoken("glance"),
        **site.common(),
    }
