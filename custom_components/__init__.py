"""Where Home Assistant looks for integrations of one's own."""
