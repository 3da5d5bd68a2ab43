"""What a lock does: one deterministic state machine, free of I/O, clocks and waiting."""
