"""The simulated door as a web page, served to this machine alone."""
