"""The pool on SQLite: processes that take chunks until there is nothing left to take."""

from collections.abc import Callable

from issuer.bulk.chunk import ChunkWorker
from issuer.db import StorageBusy


def work(worker: ChunkWorker, name: str, wait: Callable[[], bool]) -> int:
    """Do chunks; how many were done.

    Args:
        wait: called when there is nothing to take, or the database is not to be reached; False ends the work.
    """
    done = 0
    while True:
        try:
            taken = worker.run_one(name)
        except StorageBusy:
            taken = False
        done += taken
        if not taken and not wait():
            return done
