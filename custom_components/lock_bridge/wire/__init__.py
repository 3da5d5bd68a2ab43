"""What goes over the wire between bridge and client, defined once for both ends."""
