"""Model groups: one name for several deployments of a model, with choice, cooldown and limits."""
