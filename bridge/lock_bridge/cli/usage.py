"""What is wrong with how the command line was called."""


class UsageError(Exception):
    """The command cannot be meant so; the message says how it can."""
