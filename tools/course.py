"""Build the course's environment and open JupyterLab in it, with the standard library alone.

    python -m tools.course lab [PORT] [ARGUMENTS]           # `make lab` where there is no make; Windows: py -m tools.…
    python -m tools.course environment [FOLDER PINS]        # .venv from requirements.txt if nothing is named

An environment is kept as long as it has the packages of its pins and runs where it stands; else it is built anew.
Python 3.6 must come as far as the sentence that it is too old: nothing newer is written here.
"""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
COST = "2 to 10 minutes, and 2 GB of disk (Linux: up to 6, as pip's torch brings its GPU libraries)"
# Importing would take seconds; a package that is gone, or was made for another Python, is not found either.
PROBE = """
import sys
from importlib.metadata import version

for name in sys.argv[1:]:
    version(name)
print(sys.prefix)
"""


def stop(text: str) -> None:
    """End with one line."""
    sys.exit(f"course: {text}")


def python_of(folder: Path) -> str:
    """The Python of a virtual environment."""
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def fault(folder: Path, pins: Path) -> str:
    """Why the environment cannot be used as it is; "" where it can."""
    if not folder.exists():
        return "there is none yet"
    if not (folder / "pins.txt").is_file():
        return "an earlier build was broken off"
    text = pins.read_text(encoding="utf-8")
    if (folder / "pins.txt").read_text(encoding="utf-8") != text:
        return "the pins have changed"
    names = re.findall(r"^[\w.-]+", text, re.MULTILINE)
    try:
        done = subprocess.run([python_of(folder), "-I", "-c", PROBE, *names], capture_output=True, text=True)
    except OSError:
        return "its Python is gone"
    if done.returncode or not os.path.samefile(done.stdout.strip(), folder):
        return "it does not run any more"
    return ""


def build(folder: Path, pins: Path, why: str) -> None:
    """Build the environment from nothing, with a dot every three seconds."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        other = "make PYTHON=python3.12 lab, or py -3.12 -m tools.course lab"
        stop(f"Python {version} is too old; take 3.11 or newer: {other}")
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        stop(f"{sys.executable} cannot make virtual environments; on Debian or Ubuntu: apt install python3-venv")
    name = folder.relative_to(ROOT)
    cost = f": {COST}" if "torch" in pins.read_text(encoding="utf-8") else ""
    print(f"Building {name} with Python {version}, since {why}{cost} ", end="", flush=True)
    if (folder / "pins.txt").exists():
        (folder / "pins.txt").unlink()  # what is broken off from here on is no environment
    base = getattr(sys, "_base_executable", sys.executable)  # this Python may be the environment's own
    pip = [python_of(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(pins)]
    for command in ([base, "-m", "venv", "--clear", str(folder)], pip):
        process = subprocess.Popen(command)
        while process.returncode is None:
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                print(".", end="", flush=True)
        if process.returncode:
            print()
            stop(f"{name} could not be built; the message above says why")
    shutil.copy(pins, folder / "pins.txt")
    print(" done.", flush=True)


def environment(folder: str = ".venv", pins: str = "requirements.txt") -> None:
    """See to it that the environment can be used."""
    why = fault(ROOT / folder, ROOT / pins)
    if why:
        build(ROOT / folder, ROOT / pins, why)
    show_notebooks_in_diffs()


def show_notebooks_in_diffs() -> None:
    """In a clone, `git diff` shows of a notebook what `tools.diffable` prints; .gitattributes names the driver."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        python = Path(python_of(Path(".venv"))).as_posix()  # git runs it in the clone's top folder
        command = f'f() {{ {python} -m tools.diffable "$1" 2>/dev/null || cat "$1"; }}; f'
        subprocess.run(["git", "config", "diff.ipynb.textconv", command], cwd=ROOT, capture_output=True)


def become(command: list) -> None:
    """Run the command in place of this process."""
    if os.name != "nt":
        os.execv(command[0], command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows cannot replace a process; Ctrl-C is for the command
    sys.exit(subprocess.call(command))


def lab(*arguments: str) -> None:
    """Open JupyterLab on the learner's copies."""
    environment()
    port = () if arguments and arguments[0].isdigit() else ("8888",)
    os.chdir(ROOT)
    become([python_of(ROOT / ".venv"), "-m", "tools.lab", *port, *arguments])


def main(command: str = "nothing", *arguments: str) -> None:
    if command not in ("lab", "environment") or (command == "environment" and len(arguments) not in (0, 2)):
        stop(f"expected lab [PORT] or environment [FOLDER PINS], got {' '.join((command, *arguments))}")
    try:
        {"lab": lab, "environment": environment}[command](*arguments)
    except KeyboardInterrupt:
        print()
        stop("broken off; the next call begins anew")


if __name__ == "__main__":
    main(*sys.argv[1:])
