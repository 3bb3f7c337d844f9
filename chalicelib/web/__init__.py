"""HTTP: authentication, operator routes, dashboard, OpenAPI."""
