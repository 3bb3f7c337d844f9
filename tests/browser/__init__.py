"""The dashboard in a real browser: a served app over twins, and the tests that open it under Node."""
