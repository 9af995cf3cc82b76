"""pocketcloud: genuine OpenStack services in one directory, for demonstrations and tests.

Everything but the hypervisor, the volumes' bytes and the network's packets is the real thing. The launcher (this
package outside `host`) needs the standard library, PyYAML and rich; `host` runs inside the services' own venv.
"""
