"""How many bytes autograd keeps alive for the backward pass.

No allocator is asked, and no process: autograd hands over every tensor that it saves
(`torch.autograd.graph.saved_tensors_hooks`), and lets go of it when the graph no longer needs it. In between it is
live. That counts tensors of any device alike, and what a rejected solver step saved counts no longer than it lived.
"""

from collections.abc import Iterable

import torch
from torch.autograd.graph import saved_tensors_hooks

__all__ = ["LiveBytes"]


class LiveBytes:
    """Counts, inside its `with` block, the bytes that autograd holds for backward.

    with LiveBytes(model.parameters()) as live:
        loss = criterion(model(x), y)
        held = live.now  # after the forward pass
        loss.backward()  # inside the block: checkpointing and the adjoint build graphs here too
    live.peak

    excluded: tensors that are there anyway, such as parameters and the data.
    now: bytes held at this moment. peak: the most that were held at once. history: `now` after every change. Each
    storage counts once and whole, however many tensors, or views of a part of it, were saved: that stays allocated.
    Not counted: tensors that only Python holds, and what a non-reentrant `torch.utils.checkpoint` recomputes, for it
    puts hooks of its own over these.
    """

    def __init__(self, excluded: Iterable[torch.Tensor] = ()):
        excluded = list(excluded)
        for tensor in excluded:
            if not isinstance(tensor, torch.Tensor):
                raise ValueError(f"excluded holds a {type(tensor).__name__}: expected tensors")
        # Each storage is kept alive: freed, its address would go to another tensor, which would then not count.
        self._excluded = {_key(tensor): tensor.untyped_storage() for tensor in excluded}
        self._holders: dict[tuple, int] = {}  # how many saved tensors stand on each storage
        self.now, self.history = 0, [0]
        self._hooks = saved_tensors_hooks(self._save, lambda saved: saved.tensor)

    @property
    def peak(self) -> int:
        return max(self.history)

    def __enter__(self) -> "LiveBytes":
        self._hooks.__enter__()
        return self

    def __exit__(self, *error) -> None:
        self._hooks.__exit__(*error)

    def _save(self, tensor: torch.Tensor) -> "_Saved":
        return _Saved(tensor, self)

    def _hold(self, tensor: torch.Tensor) -> tuple | None:
        key = _key(tensor)
        if key in self._excluded:
            return None
        if key not in self._holders:
            self._change(key[-1])
        self._holders[key] = self._holders.get(key, 0) + 1
        return key

    def _release(self, key: tuple) -> None:
        self._holders[key] -= 1
        if not self._holders[key]:
            del self._holders[key]
            self._change(-key[-1])

    def _change(self, size: int) -> None:
        self.now += size
        self.history.append(self.now)


class _Saved:
    """What the graph holds instead of a tensor; its end is the end of the tensor's being saved."""

    __slots__ = ("_key", "_meter", "tensor")

    def __init__(self, tensor: torch.Tensor, meter: LiveBytes):
        # Detached: an operation's saved output would otherwise hold the graph that holds it, for good.
        self.tensor, self._meter, self._key = tensor.detach(), meter, meter._hold(tensor)

    def __del__(self):
        if self._key is not None:
            self._meter._release(self._key)


def _key(tensor: torch.Tensor) -> tuple:
    """Identity of the tensor's storage among those that are alive, and its size in bytes."""
    storage = tensor.untyped_storage()
    return str(tensor.device), storage.data_ptr(), storage.nbytes()
