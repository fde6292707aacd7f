"""The Python that has the peers: the one that EMOJIFY_PEERS_PYTHON names, or else bench/.venv's, which is made here."""

import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent


def peers_python():
    named = os.environ.get("EMOJIFY_PEERS_PYTHON")
    if named:
        return named
    python = BENCH / ".venv/bin/python"
    if not (BENCH / ".venv/complete").exists():
        note("installing the peers into bench/.venv")
        subprocess.run([sys.executable, "-m", "venv", BENCH / ".venv"], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "-r", BENCH / "requirements.txt"],
            check=True)
        (BENCH / ".venv/complete").touch()
    return str(python)


def note(text):
    print(text, file=sys.stderr, flush=True)
