"""The files of docs/operators/ that other programs read work with those programs, as far as these are here."""

import configparser
import contextlib
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request

import pytest
import yaml
from gateway import CONFIG, GatewayProcess
from jackfield_gateway._supervisor import KILL_AFTER
from jackfield_gateway.config import Limits
from pages import KEY, PAGES, check, environment
from publishing import free_port
from workspace import MEMBERS, ROOT

FOLDER = ROOT / "docs" / "operators"
README = PAGES["README.md"]

RUNNING = PAGES["docs/operators/running.md"].blocks("yaml")[0].text
"""A config with a key."""

ENDS_WITHIN = Limits().shutdown_timeout + KILL_AFTER
"""Seconds from SIGTERM until every process of a gateway has ended, in any case."""


def read(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def replaced(text, changes):
    """Return a text with changes, each of which it needs."""
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def gateway(words, config=RUNNING, files=README.files):
    """Return the gateway that a command starts, given as a file for another program has it."""
    command = replaced(shlex.join(words), {"/etc/jackfield/config.yaml": CONFIG})
    return GatewayProcess(config, files=files, env=environment(config), command=command)


def get(url, **headers):
    """Return a path's status, text and headers; the name of an address for every one is no name to call."""
    request = urllib.request.Request(url.replace("0.0.0.0", "127.0.0.1"), headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, answer.read().decode()


def models(url):
    return [model["id"] for model in json.loads(get(f"{url}/v1/models", authorization=f"Bearer {KEY}")[1])["data"]]


# ---------------------------------------------------------------------------------------------------------------- nginx

GATED = '''
import asyncio

from jackfield import CustomLLM


class Gated(CustomLLM):
    """Streams a word, and another one when it is let by whoever listens on the port that the question names."""

    async def astreaming(self, model, messages):
        yield chunk("first")
        reader, writer = await asyncio.open_connection("127.0.0.1", int(messages[-1]["content"]))
        try:
            await reader.readexactly(1)
        finally:
            writer.close()
        yield chunk("second")


def chunk(text):
    return {"text": text, "is_finished": False, "finish_reason": None, "usage": None}


gated = Gated()
'''

GATED_CONFIG = """
model_list: [{model_name: gated, litellm_params: {model: gated/any}}]
litellm_settings: {custom_provider_map: [{provider: gated, custom_handler: gated.gated}]}
general_settings: {master_key: os.environ/GATEWAY_MASTER_KEY}
"""

MAIN = """
pid {folder}/pid;
error_log {folder}/error.log;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/jackfield.conf;
}}
"""
"""What a distribution's nginx.conf is around ours."""


def program(name):
    """Return a program's path; without it the test is skipped."""
    path = shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    make = (
        f"{program('openssl')} req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=gateway.example.com -out c -keyout k"
    )
    subprocess.run(
        [*make.split(), "-addext", "subjectAltName=IP:127.0.0.1"], cwd=folder, capture_output=True, check=True
    )
    return folder


@pytest.fixture(scope="module")
def proxied(certificate, tmp_path_factory):
    """Yield what makes connections to nginx in front of a gateway."""
    nginx, folder, port = program("nginx"), tmp_path_factory.mktemp("nginx"), free_port()
    with GatewayProcess(GATED_CONFIG, files={"gated.py": GATED}, env=environment(GATED_CONFIG)) as behind:
        changes = {
            "127.0.0.1:4000": behind.url.removeprefix("http://"),
            "listen 443 ": f"listen 127.0.0.1:{port} ",
            "/etc/ssl/gateway.example.com.pem": f"{certificate}/c",
            "/etc/ssl/gateway.example.com.key": f"{certificate}/k",
        }
        (folder / "jackfield.conf").write_text(replaced(read("nginx.conf"), changes))
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        command = [nginx, "-c", folder / "nginx.conf"]
        started = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert (started.returncode, started.stderr) == (0, "")
        context = ssl.create_default_context(cafile=certificate / "c")
        try:
            yield lambda: http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
        finally:
            subprocess.run([*command, "-s", "stop"], capture_output=True, timeout=20, check=True)


@contextlib.contextmanager
def streaming(connection):
    """Yield an answer whose first event came, and the connection on which the model waits for a word to go on."""
    with socket.create_server(("127.0.0.1", 0)) as gate, contextlib.closing(connection):
        gate.settimeout(10)
        question = {"role": "user", "content": str(gate.getsockname()[1])}
        body = json.dumps({"model": "gated", "stream": True, "messages": [question]})
        headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
        connection.request("POST", "/v1/chat/completions", body, headers)
        answer = connection.getresponse()
        assert b'"first"' in answer.readline()  # while the model waits: nothing on the way collects
        model, _ = gate.accept()
        with model:
            model.settimeout(10)
            yield answer, model


def test_a_stream_comes_through_nginx_as_it_is_sent(proxied):
    with streaming(proxied()) as (answer, model):
        model.sendall(b".")
        rest = answer.read().decode()
    assert '"second"' in rest
    assert rest.endswith("data: [DONE]\n\n")
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])  # nginx's, whose log has it too


def test_who_leaves_nginx_leaves_the_model(proxied):
    connection = proxied()
    with streaming(connection) as (answer, model):
        answer.close()
        connection.close()
        assert model.recv(1) == b""


@pytest.mark.parametrize(("size", "status"), [(32 * 1024 * 1024 + 1, 413), (1024, 400)])
def test_what_is_wrong_with_a_body_is_told_by_the_gateway(proxied, size, status):
    with contextlib.closing(proxied()) as connection:
        headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
        connection.request("POST", "/v1/chat/completions", b" " * size, headers)
        answer = connection.getresponse()
        assert (answer.status, list(json.load(answer))) == (status, ["error"])


def test_nobody_comes_in_through_nginx_without_the_key(proxied):
    with contextlib.closing(proxied()) as connection:
        connection.request("GET", "/v1/models")
        assert connection.getresponse().status == 401


# -------------------------------------------------------------------------------------------------------------- systemd


class Unit(configparser.RawConfigParser):
    """A unit file, in which a key may stand more than once; the last one counts."""

    def __init__(self):
        super().__init__(strict=False, interpolation=None)
        self.optionxform = str
        self.read_string(read("jackfield-gateway.service"))


def test_the_unit_starts_the_gateway_reloads_it_and_stops_it_in_time():
    service = Unit()["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program == "/opt/jackfield/bin/jackfield"
    with gateway(["jackfield", *words]) as served:
        assert models(served.url) == ["fast", "my-model"]
        assert shlex.split(service["ExecReload"])[1:] == ["-HUP", "$MAINPID"]
        os.kill(served.pid, signal.SIGHUP)
        served.wait_for("is in force")
        assert models(served.url) == ["fast", "my-model"]
    assert served.code == 0
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) > ENDS_WITHIN


def test_systemd_takes_the_unit(tmp_path):
    analyze = program("systemd-analyze")
    unit = tmp_path / "jackfield-gateway.service"
    unit.write_text(replaced(read(unit.name), {"/opt/jackfield/bin/jackfield": sys.executable}))
    verified = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, timeout=30, check=False)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    judge = [analyze, "security", "--offline=yes", "--threshold=15", unit]
    judged = subprocess.run(judge, capture_output=True, text=True, timeout=30, check=False)
    assert judged.returncode == 0, judged.stdout.splitlines()[-1]


# ------------------------------------------------------------------------------------------------------------ container


def instructions():
    """Return the instructions of the Containerfile, the last of each kind."""
    lines = [line for line in read("Containerfile").splitlines() if line and not line.startswith("#")]
    return dict(line.split(" ", 1) for line in lines)


def test_the_image_installs_the_gateway():
    assert shlex.split(instructions()["RUN"]) == ["pip", "install", "--no-cache-dir", "jackfield-gateway"]
    assert "jackfield-gateway" in {member.name for member in MEMBERS}


def test_the_image_s_command_serves_and_its_health_check_sees_that():
    image = instructions()
    words = json.loads(image["ENTRYPOINT"])
    _, _, probe = json.loads(image["HEALTHCHECK"].split(" CMD ")[1])
    with gateway(words) as served:
        assert models(served.url) == ["fast", "my-model"]
        port = served.url.rpartition(":")[2]
        command = [sys.executable, "-c", replaced(probe, {image["EXPOSE"]: port})]
        assert subprocess.run(command, timeout=20, check=False).returncode == 0
    assert subprocess.run(command, timeout=20, capture_output=True, check=False).returncode == 1


def test_the_image_s_command_is_refused_without_a_key(tmp_path):
    (tmp_path / "config.yaml").write_text("model_list: []")
    words = shlex.join(json.loads(instructions()["ENTRYPOINT"])).replace("/etc/jackfield/", "")
    command = [sys.executable, "-m", *shlex.split(words), "--port", "0"]
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    assert (refused.returncode, "this gateway has no key" in refused.stderr) == (1, True)


# ----------------------------------------------------------------------------------------------------------- Kubernetes


@pytest.fixture(scope="module")
def cluster():
    """Return the objects of kubernetes.yaml by their kinds."""
    return {each["kind"]: each for each in yaml.safe_load_all(read("kubernetes.yaml"))}


@pytest.fixture(scope="module")
def pod(cluster):
    return cluster["Deployment"]["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def container(pod):
    [container] = pod["containers"]
    return container


def test_the_pod_serves_its_config_and_answers_its_probes(cluster, container):
    data = dict(cluster["ConfigMap"]["data"])
    with gateway(json.loads(instructions()["ENTRYPOINT"]), data.pop("config.yaml"), data) as served:
        assert models(served.url) == ["fast", "my-model"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert get(served.url + container[probe]["httpGet"]["path"])[0] == 200


def test_its_config_loads_where_a_cluster_puts_it(cluster, tmp_path):
    """Files of a volume are links into a folder that is a link."""
    (tmp_path / "..1").mkdir()
    (tmp_path / "..data").symlink_to("..1")
    for name, text in (data := cluster["ConfigMap"]["data"]).items():
        (tmp_path / "..1" / name).write_text(text)
        (tmp_path / name).symlink_to(f"..data/{name}")
    assert check(data["config.yaml"], {}, tmp_path) == "config.yaml: all is well, 2 models\n"


def test_the_ports_are_one(cluster, container):
    [port], [served] = container["ports"], cluster["Service"]["spec"]["ports"]
    assert port["containerPort"] == served["port"] == int(instructions()["EXPOSE"]) == 4000
    probes = [container[name]["httpGet"]["port"] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert {port["name"], served["targetPort"], *probes} == {"http"}


def test_the_parts_find_each_other(cluster, pod, container):
    spec = cluster["Deployment"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == cluster["Service"]["spec"]["selector"] == labels
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert mounts == {"config": "/etc/jackfield", "tmp": "/tmp"}
    assert [each["name"] for each in pod["volumes"]] == list(mounts)
    assert pod["volumes"][0]["configMap"]["name"] == cluster["ConfigMap"]["metadata"]["name"]
    assert pod["securityContext"]["runAsUser"] == int(instructions()["USER"])


def test_the_secret_that_is_to_be_made_has_what_the_config_asks_for(cluster, container):
    [name, variables] = re.findall(r"secret generic (\S+) (.*)", read("kubernetes.yaml"))[0]
    assert [each["secretRef"]["name"] for each in container["envFrom"]] == [name]
    asked = re.findall(r"os\.environ/(\w+)", cluster["ConfigMap"]["data"]["config.yaml"])
    assert sorted(re.findall(r"--from-literal=(\w+)=", variables)) == sorted(asked)


def test_the_pod_has_the_time_that_its_end_takes(cluster, pod, container):
    config = yaml.safe_load(cluster["ConfigMap"]["data"]["config.yaml"])
    assert config["general_settings"]["shutdown_timeout"] == Limits().shutdown_timeout
    waited = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > waited + ENDS_WITHIN
