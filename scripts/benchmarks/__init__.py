"""Measurements of the bridge: `scripts/bench`."""
