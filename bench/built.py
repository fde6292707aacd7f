"""The program that is measured."""

import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / ".build/release/emojify"


def built(program=PROGRAM):
    """Its path; ends the script where it is not built yet."""
    if not Path(program).is_file():
        sys.exit(f"bench/{Path(sys.argv[0]).name}: no program at {program}; build first: make build")
    return str(program)
