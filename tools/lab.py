"""Open JupyterLab on the course: `make lab`, or `make lab PORT=8899`. Further arguments go to JupyterLab."""

import os
import socket
import sys
from pathlib import Path

FIRST = "/lab/tree/notebooks/01_resnet_as_euler.ipynb"


def main(port: str, *arguments: str) -> None:
    os.chdir(Path(__file__).resolve().parent.parent)
    if not (port.isdigit() and 0 < int(port) < 65536):
        sys.exit(f"make lab: PORT={port}: expected a number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError as error:
            other = int(port) % 65535 + 1
            sys.exit(f"make lab: port {port} cannot be used ({error.strerror}); try: make lab PORT={other}")
    command = [sys.executable, "-m", "jupyter", "lab", f"--port={port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # a container's only user is often root
    os.execv(sys.executable, [*command, "--ServerApp.root_dir=.", f"--LabApp.default_url={FIRST}", *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
