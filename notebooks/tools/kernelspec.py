"""Writes the Jupyter kernel spec of GoNB into a virtual environment: kernelspec.py ROOT VENV

The spec makes the checkout in ROOT importable in every cell without a set-up cell, and lets cells build without a C
compiler, without debug symbols and, for what is in the module cache already, without the network.
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.parse


def go_env(*names: str) -> list[str]:
    return subprocess.run(["go", "env", *names], check=True, text=True, capture_output=True).stdout.splitlines()


def literal(s: str) -> str:
    """Jupyter expands ${NAME} in the values of a spec's env."""
    return s.replace("$", "$$")


def spec(root: pathlib.Path, venv: pathlib.Path, go: pathlib.Path) -> dict:
    cache, proxy = go_env("GOMODCACHE", "GOPROXY")
    local = "file://" + urllib.parse.quote(cache) + "/cache/download"
    return {
        "argv": [
            str(venv / "bin" / "gonb"), "-kernel", "{connection_file}", f"-go_work={root}",
            # its log says that gopls is missing, which is so on purpose
            "-logtostderr=false", "-stderrthreshold=FATAL", "-log_file=" + os.devnull,
        ],
        "display_name": "Go (gonb)",
        "language": "go",
        "interrupt_mode": "message",
        "env": {
            # goimports lies beside the kernel; go may lie where only a login shell looks
            "PATH": os.pathsep.join([literal(str(venv / "bin")), literal(str(go)), "${PATH}"]),
            "GOTOOLCHAIN": "local",
            "CGO_ENABLED": "0",
            "GOFLAGS": "-buildvcs=false -ldflags=-s",
            # Every cell runs `go get`: the module cache answers first, the network only for what was never fetched.
            "GOPROXY": literal(f"{local},{proxy}"),
            # A cell's module has no go.sum of its own to begin with; asking the sum database again would need the network.
            "GOSUMDB": "off",
        },
    }


def main() -> None:
    root, venv = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    go = pathlib.Path(go_env("GOROOT")[0]) / "bin"
    folder = venv / "share" / "jupyter" / "kernels" / "gonb"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps(spec(root, venv, go), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
