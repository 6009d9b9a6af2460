"""Plugin modules against the protocols: a good one fits, and each fault of a bad one is an error. Never run."""

import bad_plugin
import good_plugin
from jackfield import protocols

completion: protocols.Completion = good_plugin
streaming: protocols.Streaming = good_plugin
text_completion: protocols.TextCompletion = good_plugin
embedding: protocols.Embedding = good_plugin
image_generation: protocols.ImageGeneration = good_plugin
lacking: protocols.ImageEdit = good_plugin  # type: ignore[assignment]

no_response: protocols.Completion = bad_plugin  # type: ignore[assignment]
no_stream: protocols.Streaming = bad_plugin  # type: ignore[assignment]
too_few: protocols.Embedding = bad_plugin  # type: ignore[assignment]


class AsyncChunks:
    """An async source of chunks."""

    streaming = staticmethod(good_plugin.chunks)


async_chunks: protocols.Streaming = AsyncChunks()
