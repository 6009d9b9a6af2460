"""The routes that call no model, and the probe that calls each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jackfield
import pytest
from jackfield_gateway._app import Gateway
from jackfield_gateway.config import load

pytestmark = pytest.mark.anyio

HANDLER = """
from jackfield import CustomLLM
from jackfield_custom_format import CustomLLMError


class Vectors(CustomLLM):
    def embedding(self, model, input, **kwargs):
        if model == "broken":
            raise CustomLLMError(503, "secret words")
        return {"data": [{"embedding": [1.0]}]}


handler = Vectors()
"""

CONFIG = """
model_list:
  - {model_name: vectors, litellm_params: {model: house/good}, model_info: {mode: embedding}}
  - {model_name: broken, litellm_params: {model: house/broken}, model_info: {mode: embedding}}
  - {model_name: talks, litellm_params: {model: echo/small}}
  - {model_name: keyless, litellm_params: {model: openai/x, api_key: os.environ/JACKFIELD_TEST_UNSET}}
  - {model_name: "wild/*", litellm_params: {model: "echo/*"}}
litellm_settings: {custom_provider_map: [{provider: house, custom_handler: house_of_pages.handler}]}
router_settings: {model_group_alias: {speaks: talks}}
"""


@pytest.fixture
def ask(exchanged, tmp_path: Path):
    """GET a page of a gateway of the config above."""
    (tmp_path / "house_of_pages.py").write_text(HANDLER, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    before = jackfield.custom_provider_map
    gateway = Gateway(load(tmp_path / "config.yaml"))

    async def get(path: str, method: str = "GET") -> Any:
        path, _, query = path.partition("?")
        request = exchanged(gateway, path, b"")
        request.scope.update(method=method, query_string=query.encode())
        return await request.ended()

    yield get
    jackfield.custom_provider_map = before


@pytest.mark.parametrize("prefix", ["", "/v1"])
async def test_the_models_are_groups_aliases_and_wildcards(ask, prefix):
    page = await ask(f"{prefix}/models")
    names = [model["id"] for model in page.json["data"]]
    assert names == ["broken", "keyless", "speaks", "talks", "vectors", "wild/*"]


@pytest.mark.parametrize("name", ["talks", "speaks", "wild/and/deep"])
async def test_a_model_is_described_by_any_name_that_serves(ask, name):
    page = await ask(f"/v1/models/{name}")
    assert (page.status, page.json["id"], page.json["object"]) == (200, name, "model")


async def test_an_unknown_model_is_named(ask):
    page = await ask("/models/talk")
    assert (page.status, page.json["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("path", "method", "status", "allowed"),
    [
        ("/v1/nothing", "GET", 404, None),
        ("/v1/models/", "GET", 404, None),
        ("/v1/messages", "GET", 405, b"POST"),
        ("/models", "POST", 405, b"GET, HEAD"),
        ("/health", "DELETE", 405, b"GET, HEAD"),
    ],
)
async def test_what_is_no_route_says_what_is(ask, path, method, status, allowed):
    page = await ask(path, method)
    assert page.status == status
    assert dict(page.messages[0]["headers"]).get(b"allow") == allowed
    assert page.json["error"]["message"]


async def test_health_calls_nobody(ask):
    page = await ask("/health")
    assert (page.status, page.json["status"], page.json["probed"]) == (200, "healthy", False)


async def test_a_probe_asks_each_model_for_what_it_is_for_and_tells_no_secret(ask):
    page = await ask("/health?probe=true")
    sick = {each["model_name"]: each["error"] for each in page.json["unhealthy_endpoints"]}
    well = {each["model_name"] for each in page.json["healthy_endpoints"]}
    assert sick == {"broken": "ServiceUnavailableError", "keyless": "ConfigurationError"}
    assert well == {"vectors", "talks"}  # a wildcard is no model that could be asked
    assert b"secret" not in page.body


async def test_the_home_page_names_no_model(ask):
    page = await ask("/")
    assert page.status == 200
    assert b"OpenAI" in page.body
    assert b"talks" not in page.body


async def test_the_description_has_every_route(ask):
    paths = (await ask("/openapi.json")).json["paths"]
    assert {"/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/images/edits", "/health"} <= set(paths)
