"""Other people's Ansible, recorded: a callback plugin tells every task of any playbook to a journal.

What the plugin uses runs in Ansible's own Python: nothing but the standard library, and Python 3.10 is enough.
``chronicle`` is the one that knows how plays and tasks become records; `stackprobe.importing` uses it as well.
"""
