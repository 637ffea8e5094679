"""Why somebody is not let in, or nothing was changed. None of them carries a login, a name or a token."""


class LoginRefused(Exception):
    """Not let in. Says nothing of why: not to whoever guesses."""


class NoSession(Exception):
    """No session of this token: it ended, was ended, or never was."""


class UsedUp(Exception):
    """This code, challenge or counter was used before, or never was."""


class LoginTaken(Exception):
    """Somebody has this login already. Nothing was changed."""


class UnknownMember(Exception):
    """There is nobody with this id, or whoever asks may not know."""


class LinkEnded(Exception):
    """The one-time link was used, has ended, or never was."""


class UnknownClinic(Exception):
    """There is no clinic of this id, or whoever asks may not know."""


class UnknownClient(Exception):
    """There is no system of this id, or whoever asks may not know."""
