"""Files that are either whole or not there, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

BLOCK = bytes(64 * 1024)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write into, which takes the place of `path` once it is whole and on the disk.

    There may be one writer at a time. What a killed one has left behind, the next one replaces.

    Raises:
        OSError: it cannot be written; then `path` is as it was.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def require_room(folder: Path, size: int) -> None:
    """Raise an OSError if the folder has no room for `size` more bytes."""
    room = folder / ".room.tmp"
    try:
        with room.open("wb") as file:
            for _ in range(0, size, len(BLOCK)):
                file.write(BLOCK)
    except OSError as error:
        error.filename = str(folder)
        raise
    finally:
        room.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with replacing(path) as file:
        file.write(text.encode())


@contextlib.contextmanager
def only_user_of(folder: Path) -> Iterator[bool]:
    """Hold a folder for this process: yields False if another process holds it.

    The hold ends with the process, however that ends. Where the platform has no such lock, it is
    always granted.
    """
    try:
        import fcntl
    except ImportError:
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        granted = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            granted = False
        except OSError:
            pass  # The file system knows no locks.
        yield granted
    finally:
        os.close(descriptor)
