"""Never run, but read by mypy: each hook takes and returns what jackfield's protocol says."""

from jackfield import protocols

import jackfield_acme

completion: protocols.Completion = jackfield_acme
streaming: protocols.Streaming = jackfield_acme
embedding: protocols.Embedding = jackfield_acme
