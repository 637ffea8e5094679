"""The MLLP listener: blocks from sockets to the door, answers back, in order.

asyncio streams carry the octets, `issuer.hl7.framing` finds the blocks (it says why `hl7.mllp` does not), and the door,
which waits for the database, runs in a small pool of threads. One connection is handled one message after the other:
its answers come in the order of its questions, and a message is answered only when what it says stands in the database.

Nothing of a message is logged: only who was turned away and which kind of error was ours.
"""

import asyncio
import contextlib
import hashlib
import ipaddress
import logging
import ssl
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from issuer.hl7.door import Door
from issuer.hl7.framing import END, MAX_SWALLOWED_OCTETS, START, Block, Blocks
from issuer.hl7.sender import Peer, Sender

PIECE_OCTETS: Final = 64 * 1024
IDLE_SECONDS: Final = 600.0
"""How long a connection may be silent between messages: interfaces keep one open all day and send now and then."""
MESSAGE_SECONDS: Final = 30.0
"""How long a message that has begun may rest before its next octet."""
GRACE_SECONDS: Final = 30.0
"""How long a stop waits for messages that are being recorded: they are answered first."""
MAX_CONNECTIONS: Final = 200
"""Each may hold a batch of 20 MiB in memory."""
_THREADS: Final = 8

Clock = Callable[[], datetime]
_log = logging.getLogger("countersign.hl7")


class PlainRefused(ValueError):
    """Without TLS the listener binds to the loopback interface only: health data crosses no network in the clear."""


SenderOf = Callable[[Peer], Sender | None]


@dataclass(slots=True)
class Listener:
    """Listens on one address until it is stopped.

        listener = Listener(door, sender_of, clock)
        await listener.start("127.0.0.1", 2575)
        await listener.stop()

    `sender_of` says who a peer is, from a thread (it may ask the database); whoever it does not know is told so, and
    closed.
    """

    door: Door
    sender_of: SenderOf
    clock: Clock
    tls: ssl.SSLContext | None = None
    """From `mutual_tls`; None is plain, on loopback only."""
    idle_seconds: float = IDLE_SECONDS
    message_seconds: float = MESSAGE_SECONDS
    grace_seconds: float = GRACE_SECONDS
    max_connections: int = MAX_CONNECTIONS
    threads: int = _THREADS
    new_blocks: Callable[[], Blocks] = Blocks
    _server: asyncio.Server | None = field(default=None, repr=False)
    _pool: ThreadPoolExecutor | None = field(default=None, repr=False)
    _connections: "dict[asyncio.Task[None], _Connection]" = field(default_factory=dict, repr=False)

    async def start(self, host: str, port: int, *, shared: bool = False) -> int:
        """Listen; answers the port (for port 0, the one that was free).

        Args:
            shared: several processes listen on this port, and the system divides the connections among them.
        Raises:
            PlainRefused: no TLS, and the host is not loopback.
        """
        if self.tls is None and not await _is_loopback(host):
            raise PlainRefused(f"{host} is not loopback: give a certificate, its key and the senders' authority")
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="hl7")
        self._server = await asyncio.start_server(
            self._connected, host, port, ssl=self.tls, limit=PIECE_OCTETS, reuse_port=shared or None
        )
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Take no more; let what is being recorded be answered."""
        if self._server is not None:
            self._server.close()
        for task, connection in self._connections.items():
            connection.stopping = True
            if not connection.busy:
                task.cancel()
        if self._connections:
            await asyncio.wait(list(self._connections), timeout=self.grace_seconds)
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= self.max_connections:
            _log.warning("hl7: too many connections, one was closed")
            writer.close()
            return
        connection = _Connection(self, reader, writer, self.new_blocks())
        self._connections[task] = connection
        try:
            await connection.run()
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass  # the other side went away, or we are being stopped between two messages
        finally:
            del self._connections[task]
            writer.close()

    async def answer(self, block: Block, peer: Peer) -> tuple[bytes, bool]:
        """What the door says, from a thread, and whether the peer is a sender.

        A fault of ours is answered as one, and never silently dropped.
        """
        now = self.clock()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._answered, block, peer, now)
        except Exception as error:
            frames = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
            _log.error("hl7: unforeseen %s\n%s", type(error).__name__, frames)
            return self.door.failed(block.octets, "fault-of-ours", now), True

    def _answered(self, block: Block, peer: Peer, now: datetime) -> tuple[bytes, bool]:
        """Who sends is asked with each message: a system that was stopped sends no more, its connection open or not."""
        try:
            sender = self.sender_of(peer)
        except tuple(self.door.refusals) as error:
            return self.door.failed(block.octets, self.door.code_of(error), now), True
        if sender is None:
            _log.warning("hl7: a peer that is no sender was turned away")
            return self.door.failed(block.octets, "sender-unknown", now), False
        if block.fault:
            return self.door.failed(block.octets, block.fault, now), True
        return self.door.answer(block.octets, sender.from_address(peer.address), now), True


@dataclass(slots=True)
class _Connection:
    """One peer's connection, read to its end."""

    listener: Listener
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    blocks: Blocks
    busy: bool = False
    stopping: bool = False

    async def run(self) -> None:
        peer = _peer(self.writer)
        while not self.stopping:
            piece = await self._piece()
            if not piece:
                left = self.blocks.end()
                if left is not None:
                    await self._handle(left, peer)
                return
            for block in self.blocks.feed(piece):
                if not await self._handle(block, peer):
                    await self._linger()
                    return
            if self.blocks.is_lost:
                return

    async def _piece(self) -> bytes:
        """The next octets; nothing where the connection ended or rested too long."""
        seconds = self.listener.message_seconds if self.blocks.is_waiting else self.listener.idle_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self.reader.read(PIECE_OCTETS)
        except TimeoutError:
            return b""

    async def _linger(self) -> None:
        """Hear the other side out: closed while it still sends, it may never see the answer that says why."""
        if self.stopping or not self.writer.can_write_eof():
            return
        self.writer.write_eof()
        left = MAX_SWALLOWED_OCTETS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.listener.message_seconds):
                while left > 0 and (piece := await self.reader.read(PIECE_OCTETS)):
                    left -= len(piece)

    async def _handle(self, block: Block, peer: Peer) -> bool:
        """Answer one block; False where the connection ends with it."""
        self.busy = True
        try:
            answer, is_sender = await self.listener.answer(block, peer)
            self.writer.write(START + answer + END)
            await self.writer.drain()
        finally:
            self.busy = False
        return not block.ends and is_sender and not self.stopping


def mutual_tls(certificate: str, key: str, client_authorities: str) -> ssl.SSLContext:
    """TLS 1.2 or newer in which the sender shows a certificate of these authorities (paths of PEM files)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(client_authorities)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _peer(writer: asyncio.StreamWriter) -> Peer:
    name = writer.get_extra_info("peername")
    address = str(name[0]) if name else ""
    tls = writer.get_extra_info("ssl_object")
    if tls is None:
        return Peer(address)
    fingerprint = hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()
    pairs = [pair for name in (tls.getpeercert() or {}).get("subject", ()) for pair in name]
    return Peer(address, fingerprint, next((value for key, value in pairs if key == "commonName"), ""))


async def _is_loopback(host: str) -> bool:
    """Whether every address of the host is loopback; a name that means several must not mean one outside."""
    if not host:
        return False
    found = await asyncio.get_running_loop().getaddrinfo(host, None)
    return all(ipaddress.ip_address(str(one[4][0]).split("%")[0]).is_loopback for one in found)
