"""The bridge's own light ring and function key on GPIO lines."""
