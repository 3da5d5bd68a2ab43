"""A network between Home Assistant and the bridge that can fail in every way that networks do."""

import asyncio
from collections.abc import Callable


class FaultProxy:
    """Passes TCP on to 127.0.0.1:`target()`. Faults hold for what is connected and for what comes."""

    def __init__(self, target: Callable[[], int]) -> None:
        self.port = 0
        self.dialled = 0
        """How often somebody connected."""
        self._target = target
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()
        self._open.set()

    async def start(self) -> None:
        """Listen, at the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nobody is there any more: connections are reset, new ones refused."""
        if self._server is not None:
            server, self._server = self._server, None
            for listening in server.sockets:
                asyncio.get_running_loop().remove_reader(listening.fileno())
            # asyncio fails on what was accepted and not yet attached when its server closes: let it attach.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            server.close()
        self.cut()
        self._open.set()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    def cut(self) -> None:
        """Reset all connections; new ones go through."""
        for writer in self._writers:
            writer.transport.abort()

    def stall(self) -> None:
        """Half-open: connections stay and new ones are accepted, but not a byte goes through."""
        self._open.clear()

    def flow(self) -> None:
        """Let bytes through again, the withheld ones first."""
        self._open.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.dialled += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        try:
            await self._open.wait()
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target())
            self._writers.add(there_writer)
            async with asyncio.TaskGroup() as pipes:
                pipes.create_task(self._pipe(reader, there_writer))
                pipes.create_task(self._pipe(there_reader, writer))
            self._writers.discard(there_writer)
        except OSError:
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._pipes.discard(task)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()
