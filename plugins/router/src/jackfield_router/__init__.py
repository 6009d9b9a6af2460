"""Model groups: one name for several deployments of a model, with choice, cooldown and limits.

Deployment        one way to reach a model: where, with which key, how much of it
RouterSettings    how a deployment is chosen, and what happens when one fails
Router            the groups as a provider, to be registered under a name

jackfield.register_provider("groups", Router([Deployment("fast", "openai/gpt-4o-mini"), …]))
jackfield.completion("groups/fast", messages)
"""

from ._deployment import Deployment, RouterSettings
from ._router import Router

__all__ = ["Deployment", "Router", "RouterSettings"]

Deployment.__module__ = Router.__module__ = RouterSettings.__module__ = __name__
