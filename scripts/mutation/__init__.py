"""Mutation testing of the engine's decisions: `scripts/test --mutate`."""
