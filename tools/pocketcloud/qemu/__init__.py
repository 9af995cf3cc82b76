"""Guests that are virtual machines: nova's own libvirt driver, QEMU without KVM, and a tiny generated image.

Used inside and outside of the services' venv: standard library only.
"""
