"""Settings, composition root, errors, batch runner, observability."""
