"""What went wrong, as an exception."""
from __future__ import annotations

import ctypes
import errno
from ctypes import c_int, c_size_t, c_uint
from typing import NoReturn

from ._numbers import Check, Status, known


class Failure(ctypes.Structure):
    """struct tap_failure."""

    _fields_ = [("size", c_size_t), ("status", c_uint), ("check", c_uint), ("stage", c_uint), ("error", c_int),
                ("quota", c_uint), ("held", c_uint), ("limit", c_uint), ("reserved", c_uint)]

    def __init__(self) -> None:
        super().__init__(size=ctypes.sizeof(self))


class Error(OSError):
    """A call failed. errno is libtapbroker's, see ERRORS in libtapbroker(3), and strerror says what to do next."""

    status: Status | int = Status.NONE  # the broker's word; NONE: it has said none
    check: Check | int = Check.NONE  # which check refused, if this user may know
    held = 0  # EDQUOT: devices that this user holds
    limit = 0  # EDQUOT: devices that this user may hold


class Refused(Error):
    """The administrator's files or polkit do not allow it."""


def milliseconds(timeout: float | None) -> int:
    """A timeout as the library wants it."""
    if timeout is None:
        return 0
    return max(1, round(timeout * 1000))


def fail(failure: Failure | None) -> NoReturn:
    """Raises what errno and the failure say of the last call."""
    from ._library import c
    number = ctypes.get_errno()
    text = c.strerror(number).decode()
    if failure is not None and failure.check:
        text += "; " + c.check(failure.check).decode()
    error = (Refused if number == errno.EACCES else Error)(number, text)
    if failure is not None:
        error.status = known(Status, failure.status)
        error.check = known(Check, failure.check)
        error.held, error.limit = failure.held, failure.limit
    raise error
