"""What can be known of jobs, playbooks, roles and examples without running them.

Every check takes the directory of a checkout and returns what it finds wrong, one sentence each.
"""
