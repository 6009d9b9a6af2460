"""What a deployment is sent, and what its answer is: every operation, in all three colours."""

import io

import pytest
from jackfield import (
    BadRequestError,
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ModelResponse,
    RateLimitError,
    ServiceUnavailableError,
    TextCompletionRequest,
    hookimpl,
)
from jackfield_router import Deployment, RouterSettings

SECRET = "sk-very-secret"


def fast(model="a", options=None, params=None, **more):
    return Deployment("fast", f"fake/{model}", options or {}, params or {}, **more)


# --------------------------------------------------------------------------------------------------------- operations


REQUESTS = [
    CompletionRequest("groups/fast", [{"role": "user", "content": "Hi"}]),
    TextCompletionRequest("groups/fast", "Hi"),
    EmbeddingRequest("groups/fast", ["Hi", "there"]),
    ImageGenerationRequest("groups/fast", "a cat"),
    ImageEditRequest("groups/fast", [b"png"], "a hat"),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.operation)
def test_every_operation_goes_to_a_deployment_and_after_a_failure_to_another(net, request_):
    net.route(fast("a"), fast("b"))
    net.play("a", net.failing(503))
    answer = net(request_.replace(params={"user": "me"}))
    assert net.asked == ["a", "b"]
    assert "b" in answer.model_dump_json(include={"choices", "model", "data"})
    for sent in net.sent:
        assert sent["user"] == "me"
    assert [outgoing.url for outgoing in net.outgoing] == [f"https://models.example/{request_.operation}"] * 2


def test_a_stream_comes_with_its_usage_where_it_is_asked_for(net):
    net.route(fast())
    chunks = net(stream=True, params={"stream_options": {"include_usage": True}})
    assert chunks[-1].usage.total_tokens == 10
    assert net.sent[0]["stream_options"] == {"include_usage": True}


def test_an_opened_stream_knows_its_usage_unasked(net):
    net.route(fast())

    async def scenario():
        stream = await net.ask(net.chat(stream=True))
        await stream.rest()
        return stream.stream.response

    assert net.run(scenario).usage.total_tokens == 10


def test_the_answer_is_the_deployments_own(sync_net):
    body = b'{"id": "x", "model": "real-name", "choices": [{"message": {"content": "Hi"}}], "extra": 1}'
    sync_net.route(fast())
    sync_net.play("a", type(sync_net.failing(200))(content=body))
    answer = sync_net()
    assert (answer.id, answer.model, answer.extra) == ("x", "real-name", 1)


# ---------------------------------------------------------------------------------------------- parameters and options


def test_a_deployments_parameters_are_sent_and_the_callers_go_before_them(net):
    net.route(fast(params={"temperature": 0.2, "top_p": 0.5}))
    net(params={"temperature": 1, "seed": 7})
    sent = net.sent[0]
    assert {name: sent.get(name) for name in ("temperature", "top_p", "seed")} == {
        "temperature": 1,
        "top_p": 0.5,
        "seed": 7,
    }


def test_a_deployments_options_are_those_of_its_calls(sync_net):
    options = {"api_key": SECRET, "api_base": "https://one.example/v1", "extra_headers": {"x-team": "blue"}}
    sync_net.route(fast("a", options), fast("b", {"extra_body": {"deep": True}}, order=1))
    sync_net.play("a", sync_net.failing(503))
    sync_net()
    first, second = sync_net.outgoing
    assert first.url == "https://one.example/v1/completion"
    assert (first.headers["authorization"], first.headers["x-team"]) == (f"Bearer {SECRET}", "blue")
    assert second.url == "https://models.example/completion"
    assert "authorization" not in second.headers
    assert sync_net.sent[1]["deep"] is True


def test_the_callers_options_go_before_the_deployments(sync_net):
    sync_net.route(fast(options={"api_key": SECRET, "extra_headers": {"x-team": "blue", "x-kept": "yes"}}))
    sync_net(api_key="mine", extra_headers={"x-team": "red"}, extra_body={"more": 1})
    headers = sync_net.outgoing[0].headers
    assert (headers["authorization"], headers["x-team"], headers["x-kept"]) == ("Bearer mine", "red", "yes")
    assert sync_net.sent[0]["more"] == 1
    sync_net()  # and only for that call
    assert sync_net.outgoing[1].headers["authorization"] == f"Bearer {SECRET}"


def test_a_deployments_credentials_go_to_no_address_of_the_callers(sync_net):
    options = {
        "api_key": SECRET,
        "headers": {"cookie": SECRET},
        "extra_headers": {"x-api-key": SECRET},
        "extra_body": {"token": SECRET},
    }
    sync_net.route(fast(options=options))
    sync_net(api_base="https://mine.example", extra_headers={"x-mine": "1"}, extra_body={"more": 1})
    outgoing = sync_net.outgoing[0]
    assert outgoing.url.startswith("https://mine.example")
    assert SECRET not in f"{outgoing.headers}{outgoing.content!r}"
    assert outgoing.headers["x-mine"] == "1"
    assert sync_net.sent[0]["more"] == 1


def test_drop_params_reaches_the_deployment(sync_net):
    class Strict:
        @hookimpl
        def provider_info(self):
            from jackfield import ProviderInfo

            return ProviderInfo(parameters={"completion": {"seed"}})

        @hookimpl
        def completion(self, request, settings):
            return ModelResponse.of_text(str(dict(request.params)))

    sync_net.client.register_provider("strict", Strict())
    sync_net.route(Deployment("fast", "strict/a"))
    asked = {"params": {"seed": 1, "top_k": 2}}
    with pytest.raises(BadRequestError, match="top_k"):
        sync_net(**asked)
    with pytest.warns(UserWarning, match="top_k"):
        assert sync_net.model_of(**asked, drop_params=True) == "{'seed': 1}"


def test_metadata_goes_along_as_the_same_object(net):
    seen = []

    class Watching:
        @hookimpl
        def completion(self, request, settings):
            seen.append(request.metadata)
            return ModelResponse.of_text("Hi")

    metadata = {"trace": object()}
    net.client.register_provider("watching", Watching())
    net.route(Deployment("fast", "watching/a"))
    net(metadata=metadata)
    assert seen[0] is metadata


def test_the_callers_request_is_not_touched(sync_net):
    sync_net.route(fast(params={"seed": 1}))
    request = sync_net.chat(params={"top_p": 1})
    sync_net(request)
    assert request == sync_net.chat(params={"top_p": 1})


# -------------------------------------------------------------------------------------------------------------- errors


def test_errors_tell_nothing_of_keys_addresses_and_other_groups(sync_net):
    options = {"api_key": SECRET, "api_base": "https://hidden.example/v1"}
    sync_net.route(
        fast("a", options, rpm=2), Deployment("other", "fake/b", options), settings=RouterSettings(num_retries=0)
    )
    sync_net.play("a", sync_net.failing(503, message=f"the key {SECRET} is busy"))
    said = []
    for _ in range(3):
        try:
            sync_net()
        except (ServiceUnavailableError, RateLimitError) as error:
            said.append(f"{error!r} {error} {vars(error)}")
    assert len(said) == 2
    for text in said:
        assert SECRET not in text
        assert "hidden.example" not in text
        assert "other" not in text


# --------------------------------------------------------------------------------------------------------- image edits


class Pipe(io.RawIOBase):
    """A file that can be read once."""

    name = "photo.png"

    def __init__(self, content):
        self.content = content

    def readable(self):
        return True

    def readinto(self, buffer):
        part, self.content = self.content[: len(buffer)], self.content[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def files():
    begun = io.BytesIO(b"headphoto")
    begun.seek(4)
    return {
        "a file": (lambda: io.BytesIO(b"photo")),
        "a file that was read in part": (lambda: begun),
        "a pipe": (lambda: Pipe(b"photo")),
        "a tuple with a file": (lambda: ("x.png", io.BytesIO(b"photo"), "image/png")),
        "a tuple with a pipe": (lambda: ("x.png", Pipe(b"photo"))),
        "bytes": (lambda: b"photo"),
    }


@pytest.mark.parametrize("kind", files())
def test_every_attempt_of_an_image_edit_finds_the_whole_file(net, kind):
    net.route(fast("a"), fast("b"), fast("c"))
    net.play("a", net.failing(503))
    net.play("b", net.failing(503))
    net(ImageEditRequest("groups/fast", [files()[kind](), b"second"], "a hat"))
    assert net.asked == ["a", "b", "c"]
    assert [sent["images"] for sent in net.sent] == [["photo", "second"]] * 3


def test_the_mask_is_put_back_too(sync_net):
    masks = []

    class Masked:
        @hookimpl
        def image_edit(self, request, settings):
            masks.append((request.mask.read(), request.mask.name))
            if len(masks) == 1:
                raise ServiceUnavailableError("no")
            return {"data": [{"url": "x"}]}

    sync_net.client.register_provider("masked", Masked())
    sync_net.route(Deployment("fast", "masked/a"), Deployment("fast", "masked/b"))
    sync_net(ImageEditRequest("groups/fast", [b"photo"], "a hat", mask=Pipe(b"mask")))
    assert masks == [(b"mask", "photo.png")] * 2


def test_a_file_that_an_attempt_has_closed_ends_the_call_with_that_attempts_error(net):
    calls = []

    class Closing:
        @hookimpl
        def image_edit(self, request, settings):
            calls.append(request.model)
            request.image[0].close()
            raise ServiceUnavailableError("busy")

    net.client.register_provider("closing", Closing())
    net.route(Deployment("fast", "closing/a"), Deployment("fast", "closing/b"))
    with pytest.raises(ServiceUnavailableError, match="busy"):
        net(ImageEditRequest("groups/fast", [io.BytesIO(b"photo")], "a hat"))
    assert calls == ["a"]


def closed(file):
    file.close()
    return file


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (io.TextIOWrapper(Pipe(b"text")), "open it with 'rb'"),
        (closed(io.BytesIO(b"photo")), "image cannot be read: I/O operation on closed file"),
    ],
)
def test_a_file_that_cannot_be_read_is_the_callers_mistake(net, file, said):
    net.route(fast("a"))
    with pytest.raises(BadRequestError, match=said) as caught:
        net(ImageEditRequest("groups/fast", [file], "a hat"))
    assert caught.value.param == "image"


def test_no_file_is_read_for_an_unknown_name(sync_net):
    file = Pipe(b"photo")
    sync_net.route(fast("a"))
    with pytest.raises(Exception, match="does not exist"):
        sync_net(ImageEditRequest("groups/gone", [file], "a hat"))
    assert file.read() == b"photo"
