"""`make show-hl7`: CDC's message shapes over MLLP, from clients that are not ours, into PostgreSQL; a day's traffic.

python-hl7's `mllp_send` and a Node client send each shape and read the answers. Then MESSAGES one-dose VXU, four of
five about people who are new (`tests.shows.hl7_day`), go over CONNECTIONS connections to WORKERS listening processes,
each sent when the one before it was answered, and answered after a durable commit: at least 400 a second on two cores.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from issuer.db import open_engine, reading, writing
from issuer.models import clinic
from tests.shows.hl7_day import day_of
from tests.shows.nurse_screen import card_on_the_screen

MESSAGES = int(os.environ.get("MESSAGES", "20000"))
CONNECTIONS = int(os.environ.get("CONNECTIONS", "8"))
WORKERS = int(os.environ.get("WORKERS", "2"))
LEAST_RATE = 400.0
DOSES_AMONG_SHAPES = 3
"""Recorded before the traffic, once although two clients send them: a dose given here, and two in the batch."""
PATIENCE = 60
START, END = b"\x0b", b"\x1c\r"
CLINIC = "c" * 32
NODE_CLIENT = """
const net = require('net'), fs = require('fs');
const blocks = JSON.parse(fs.readFileSync(0, 'utf8'));
const socket = net.connect(Number(process.argv[1]), '127.0.0.1');
let got = '';
socket.on('connect', () => blocks.forEach((one) => socket.write('\\x0b' + one + '\\x1c\\r')));
socket.on('data', (piece) => {
  got += piece;
  if (got.split('\\x1c\\r').length > blocks.length) { console.log(got); socket.end(); }
});
"""


def message(number: int, kind: str = "VXU^V04^VXU_V04", profile: str = "Z22^CDCPHINVS", *body: str) -> bytes:
    """A message of CDC's shape about an invented person; one dose unless there is another body."""
    head = f"MSH|^~\\&|EHR|HARBOUR|IIS|STATE|20261120070000-0500||{kind}|M{number}|P|2.5.1|||ER|AL|||||{profile}"
    return ("\r".join((head, *(body or dose_of(number)))) + "\r").encode()


def person_of(number: int) -> str:
    born = date(1940, 1, 1) + timedelta(days=number * 37 % 29_000)
    contact = f"^PRN^PH^^^657^555{number % 10_000:04}"
    street = f"{number} Prescott St^^Warwick^MA^02452^USA^H"
    name = f"Fofana^Cleo{number % 977:03}^^^^^L"
    return f"PID|1||{number}^^^HARBOUR^MR||{name}|Morgan^^^^^^M|{born:%Y%m%d}|F|||{street}||{contact}"


def dose_of(number: int) -> tuple[str, ...]:
    source = "00^New immunization record^NIP001"
    return (
        person_of(number),
        "PD1|||||||||||02^Reminder/recall^HL70215|N|20261120",
        f"ORC|RE||{number}^HARBOUR|||||||||57422^Radon^Nicholas",
        f"RXA|0|1|20261118||140^Influenza^CVX|0.5|mL^mL^UCUM||{source}|7832^Lemon^Mike|^^^HARBOUR||||U5{number % 90}A"
        "|20270630|PMC^Sanofi Pasteur^MVX|||CP|A",
        "RXR|C28161^IM^NCIT|LA^^HL70163",
        "OBX|1|CE|30963-3^Funding source^LN|1|PHC70^Private^CDCPHINVS||||||F",
        "OBX|2|CE|64994-7^Eligibility^LN|1|V01^Not VFC eligible^HL70064||||||F",
    )


def shapes() -> list[tuple[str, bytes, str]]:
    """(what it is, the message, what its answer must hold)."""
    who = person_of(900_001)
    refused = "RXA|0|1|20261118||140^Influenza^CVX|999||||||||||||00^Parental decision^NIP002||RE|A"
    historical = "RXA|0|1|2019||08^HepB^CVX|999|||01^Historical information^NIP001|||||||||||CP|A"
    none = "RXA|0|1|20261118||998^No vaccine administered^CVX|999||||||||||||||NA|A"
    query = "Request Immunization History^CDCPHINVS|t1|900001^^^HARBOUR^MR|"
    asked = query + "|".join(who.split("|")[5:9])
    vxu = "VXU^V04^VXU_V04"
    observed = "CWE|94500-6^SARS-CoV-2 RNA^LN||260373001^Detected^SCT||||||F|||20261118101500-0500"
    result = (who, "OBR|1||F-1^LAB|94500-6^SARS-CoV-2 RNA^LN|||20261118101500-0500", f"OBX|1|{observed}")
    add = dose_of(900_001)
    return [
        ("a dose given here", message(900_001), "MSA|AA|M900001"),
        ("a historical dose", message(2, vxu, "Z22^CDCPHINVS", who, "ORC|RE||2^HARBOUR", historical), "MSA|AA"),
        ("a refused dose", message(3, vxu, "Z22^CDCPHINVS", who, "ORC|RE||9999^HARBOUR", refused), "MSA|AA"),
        ("no vaccine administered", message(4, vxu, "Z22^CDCPHINVS", who, "ORC|RE||9999", none), "MSA|AA"),
        ("a correction", message(5, vxu, "", *(one.replace("CP|A", "CP|U") for one in add)), "MSA|AA"),
        ("a dose in the future", message(6, vxu, "", who, historical.replace("2019", "2099")), "date-in-future"),
        (
            "a complete history",
            message(7, "QBP^Q11^QBP_Q11", "Z34^CDCPHINVS", f"QPD|Z34^{asked}", "RCP|I|5^RD"),
            "Z32^CDC",
        ),
        (
            "an evaluated history",
            message(8, "QBP^Q11^QBP_Q11", "Z44^CDCPHINVS", f"QPD|Z44^{asked}", "RCP|I|5^RD"),
            "Z42^CDC",
        ),
        ("a laboratory result", message(9, "ORU^R01^ORU_R01", "", *result), "MSA|AA"),
        ("training never reaches production", message(10).replace(b"|P|2.5.1", b"|T|2.5.1"), "MSA|AR|M10"),
        ("a spoofed facility", message(11).replace(b"|EHR|HARBOUR|", b"|EHR|ELSEWHERE|"), "facility-not-yours"),
        ("a batch", b"BHS|^~\\&|EHR|HARBOUR\r" + message(12) + message(13) + b"BTS|2\r", "BTS|2"),
    ]


def show() -> tuple[dict[str, Any], bool]:
    """Send everything; the figures, and whether they are as promised."""
    day = day_of(MESSAGES)
    with postgres() as url, listening(url) as (port, folder):
        wrong = [*by_python(port), *by_node(port)]
        for line in wrong:
            print(f"WRONG  {line}")
        began = time.monotonic()
        answered = traffic(port, day.messages)
        seconds = time.monotonic() - began
        recorded = count_of(url)
        on_screen = card_on_the_screen(url, folder, CLINIC, "U50A")
    figures = {
        "messages": MESSAGES,
        "answered_aa": answered,
        "recorded": recorded,
        "persons": day.persons,
        "share_about_known_persons": round((day.by_number + day.by_name) / MESSAGES, 3),
        "known_under_another_number": day.by_name,
        "per_second": round(MESSAGES / seconds, 1),
        "shapes_wrong": len(wrong),
        "card_on_the_nurses_screen": on_screen,
        "connections": CONNECTIONS,
        "workers": WORKERS,
        "cores": os.cpu_count(),
    }
    return figures, not wrong and on_screen and answered == recorded == MESSAGES and figures["per_second"] >= LEAST_RATE


# ---- The clients -----------------------------------------------------------------------------------------------------


def by_python(port: int) -> Iterator[str]:
    """python-hl7's own `mllp_send`, all shapes in one file."""
    with tempfile.NamedTemporaryFile(suffix=".hl7") as file:
        file.write(b"".join(START + octets + END for _, octets, _ in shapes()))
        file.flush()
        script = "from hl7.client import mllp_send; mllp_send()"
        command = [sys.executable, "-c", script, "--port", str(port), "--file", file.name, "127.0.0.1"]
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    yield from _missing("mllp_send", done.stdout.decode())


def by_node(port: int) -> Iterator[str]:
    """Node's sockets: another language's client, which sends all without waiting."""
    blocks = json.dumps([octets.decode() for _, octets, _ in shapes()])
    command = [shutil.which("node") or "node", "-e", NODE_CLIENT, str(port)]
    done = subprocess.run(command, input=blocks.encode(), capture_output=True, timeout=PATIENCE)
    yield from _missing("node", done.stdout.decode())


def _missing(client: str, answers: str) -> Iterator[str]:
    """Answers come in the order of the messages."""
    found = [one for one in answers.split("\x1c") if "|" in one]
    if len(found) != len(shapes()):
        yield f"{client}: {len(found)} answers to {len(shapes())} messages"
        return
    for (what, _, expected), answer in zip(shapes(), found, strict=True):
        right = expected in answer
        print(f"{'right' if right else 'WRONG':6} {client:10} {what}")
        if not right:
            yield f"{client}: {what}"


def traffic(port: int, messages: list[bytes]) -> int:
    """How many were answered AA. Each connection waits for the answer before it sends the next, as interfaces do."""
    parts = [messages[at::CONNECTIONS] for at in range(CONNECTIONS)]
    with ProcessPoolExecutor(2) as pool:
        halves = [pool.submit(_several, port, parts[half::2]) for half in range(2)]
        return sum(half.result() for half in halves)


def _several(port: int, parts: list[list[bytes]]) -> int:
    with ThreadPoolExecutor(len(parts) or 1) as pool:
        return sum(pool.map(_one_connection, [port] * len(parts), parts))


def _one_connection(port: int, messages: list[bytes]) -> int:
    accepted = 0
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octets in messages:
            connection.sendall(START + octets + END)
            answer = b""
            while not answer.endswith(END):
                answer += connection.recv(65536)
            accepted += b"\rMSA|AA|" in answer
    return accepted


# ---- What they speak to ----------------------------------------------------------------------------------------------


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of its own, durable as in production (fsync and synchronous_commit as they come)."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    folder = Path(tempfile.mkdtemp(prefix="cs-hl7-", dir="/var/tmp"))
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_postgres:
        shutil.chown(folder, "postgres", "postgres")

    def run(*command: str | Path) -> None:
        subprocess.run(
            [*as_postgres, *map(str, command)], check=True, capture_output=True, timeout=PATIENCE, cwd=folder
        )

    data = folder / "data"
    try:
        run(binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
        run(binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run(binaries / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def listening(url: str) -> Iterator[tuple[int, str]]:
    """`countersign hl7 serve` on a free port, for one approved clinic."""
    with tempfile.TemporaryDirectory() as folder:
        environ = dict(os.environ) | {"COUNTERSIGN_DATABASE": url, "COUNTERSIGN_DATA": folder}
        prepare(url, environ, folder)
        port = _free_port()
        options = ["--port", str(port), "--senders", f"{folder}/senders.json", "--workers", str(WORKERS)]
        server = subprocess.Popen([sys.executable, "-m", "countersign", "hl7", "serve", *options], env=environ)
        try:
            _wait_for(port, server)
            yield port, folder
        finally:
            server.terminate()
            server.wait(PATIENCE)


def prepare(url: str, environ: dict[str, str], folder: str) -> None:
    """Tables, one clinic that is live, and its sender."""
    command = [sys.executable, "-m", "countersign"]
    subprocess.run([*command, "db", "upgrade"], env=environ, check=True, timeout=PATIENCE, capture_output=True)
    row = {"id": CLINIC, "name": "Harbour", "public_name": "Harbour", "state": "live", "details": "{}"}
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(clinic.insert().values(**row, created_at=datetime.now(UTC)))
    engine.dispose()
    senders = [{"name": "ehr", "loopback": True, "clinic": CLINIC, "facilities": {"HARBOUR": CLINIC}}]
    Path(folder, "senders.json").write_text(json.dumps(senders))


def count_of(url: str) -> int:
    """Records of the traffic, as they stand in the database."""
    engine = open_engine(url)
    with reading(engine) as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM record WHERE lot LIKE 'U5%%A'").scalar_one()
    engine.dispose()
    return int(found) - DOSES_AMONG_SHAPES


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the listener did not start")
