"""What one of several workers may do of what the config allows them all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .config import Config

if TYPE_CHECKING:
    from jackfield_router import Deployment

__all__ = ["ALONE", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's place: the ``index``-th (from 0) of ``count``."""

    index: int
    count: int

    def share(self, config: Config) -> Config:
        """Return the config with this worker's part of each limit that a deployment has.

        The parts add up to the limit; a limit smaller than the number of workers is 1 in each, since a deployment that
        a worker may never use would fail the requests that happen to reach that worker.
        """
        if self.count == 1:
            return config
        return replace(config, deployments=tuple(map(self._share_of, config.deployments)))

    def _share_of(self, deployment: Deployment) -> Deployment:
        return replace(
            deployment,
            max_parallel_requests=self._maybe(deployment.max_parallel_requests),
            rpm=self._maybe(deployment.rpm),
            tpm=self._maybe(deployment.tpm),
        )

    def _maybe(self, limit: int | None) -> int | None:
        return None if limit is None else self._part(limit)

    def _part(self, limit: int) -> int:
        each, rest = divmod(limit, self.count)
        return max(1, each + (self.index < rest))


ALONE = Place(0, 1)
