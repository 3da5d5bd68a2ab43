"""An electric strike behind a relay, with a monitor of the latch."""
