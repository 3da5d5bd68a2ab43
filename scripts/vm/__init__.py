"""A guest with a real kernel, for parts that this machine does not have: fetched, started and talked to."""
