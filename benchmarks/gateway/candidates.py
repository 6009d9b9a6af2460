"""Who is compared: how each is installed, started, and asked for an answer of each kind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kinds import KINDS, MODEL
from shared import ENVIRONMENTS, HERE, Unavailable, environments, last_words

# Streams of Portkey fail with newer ones: they refuse to have a header added to an answer ("TypeError: immutable").
PORTKEY = {"dependencies": {"@portkey-ai/gateway": "^1.15"}, "overrides": {"@hono/node-server": "1.13.5"}}


@dataclass(frozen=True)
class Place:
    """Where a gateway is to listen, what it is to call, and a folder for its files."""

    port: int
    upstream: int
    folder: Path

    def bases(self) -> dict[str, str]:
        """The OpenAI base URL of each kind of answer, which every gateway serves as a model of that name."""
        return {name: f"http://127.0.0.1:{self.upstream}{kind.base}" for name, kind in KINDS.items()}

    def config(self) -> Path:
        """The config file that Jackfield and LiteLLM both read; JSON is YAML."""
        models = [
            {"model_name": name, "litellm_params": {"model": f"openai/{MODEL}", "api_base": base, "api_key": "key"}}
            for name, base in self.bases().items()
        ]
        path = self.folder / "config.yaml"
        path.write_text(json.dumps({"model_list": models, "litellm_settings": {"num_retries": 0, "telemetry": False}}))
        return path


def no_headers(place: Place, kind: str) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Candidate:
    """A gateway. `program` gives what runs it, made if missing or out of date, or raises Unavailable.

    `command` starts one at a place, with `environ` added; `healthy` is the path that answers 200 when it serves, and
    `headers` are those that a request for a kind of answer needs.
    """

    program: Callable[[], Path]
    version: Callable[[], str]
    command: Callable[[Path, Place], list[str]]
    healthy: str = "/health"
    environ: Mapping[str, str] = field(default_factory=dict)
    headers: Callable[[Place, str], Mapping[str, str]] = no_headers


# ------------------------------------------------------------------------------------------------------------ Jackfield


def serve_jackfield(python: Path, place: Place) -> list[str]:
    return [str(python.parent / "jackfield"), "serve", "--config", str(place.config()), "--port", str(place.port)]


JACKFIELD = Candidate(
    lambda: environments.python_of("jackfield-gateway"),
    lambda: environments.version("jackfield-gateway"),
    serve_jackfield,
    healthy="/health/readiness",
)


def jackfield_of(python: Path) -> Candidate:
    """Jackfield as it is installed beside that interpreter."""
    return Candidate(lambda: python, lambda: f"of {python}", serve_jackfield, JACKFIELD.healthy)


# ----------------------------------------------------------------------------------------------------------------- bare


def serve_bare(how: str) -> Callable[[Path, Place], list[str]]:
    return lambda python, place: [str(python), str(HERE / "bare.py"), how, str(place.port), json.dumps(place.bases())]


def bare(how: str) -> Candidate:
    return Candidate(
        lambda: environments.python_of("bare"), lambda: environments.version("bare", "starlette"), serve_bare(how)
    )


# -------------------------------------------------------------------------------------------------------------- LiteLLM


def serve_litellm(python: Path, place: Place) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(place.port), "--num_workers", "1", "--telemetry", "False"]
    return [str(python.parent / "litellm"), "--config", str(place.config()), *options]


LITELLM = Candidate(
    lambda: environments.python_of("litellm-proxy"),
    lambda: environments.version("litellm-proxy", "litellm"),
    serve_litellm,
    healthy="/health/liveliness",
    environ={
        "LITELLM_MODE": "PRODUCTION",  # this and the next as its documentation advises for production
        "LITELLM_LOG": "ERROR",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",  # none of the gateways asks for a key here
    },
)


# -------------------------------------------------------------------------------------------------------------- Portkey


def install_portkey() -> Path:
    """Its start file, installed by npm into a folder of its own; returns what node has to run."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Unavailable("it needs node and npm, which are not on the PATH")
    folder, wanted = ENVIRONMENTS / "portkey", json.dumps({"private": True} | PORTKEY)
    mark = folder / environments.MARK
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(wanted)
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(last_words(done.stderr))
        mark.write_text(wanted)
    return folder / "node_modules/@portkey-ai/gateway"


def version_of_portkey() -> str:
    package = json.loads((install_portkey() / "package.json").read_text())
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{package['version']} on node {node}"


def serve_portkey(package: Path, place: Place) -> list[str]:
    script = str(package / "build/start-server.js")
    return ["node", "--import", str(HERE / "loopback.mjs"), script, f"--port={place.port}", "--headless"]


def portkey_headers(place: Place, kind: str) -> Mapping[str, str]:
    """It has no config: each request says where it has to go."""
    return {"x-portkey-provider": "openai", "x-portkey-custom-host": place.bases()[kind]}


PORTKEY_GATEWAY = Candidate(
    install_portkey,
    version_of_portkey,
    serve_portkey,
    healthy="/",
    environ={"NODE_ENV": "production"},
    headers=portkey_headers,
)

CANDIDATES: Mapping[str, Candidate] = {
    "jackfield": JACKFIELD,
    "bare": bare("parsed"),
    "bytes": bare("bytes"),
    "portkey": PORTKEY_GATEWAY,
    "litellm": LITELLM,
}


def python_option(value: str) -> Path:
    """An interpreter as it was given, not resolved: a link is how a virtual environment names its own."""
    return Path(os.path.abspath(value))  # noqa: PTH100 - Path.resolve() follows links
