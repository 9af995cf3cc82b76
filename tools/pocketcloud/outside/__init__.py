"""What there is outside of a cloud with guests: a name server and a web server. Standard library only."""
