"""placement.conf"""

from pocketcloud.configs import Ini, Site, database


def settings(site: Site) -> Ini:
    """Placement as it comes."""
    return {
        "DEFAULT": {"log_dir": site.layout.log, "log_file": "placement.log"},
        "api": {"auth_strategy": "keystone"},
        "placement_database": database(site.database("placement")),
        "keystone_authtoken": site.authtoken("placement"),
    }
