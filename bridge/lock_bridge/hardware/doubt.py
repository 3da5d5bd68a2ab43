"""Errors of an exchange with a module after which it may not be known what was done: meet it again, then ask again."""

from .trouble import PartError, Trouble


class DoubtError(PartError):
    """What was asked may or may not have been done; after a new greeting it can be asked again."""


class NoAnswerError(DoubtError):
    """The module did not answer in time."""

    def __init__(self, what: str) -> None:
        super().__init__(what, Trouble.NO_ANSWER)


class DisturbedError(DoubtError):
    """There was something on the line that does not belong there, so that an answer may not be what it seems."""

    def __init__(self, what: str) -> None:
        super().__init__(what, Trouble.GARBLED)


class RestartedError(DoubtError):
    """The module has started anew: what it had in hand is gone, and it may be another one."""

    def __init__(self, what: str) -> None:
        super().__init__(what, Trouble.NO_ANSWER)
