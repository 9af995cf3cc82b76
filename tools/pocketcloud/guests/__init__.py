"""The second tier: packets and guests, in network namespaces of their own.

Used inside and outside of the services' venv: standard library only.
"""
