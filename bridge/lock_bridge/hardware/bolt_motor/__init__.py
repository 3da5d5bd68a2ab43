"""A bolt, or a clutch, that a motor with two directions moves between two sensors."""
