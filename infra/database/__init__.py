"""Migrations, roles and grants of PostgreSQL."""
