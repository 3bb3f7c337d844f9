"""What the API promises: schemas, the table of routes and the document of both. Loaded only to be shown."""
