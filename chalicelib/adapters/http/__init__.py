"""HTTP to foreign hosts: the guarded client, downloads, webhook receivers."""
