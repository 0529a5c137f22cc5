"""Waiting in asyncio's loop."""
from __future__ import annotations

import asyncio


async def readable(*fds: int) -> None:
    """Waits until one of the descriptors has something to read."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    for fd in fds:
        loop.add_reader(fd, ready.set)
    try:
        await ready.wait()
    finally:
        for fd in fds:
            loop.remove_reader(fd)
