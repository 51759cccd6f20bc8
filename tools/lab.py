"""Open JupyterLab on the learner's copies: `make lab`, `make lab PORT=8899`. Further arguments go to JupyterLab."""

import contextlib
import json
import os
import socket
import sys
from pathlib import Path

import zmq

from tools import copies
from tools.course import ROOT, become

MINE, FIRST = "my_notebooks", "01_resnet_as_euler.ipynb"
# What JupyterLab starts with; what a learner chooses in its menus goes before.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},  # else a box asks
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},  # a saved panel shows its last picture
}


def main(port: str, *arguments: str) -> None:
    os.chdir(ROOT)
    check_port(port)
    folder = MINE
    try:
        for sentence in copies.make(ROOT / MINE):
            print(sentence, flush=True)
    except OSError as error:
        folder = "notebooks"
        print(f"{MINE} cannot be written ({error.strerror}): these are the course's own notebooks.", flush=True)
    with contextlib.suppress(OSError):  # an environment that is not ours to write
        settings = Path(sys.prefix, "share", "jupyter", "lab", "settings")
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "overrides.json").write_text(json.dumps(SETTINGS, indent=2) + "\n")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # small tensors run fastest on one thread
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    # The module, not the script `jupyter-lab`: in a folder that was moved, scripts name a Python that is not there.
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # a container's only user is often root
    if zmq.has("curve"):  # else each kernel warns that it talks in the open
        command.append("--MappingKernelManager.transport_encryption=auto")
    become([*command, "--ServerApp.root_dir=.", f"--LabApp.default_url=/lab/tree/{folder}/{FIRST}", *arguments])


def check_port(port: str) -> None:
    """End with one line where the port cannot be used."""
    if not (port.isdigit() and 0 < int(port) < 65536):
        sys.exit(f"make lab: PORT={port}: expected a number from 1 to 65535")
    with socket.socket() as probe:
        if os.name != "nt":  # there, it would take a port that another one listens on
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError as error:
            other = int(port) % 65535 + 1
            sys.exit(f"make lab: port {port} cannot be used ({error.strerror}); try: make lab PORT={other}")


if __name__ == "__main__":
    main(*sys.argv[1:])
