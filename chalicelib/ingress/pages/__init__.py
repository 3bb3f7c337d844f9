"""The operator's pages: HTML without scripts, made of what the ports tell; loaded by nothing but their own routes."""
