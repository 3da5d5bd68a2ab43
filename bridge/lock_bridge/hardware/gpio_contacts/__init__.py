"""Door contact, tamper switch, handles, knob and buttons on GPIO lines."""
