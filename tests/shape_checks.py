"""The run-time checker of shape annotations."""

from beartype import BeartypeConf, beartype


def check(function):
    """beartype, with the numeric tower of PEP 484: where a float is asked for, an int will do."""
    return beartype(conf=BeartypeConf(is_pep484_tower=True))(function)
