"""What of a project's quota is used and what is left: one module a service that has quotas."""

from stackprobe.quota.model import Quota, Unreadable
from stackprobe.quota.readers import NOT_OFFERED, READERS

__all__ = ["NOT_OFFERED", "READERS", "Quota", "Unreadable"]
