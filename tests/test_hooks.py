"""The hooks in words: the page has each with its exact arguments and a working example, the changelog each change."""

from __future__ import annotations

import inspect
import json
import re
import types
from typing import Any

import importlib_metadata
import pytest
from jackfield import (
    BadRequestError,
    Client,
    CompletionRequest,
    EmbeddingRequest,
    HttpResponse,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    ProviderLoadError,
    RateLimitError,
    TextCompletionRequest,
)
from jackfield._index import Index
from jackfield._registry import Registry
from jackfield.hookspecs import ExtensionHooks, ProviderHooks
from jackfield.transports.memory import MemoryTransport
from workspace import ROOT

AUTHORS = ROOT / "docs" / "authors"
PAGE = (AUTHORS / "hooks.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
RECORD = (ROOT / "core" / "tests" / "hookspecs.txt").read_text(encoding="utf-8")

# -------------------------------------------------------------------------------------------------------- the contract


def signatures(*groups: type) -> dict[str, str]:
    """Hook → its arguments, as a page shows them."""
    found = [(name, each) for specs in groups for name, each in vars(specs).items() if inspect.isfunction(each)]
    return {name: ", ".join([*inspect.signature(each).parameters][1:]) for name, each in found}


@pytest.mark.parametrize(
    ("section", "specs"), [("Hooks of a provider", ProviderHooks), ("Hooks of an extension", ExtensionHooks)]
)
def test_the_page_has_every_hook_with_its_exact_arguments(section: str, specs: type) -> None:
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    assert dict(re.findall(r"^### `(\w+)\(([\w, ]*)\)`$", text, re.MULTILINE)) == signatures(specs)


def test_no_page_shows_a_hook_with_other_arguments() -> None:
    hooks = signatures(ProviderHooks, ExtensionHooks)
    for page in AUTHORS.glob("*.md"):
        shown = re.findall(r"`(\w+)\(([\w, ]+)\)`", page.read_text(encoding="utf-8"))
        assert [each for each in shown if each[0] in hooks and each[1] != hooks[each[0]]] == [], page.name


def changes() -> list[tuple[str, str]]:
    """Release and signature of each hook, as core/tests/hookspecs.txt has them."""
    lines = [line for line in RECORD.splitlines() if line and not line.startswith("#")]
    return [(release, signature) for _, release, signature in (line.split(maxsplit=2) for line in lines)]


def announced() -> dict[str, list[tuple[str, str]]]:
    """Hook → release and signature of each announcement in the changelog, the newest first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for section in CHANGELOG.split("\n## ")[1:]:
        lines = re.findall(r"^- (.+(?:\n  .+)*)", section, re.MULTILINE)
        for line in (" ".join(line.split()) for line in lines):
            for name, rest in re.findall(r"`(\w+)(\([^`]*\) -> [^`]+)`", line):
                found.setdefault(name, []).append((section.split()[0], name + rest))
    return found


@pytest.mark.parametrize(("release", "signature"), changes(), ids=lambda text: text.partition("(")[0])
def test_the_changelog_announced_the_hook_as_it_is(release: str, signature: str) -> None:
    """No hook changes without a line in the changelog, word for word and under the release it came in."""
    name = signature.partition("(")[0]
    assert announced().get(name, [])[:1] == [(release, signature)]


def test_the_page_on_versions_quotes_what_jackfield_says(monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = re.findall(r"^```text\n(.*?)\n```$", (AUTHORS / "versions.md").read_text(encoding="utf-8"), re.MULTILINE)
    folders = [str(ROOT / "core" / "tests" / "distributions" / name) for name in ("unknown_hook", "newer_group")]
    for folder in folders:
        monkeypatch.syspath_prepend(folder)
    installed = importlib_metadata.distributions(path=folders)
    registry = Registry(Index([point for distribution in installed for point in distribution.entry_points]))
    with pytest.warns(UserWarning, match="transcription") as warned:
        registry.provider("unknown-hook")
    with pytest.raises(ProviderLoadError) as raised:
        registry.provider("newer")
    assert [str(warned[0].message), str(raised.value)] == quoted


# -------------------------------------------------------------------------------------------------------- the examples

BASE = "http://models.example"
CHAT = [{"role": "user", "content": "Hi"}]
USER = {"user": "me"}
ANSWERS: dict[str, tuple[int, bytes]] = {
    "/chat": (200, b'{"output": "Hello!"}'),
    "/stream": (200, b'{"kind": "text", "text": "Hel"}\n{"kind": "text", "text": "lo!"}\n{"kind": "end"}\n'),
    "/continue": (200, b'{"texts": ["Hello!"]}'),
    "/vectors": (200, b'{"vectors": [[0.5, 1.0]]}'),
    "/paint": (202, b"{}"),
    "/painted": (200, b'{"urls": ["http://models.example/1.png"]}'),
    "/repaint": (200, b'{"urls": ["http://models.example/2.png"]}'),
    "/models": (200, b'{"models": ["large"]}'),
}


class Acme:
    """The server that the examples talk to, and a client in which nothing is installed."""

    def __init__(self) -> None:
        self.answers = dict(ANSWERS)
        self.wire = MemoryTransport(self.answer)
        self.client = Client(registry=Registry(Index([])), transport=self.wire)

    def answer(self, outgoing: Any) -> HttpResponse:
        status, content = self.answers[outgoing.url.removeprefix(BASE)]
        return HttpResponse(status, {"location": f"{BASE}/painted"}, content)

    def run(self, request: Any, *hooks: str) -> Any:
        """Call a provider that is made of the examples of these hooks."""
        plugin = types.SimpleNamespace(**{hook: getattr(example(hook), hook) for hook in hooks})
        self.client.register_provider("acme", plugin)
        return self.client.run(request.replace(model="acme/m"))

    @property
    def asked(self) -> list[Any]:
        return [json.loads(outgoing.content) if outgoing.content else None for outgoing in self.wire.requests]


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Acme:
    monkeypatch.setenv("ACME_API_KEY", "a-key")
    monkeypatch.delenv("ACME_API_BASE", raising=False)
    return Acme()


def example(hook: str) -> types.ModuleType:
    """The example of a hook as the module that an author would have."""
    [source] = re.findall(rf"^### `{hook}\(.*?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    module = types.ModuleType(f"example_of_{hook}")
    exec(source, vars(module))
    return module


def at_base(request: Any) -> Any:
    return request.replace(options={"api_base": BASE, "num_retries": 0})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("hook", "asking", "sent"),
    [
        ("completion", CompletionRequest("", CHAT, params=USER), {"messages": CHAT}),
        ("streaming", CompletionRequest("", CHAT, params=USER), {"messages": CHAT}),
        ("text_completion", TextCompletionRequest("", "Hi", params=USER), {"prompts": ["Hi"]}),
    ],
)
def test_an_example_that_gives_text_gives_it(acme: Acme, hook: str, asking: Any, sent: Any, stream: bool) -> None:
    result = acme.run(at_base(asking.replace(stream=stream)), hook)
    if stream:
        assert list(result)[-1].choices[0].finish_reason == "stop"
        result = result.response
    [choice] = result.choices
    assert (choice.text if hook == "text_completion" else choice.message.content) == "Hello!"
    assert acme.asked == [{"model": "m", **sent, **USER}]


def test_the_example_of_vectors_gives_them(acme: Acme) -> None:
    result = acme.run(at_base(EmbeddingRequest("", "Hi", params=USER)), "embedding")
    assert [item.embedding for item in result.data] == [[0.5, 1.0]]
    assert acme.asked == [{"model": "m", "texts": ["Hi"], **USER}]


def test_the_example_of_a_job_asks_until_it_is_done(acme: Acme) -> None:
    result = acme.run(at_base(ImageGenerationRequest("", "blue", params=USER)), "image_generation")
    assert [image.url for image in result.data] == [f"{BASE}/1.png"]
    assert acme.asked == [{"model": "m", "prompt": "blue", **USER}, None]


def test_the_example_of_a_form_sends_the_image(acme: Acme) -> None:
    result = acme.run(at_base(ImageEditRequest("", [b"pixels"], "blue", params=USER)), "image_edit")
    assert [image.url for image in result.data] == [f"{BASE}/2.png"]
    [outgoing] = acme.wire.requests
    assert [
        part for part in (b'filename="0.png"', b"pixels", b'name="user"', b"blue") if part not in outgoing.content
    ] == []


def test_the_example_of_models_lists_them(acme: Acme) -> None:
    models = acme.run(at_base(ListModelsRequest("")), "list_models")
    assert [model.id for model in models.data] == ["large"]


def test_the_example_of_information_says_where_the_server_is_and_what_it_takes(acme: Acme) -> None:
    acme.answers = {"https://models.acme.example/chat": ANSWERS["/chat"]}
    acme.run(CompletionRequest("", CHAT, params={"temperature": 0.5}), "completion", "provider_info")
    with pytest.raises(BadRequestError, match="cannot send seed with completion"):
        acme.run(CompletionRequest("", CHAT, params={"seed": 1}), "completion", "provider_info")


def test_the_example_of_an_error_reads_it(acme: Acme) -> None:
    acme.answers["/chat"] = (420, b'{"wait_seconds": 700}')  # more than the core would wait
    with pytest.raises(RateLimitError, match="all workers are busy") as caught:
        acme.run(at_base(CompletionRequest("", CHAT)), "completion", "response_error")
    assert (caught.value.retryable, caught.value.retry_after) == (True, 700)


def test_the_example_around_a_call_changes_it(acme: Acme) -> None:
    acme.client.registry.register_extension(example("around"))
    acme.run(at_base(CompletionRequest("", CHAT)), "completion")
    assert acme.asked == [{"model": "m", "messages": CHAT, "user": "somebody"}]


def test_the_example_of_an_observer_logs_the_end(acme: Acme, caplog: pytest.LogCaptureFixture) -> None:
    acme.client.registry.register_extension(example("observe"))
    with caplog.at_level("INFO"):
        acme.run(at_base(CompletionRequest("", CHAT)), "completion")
    [line] = [record.getMessage() for record in caplog.records if record.name == "calls"]
    assert re.fullmatch(r"acme/m took \d+\.\d{3} s", line)


def test_the_example_of_a_finder_finds_its_provider(acme: Acme) -> None:
    acme.client.registry.register_extension(example("find_provider"))
    assert acme.client.run(CompletionRequest("parrot/any", CHAT)).choices[0].message.content == "Hi"
