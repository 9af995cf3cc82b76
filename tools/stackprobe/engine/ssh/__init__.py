"""SSH to guests: logins measured stage by stage, connections kept by name, commands and tunnels on them.

paramiko, which takes its time to import, is first imported where a step needs it: few runs do.
"""
