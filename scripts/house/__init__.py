"""A whole house as processes, for development, system tests and benchmarks."""
