"""What ML2/OVN needs of us, and neutron's metadata agent, inside the services' venv."""
