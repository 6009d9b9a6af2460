"""The environment: proxies, and whom to trust."""

from __future__ import annotations

import select
import shutil
import socket
import ssl
import subprocess

import pytest
from jackfield.errors import APIConnectionError, ConfigurationError
from jackfield.transports import _ssl
from jackfield.transports._proxies import proxy_for
from jackfield.transports._targets import Origin

JSON = b'{"text": "hello"}'


def forwarding(*, refuse: bool = False):
    """A script that is a proxy: it forwards one plain request, or opens a tunnel."""

    def script(peer):
        request = peer.request()
        method, target, _ = request.split(b" ", 2)
        if refuse:
            peer.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        host = target.removeprefix(b"http://").partition(b"/")[0].decode().split(":")
        with socket.create_connection((host[0], int(host[1]))) as upstream:
            if method == b"CONNECT":
                peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                upstream.sendall(request)
            _pump(peer._sock, upstream)

    return script


def _pump(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


def test_a_plain_request_goes_through_the_proxy_with_its_credentials(own, serve, wire, monkeypatch):
    server, proxy = serve(wire.answering(wire.answer(JSON))), serve(forwarding())
    monkeypatch.setenv("HTTP_PROXY", f"http://me:pass@127.0.0.1:{proxy.port}")
    assert own.send(wire.outgoing(server.url)).content == JSON
    request = proxy.requests[0]
    assert request.startswith(f"POST {server.url} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic bWU6cGFzcw==" in request
    assert f"Host: 127.0.0.1:{server.port}".encode() in request


def test_no_proxy_is_asked_for_what_is_excepted(own, serve, wire, monkeypatch):
    server, proxy = serve(wire.answering(wire.answer(JSON))), serve(forwarding())
    monkeypatch.setenv("ALL_PROXY", f"127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", "example.org,127.0.0.1")
    assert own.send(wire.outgoing(server.url)).content == JSON
    assert proxy.requests == []


def test_a_proxy_that_is_down_is_named_without_its_credentials(own, serve, wire, monkeypatch):
    with socket.socket() as deaf:  # which keeps others from the port, and does not listen
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        monkeypatch.setenv("HTTP_PROXY", f"http://me:secret@127.0.0.1:{port}")
        with pytest.raises(APIConnectionError, match=rf"\(through the proxy 127.0.0.1:{port}\)") as caught:
            own.send(wire.outgoing("http://127.0.0.1:9/v1"))
    assert "secret" not in caught.value.message


def test_an_unusable_proxy_says_what_is_possible(own, wire, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "gopher://me:secret@127.0.0.1:70")
    with pytest.raises(ConfigurationError, match=r"'127.0.0.1:70'") as caught:
        own.send(wire.outgoing("http://127.0.0.1:9/v1"))
    assert "secret" not in repr((caught.value, caught.value.__cause__, caught.value.__context__))


def test_proxies_are_resolved_by_scheme_host_and_port(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "proxy:1")
    monkeypatch.setenv("ALL_PROXY", "socks5://all:2")
    monkeypatch.setenv("NO_PROXY", ".inner,one:8443,::1")
    assert proxy_for(Origin("https", "api.org", 443)) == "http://proxy:1"
    assert proxy_for(Origin("http", "api.org", 80)) == "socks5://all:2"
    assert proxy_for(Origin("https", "a.inner", 443)) is None
    assert proxy_for(Origin("https", "one", 8443)) is None
    assert proxy_for(Origin("https", "one", 443)) == "http://proxy:1"
    assert proxy_for(Origin("https", "::1", 443)) is None


# --------------------------------------------------------------------------------------------------------------- https


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 and its key, as files."""
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificate with the openssl command")
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=jackfield"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def secure(certificate, serve, wire):
    """A server that speaks https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = serve(wire.answering(wire.answer(JSON)), wrap=lambda sock: context.wrap_socket(sock, server_side=True))
    server.url = server.url.replace("http:", "https:")
    return server


@pytest.fixture(autouse=True)
def _fresh_context():
    _ssl._trusting.cache_clear()
    yield
    _ssl._trusting.cache_clear()


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))


@pytest.mark.usefixtures("trusted")
def test_an_authority_of_ones_own_is_trusted_by_ssl_cert_file(own, secure, wire):
    assert own.send(wire.outgoing(secure.url)).content == JSON
    incoming = own.stream(wire.outgoing(secure.url))
    assert b"".join(incoming) == JSON
    assert secure.connections == 1


def test_an_unknown_certificate_is_refused_with_advice(own, secure, wire):
    with pytest.raises(APIConnectionError, match=r"certificate of 127.0.0.1:\d+ is not trusted .* SSL_CERT_FILE"):
        own.send(wire.outgoing(secure.url))


def test_https_to_a_plain_server_says_so(own, serve, wire):
    def plain(peer):
        peer._more()
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server = serve(plain)
    with pytest.raises(APIConnectionError, match="does the server speak https"):
        own.send(wire.outgoing(server.url.replace("http:", "https:")))


@pytest.mark.usefixtures("trusted")
def test_leaving_an_encrypted_stream_early_is_seen_by_the_server(own, secure, wire):
    incoming = own.stream(wire.outgoing(secure.url))
    incoming.close()
    own.close()
    assert secure.result() == "the client left"


@pytest.mark.usefixtures("trusted")
def test_a_tunnel_leads_through_the_proxy(own, secure, serve, wire, monkeypatch):
    proxy = serve(forwarding())
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:pass@127.0.0.1:{proxy.port}")
    assert own.send(wire.outgoing(secure.url)).content == JSON
    assert proxy.requests[0].startswith(f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1\r\n".encode())
    assert b"Basic bWU6cGFzcw==" in proxy.requests[0]
    assert b"Bearer key" not in proxy.requests[0]


@pytest.mark.usefixtures("trusted")
def test_a_refused_tunnel_says_what_to_check(own, secure, serve, wire, monkeypatch):
    proxy = serve(forwarding(refuse=True))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    with pytest.raises(APIConnectionError, match=r"no tunnel to .* check HTTPS_PROXY"):
        own.send(wire.outgoing(secure.url))


def test_a_certificate_file_that_is_missing_is_named(own, wire, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    with pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE.*nowhere\.pem"):
        own.send(wire.outgoing("https://127.0.0.1:9/v1"))


def test_plain_http_loads_no_certificates(own, serve, wire):
    own.send(wire.outgoing(serve(wire.answering(wire.answer())).url))
    assert _ssl._trusting.cache_info().currsize == 0
