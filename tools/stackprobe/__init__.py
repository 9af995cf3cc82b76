"""stackprobe: behaviour-driven monitoring of OpenStack clouds, native to CI."""

__version__ = "0.1.0"
