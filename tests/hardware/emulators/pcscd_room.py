"""A room of its own for the machine's pcscd: no other process sees its sockets, and it opens none on the network.

Run by `pcscd.py` inside new mount and network namespaces, with a folder for the sockets that both sides see. Told by
lines: `start FOLDER` (with FOLDER's reader configuration), `stop`, `kill`, and end of input. Cards are sockets: who
connects to `cards` and sends a port's two bytes is then connected to the virtual reader that listens there.
"""

import asyncio
import fcntl
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

RUN = Path("/run/pcscd")


def furnish(shared: Path) -> None:
    """Mounts, and the loopback interface."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    RUN.mkdir()
    subprocess.run(["mount", "--bind", str(shared), str(RUN)], check=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sH14x", b"lo", 0x1 | 0x40)
        fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS: up, running


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Between a card outside and a virtual reader inside."""
    port = int.from_bytes(await reader.readexactly(2))
    async with asyncio.timeout(10):
        while True:
            try:
                there, back = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.02)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(4096):
                sink.write(data)
                await sink.drain()
        sink.close()

    async with asyncio.TaskGroup() as both:
        both.create_task(pump(reader, back))
        both.create_task(pump(there, writer))


async def start(folder: str) -> asyncio.subprocess.Process:
    """Run pcscd until its socket is there."""
    nowhere = subprocess.DEVNULL
    service = await asyncio.create_subprocess_exec(
        *("pcscd", "--foreground", "--config", folder), stdin=nowhere, stdout=nowhere, stderr=nowhere
    )
    async with asyncio.timeout(10):
        while not (RUN / "pcscd.comm").exists():
            if service.returncode is not None:
                raise SystemExit(f"pcscd ended with {service.returncode}")
            await asyncio.sleep(0.01)
    return service


async def end(service: asyncio.subprocess.Process | None, how: signal.Signals) -> None:
    """Stop it, and take away what a killed one leaves behind."""
    if service is None:
        return
    with suppress(ProcessLookupError):
        service.send_signal(how)
    await service.wait()
    for left in ("pcscd.comm", "pcscd.pid"):
        (RUN / left).unlink(missing_ok=True)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(shared: Path) -> None:
    furnish(shared)
    service: asyncio.subprocess.Process | None = None
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    cards = await asyncio.start_unix_server(relay, RUN / "cards")
    (RUN / "cards").chmod(0o666)
    say("ready")
    async with cards:
        while line := (await lines.readline()).decode().split():
            match line:
                case ["start", folder]:
                    service = await start(folder)
                case ["stop"]:
                    await end(service, signal.SIGTERM)
                case ["kill"]:
                    await end(service, signal.SIGKILL)
            say("done")
        await end(service, signal.SIGKILL)
        cards.close_clients()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
