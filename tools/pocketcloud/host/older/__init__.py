"""What releases from before 2026.1 need: they know eventlet only, and other ways in."""
