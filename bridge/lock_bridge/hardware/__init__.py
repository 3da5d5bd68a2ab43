"""Ports of a lock, and a driver for each kind of attached part. The simulated door is one of them."""
