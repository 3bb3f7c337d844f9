"""The OpenAPI document and its route."""
