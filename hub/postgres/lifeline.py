"""The pipe by which a supervisor notices that the hub is gone, however it went."""

import os
import threading
import weakref

# Reentrant, since a garbage collection may close a lifeline at any point of the thread that holds it.
_gate = threading.RLock()
_open_lifelines: "weakref.WeakSet[Lifeline]" = weakref.WeakSet()


class Lifeline:
    """A pipe that nobody writes to: its reader sees end of file once this process has closed it or ended.

    No child of this process keeps the write end open: it is closed on exec, and, in children forked without exec
    (multiprocessing), by a hook at the fork.
    """

    def __init__(self) -> None:
        with _gate:
            self.read_descriptor, self._write_descriptor = os.pipe()
            self._read_open = self._write_open = True
            _open_lifelines.add(self)

    def hand_reader_over(self) -> None:
        """Close this process's copy of the read end, which the supervisor has inherited."""
        if self._read_open:
            self._read_open = False
            os.close(self.read_descriptor)

    def close(self) -> None:
        """Let the reader see end of file. Again is harmless."""
        with _gate:
            self.hand_reader_over()
            if self._write_open:
                self._write_open = False
                os.close(self._write_descriptor)

    def __del__(self) -> None:
        self.close()


def _close_in_child() -> None:
    for lifeline in list(_open_lifelines):
        lifeline.close()
    _gate.release()


# The gate keeps a fork out of the moment between making a pipe and knowing it.
os.register_at_fork(before=_gate.acquire, after_in_parent=_gate.release, after_in_child=_close_in_child)
