"""Wrong providers: answers of the right type that say something else than OpenAI's words mean."""

from __future__ import annotations

from dataclasses import replace

from fine import FLOW, JSON, REASONS, STREAM, Decoder, Fine, parsed
from jackfield import BadRequestError, EmbeddingResponse, ImageResponse, ModelResponse, hookimpl


class Apart(Fine):
    """Its streams are held to no whole answer, which would tell the same."""

    cases = {"stream-plain": ({}, [(200, STREAM, FLOW)])}


class EndsInTheServersWords(Apart):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        answer.choices[0].finish_reason = "end_turn"
        return answer  # here


class CountsTwice(Apart):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        answer.usage.total_tokens += answer.usage.prompt_tokens
        return answer  # here


class SpeaksForTheUser(Apart):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        answer.choices[0].message.role = "user"
        return answer  # here


class SaysNothing(Apart):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        answer.choices[0].message.content = ""
        return answer  # here


class SaysNothingInSoFewTokens(Apart):
    """Nothing is wrong with it: it had no tokens left for text."""

    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        answer.choices[0].message.content, answer.choices[0].finish_reason = None, "length"
        return answer


class Refuses(Apart):
    """Nothing is wrong with it: a refusal stands in the text's place."""

    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        message = {"role": "assistant", "refusal": "No."}
        return ModelResponse(
            model="fine-1", choices=[{"message": message, "finish_reason": "stop"}], usage=answer.usage
        )


class CallsWithoutAnId(Apart):
    tool_call = {"id": "", "type": "function", "function": {"name": "f", "arguments": "{}"}}

    @hookimpl
    def completion(self, request, settings):
        yield from super().completion(request, settings)
        message = {"role": "assistant", "tool_calls": [self.tool_call]}
        return ModelResponse(model="fine-1", choices=[{"message": message, "finish_reason": "tool_calls"}])  # here


class CallsWithoutJson(CallsWithoutAnId):
    tool_call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{'city': 'Paris'}"}}

    @hookimpl
    def completion(self, request, settings):
        return (yield from super().completion(request, settings))  # here


class MappingsForChoices(Apart):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        return answer.replace(choices=[{"message": {"role": "assistant", "content": "Hi"}}])  # here


class MappingForUsage(Apart):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        return answer.replace(usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})  # here


class AnswersTwiceAtOnce(Apart):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        return answer.replace(choices=[answer.choices[0], answer.choices[0]])  # here


class OneVectorForAll(Fine):
    @hookimpl
    def embedding(self, request, settings):
        answer = yield from super().embedding(request, settings)
        return EmbeddingResponse(data=answer.data[:1], model=answer.model)  # here


class SortsVectors(Fine):
    @hookimpl
    def embedding(self, request, settings):
        answer = yield from super().embedding(request, settings)
        vectors = sorted(each.embedding for each in answer.data)
        return EmbeddingResponse(data=[{"embedding": each} for each in vectors], model=answer.model)  # here


class EmptyVectors(Fine):
    @hookimpl
    def embedding(self, request, settings):
        answer = yield from super().embedding(request, settings)
        return EmbeddingResponse(data=[{"embedding": []} for _ in answer.data], model=answer.model)  # here


class AnAddressForBase64(Fine):
    @hookimpl
    def image_generation(self, request, settings):
        answer = yield from super().image_generation(request, settings)
        answer.data[0].b64_json = f"data:image/png;base64,{answer.data[0].b64_json}"
        return answer  # here


class NoImageInTheAnswer(Fine):
    cases = {"image-generation": ({}, [(200, JSON, {"picture": ""})])}

    @hookimpl
    def image_generation(self, request, settings):
        answer = yield from super().image_generation(request, settings)
        return answer  # here


class Paints(Fine):
    """Right: it takes n, and paints as many."""

    cases = {
        "image-several": (
            {"operation": "image_generation", "request": {"prompt": "a red square", "params": {"n": 2}}},
            [(200, JSON, {"picture": "iVBORw0KGgo="})],
        )
    }
    painted = 2

    @hookimpl
    def provider_info(self):
        info = super().provider_info()
        return replace(info, parameters={**info.parameters, "image_generation": {"n"}})

    @hookimpl
    def image_generation(self, request, settings):
        settings = replace(settings, extra_body={**request.params, **settings.extra_body})
        answer = yield from super().image_generation(request, settings)
        return answer.replace(data=answer.data * (self.painted if request.params.get("n") else 1))  # here


class PaintsOne(Paints):
    painted = 1

    @hookimpl
    def image_generation(self, request, settings):
        return (yield from super().image_generation(request, settings))  # here


class BytesForAnAddress(Fine):
    @hookimpl
    def image_generation(self, request, settings):
        answer = yield from super().image_generation(request, settings)
        return ImageResponse(data=[{"url": answer.data[0].b64_json}])  # here


class TrustsItsTable(Fine):
    def answer(self, request, response):
        REASONS[parsed(response.content).get("end", "done")]  # here
        return super().answer(request, response)


class TrustsItsTableInStreams(Fine):
    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):
            REASONS[parsed(event.data).get("end", "done")]  # here
            return super().decode(event)


class GivesNoReasonForTheUnknown(Apart):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        return answer  # here

    def answer(self, request, response):
        said = parsed(response.content)
        if said.get("end") in REASONS or "text" not in said:
            return super().answer(request, response)
        return ModelResponse.of_text(said["text"], finish_reason=None)


class TrustsTheKindsOfErrors(Fine):
    @hookimpl
    def response_error(self, response):
        error = super().response_error(response)
        if error is None and b'"fault"' in response.content:
            return BadRequestError("no words", code=response.json()["fault"]["kind"])  # here
        return error
