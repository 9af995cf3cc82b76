"""What setup.cfg cannot say: roles/ and playbooks/ travel inside the package, so that an installed helper has them."""

from setuptools import find_namespace_packages, setup

setup(
    package_dir={
        "": "tools",
        "stackprobe.content.roles": "roles",
        "stackprobe.content.playbooks": "playbooks",
    },
    packages=[
        *find_namespace_packages("tools", exclude=["*__pycache__*", "*.egg-info*"]),
        "stackprobe.content.roles",
        "stackprobe.content.playbooks",
    ],
)
