"""The one class of errors that a user can mend."""


class UserError(ValueError):
    """Something that was given is wrong: the message names it, and the fix where there is one.

    The command line prints the message alone. Every other error is ours and keeps its traceback.
    """
