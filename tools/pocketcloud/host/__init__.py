"""What runs inside the services' venv: the process that forks the services, their servers, drivers and set-up."""
