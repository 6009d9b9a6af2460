"""The type checker holds legacy-custom against the contract of its operations. Never run, only checked."""

from __future__ import annotations

import jackfield_legacy_custom
from jackfield import protocols

completion: protocols.Completion = jackfield_legacy_custom
text_completion: protocols.TextCompletion = jackfield_legacy_custom
