"""`python -m hub`: the command line."""

import signal
import sys
from types import FrameType

from hub.errors import SetupError


def main() -> None:
    """Run a command; what an operator can mend is one message without a trace, and exit status 2."""
    # The server shuts down by itself and raises the signal again: then what the command opened must be closed too.
    signal.signal(signal.SIGTERM, _exit)
    from hub.cli import app

    try:
        app()
    except SetupError as error:
        sys.exit(_failure(str(error)))
    except KeyboardInterrupt:
        sys.exit(130)


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _failure(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


main()
