"""Parts that are wired to GPIO lines."""
