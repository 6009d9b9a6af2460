"""The type checker holds echo against the contract of every operation. Never run, only checked."""

from __future__ import annotations

import jackfield_echo
from jackfield import protocols

completion: protocols.Completion = jackfield_echo
streaming: protocols.Streaming = jackfield_echo
text_completion: protocols.TextCompletion = jackfield_echo
embedding: protocols.Embedding = jackfield_echo
image_generation: protocols.ImageGeneration = jackfield_echo
image_edit: protocols.ImageEdit = jackfield_echo
list_models: protocols.ListModels = jackfield_echo
