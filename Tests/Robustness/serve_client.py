"""A running `emojify serve` and raw connections to it, for serve-load and serve-hostile."""

import os
import re
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Server:
    def __init__(self, program, *options):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", *options], stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env={**os.environ, "EMOJIFY_SHARE": str(ROOT), "EMOJIFY_MODEL": str(ROOT / "models/best.h5")})
        line = self.process.stdout.readline()
        found = re.search(r":(\d+)/", line)
        if not found:
            self.errors.seek(0)
            raise SystemExit(f"the server does not start: {line}{self.errors.read()}")
        self.port = int(found.group(1))

    def connect(self, timeout=60):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def memory(self):
        """Resident, in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def ask(self, data, timeout=60):
        """The status of the answer to these bytes, or what happened instead."""
        try:
            with self.connect(timeout) as connection:
                try:
                    connection.sendall(data)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                return status(connection)
        except OSError as error:
            return type(error).__name__

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=60)
        finally:
            self.errors.seek(0)
            self.said = self.errors.read()


def status(connection):
    data = b""
    try:
        while b"\r\n" not in data:
            more = connection.recv(4096)
            if not more:
                break
            data += more
    except TimeoutError:
        return "nothing"
    except ConnectionResetError:
        pass
    found = re.match(rb"HTTP/1\.1 (\d+)", data)
    return int(found.group(1)) if found else "closed"


def post(body, content_type="image/jpeg", path="/api/predict", close=True, extra=""):
    head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
            f"{'Connection: close' if close else 'Connection: keep-alive'}\r\n{extra}\r\n")
    return head.encode() + body


def portrait(program, folder):
    """A drawn picture of one face, 640 x 480 or nearly."""
    file = Path(folder) / "face.jpg"
    subprocess.run([program, "dataset", "portrait", str(file), "--emotions", "happy", "--quiet"], check=True)
    return file.read_bytes()
