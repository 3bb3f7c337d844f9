"""Settings, the container, and the functions that app.py declares."""
