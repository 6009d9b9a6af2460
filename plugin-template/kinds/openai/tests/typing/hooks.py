"""Never run, but read by mypy: each hook takes and returns what jackfield's protocol says."""

from jackfield import protocols

from jackfield_acme import provider

completion: protocols.Completion = provider
streaming: protocols.Streaming = provider
text_completion: protocols.TextCompletion = provider
embedding: protocols.Embedding = provider
image_generation: protocols.ImageGeneration = provider
image_edit: protocols.ImageEdit = provider
list_models: protocols.ListModels = provider
