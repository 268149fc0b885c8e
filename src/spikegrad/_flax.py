"""What `flax.serialization` keeps of a value tree.

Flax serializes the types that were registered with it, each by itself, and this library does not
import Flax. So a type is registered as it is made where Flax is there already, and else as soon as
Flax has been imported.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp

SERIALIZATION = "flax.serialization"

OTHER_ARRAYS = (
    "{name} at path {path}: {held} was saved, but the target holds {wanted}. Make the target as "
    "the tree was that was saved: arrays are restored, and all else is the target's."
)
OTHER_SHAPE = (
    "{name} at path {path}: {array} was saved in shape {held}, but is {wanted} in the target."
)


def register(cls: type) -> None:
    """Register a type of pytree with Flax, if Flax has been imported."""
    flax = sys.modules.get(SERIALIZATION)
    if hasattr(flax, "register_serialization_state"):
        _register(flax, cls)


def register_on_import(base: type) -> None:
    """Register a type of pytree and all that derive from it whenever Flax is imported."""
    sys.meta_path.insert(0, _Finder(base))


def _register(flax: Any, cls: type) -> None:
    to_state, from_state = (functools.partial(f, flax) for f in (_to_state, _from_state))
    flax.register_serialization_state(cls, to_state, from_state, override=True)


def _children(tree: Any) -> tuple[dict[str, Any], jax.tree_util.PyTreeDef]:
    """The arrays by the names of the attributes that hold them, and what the rest is."""
    found, structure = jax.tree_util.tree_flatten_with_path(tree, lambda node: node is not tree)
    return {path[0].name: leaf for path, leaf in found}, structure


def _to_state(flax: Any, tree: Any) -> dict[str, Any]:
    children, _ = _children(tree)
    return {
        name: flax.to_state_dict(jax.random.key_data(leaf) if _is_key(leaf) else leaf)
        for name, leaf in children.items()
    }


def _from_state(flax: Any, tree: Any, state: Any) -> Any:
    children, structure = _children(tree)
    where = {"name": type(tree).__name__, "path": flax.current_path()}
    if not isinstance(state, dict) or state.keys() != children.keys():
        names = sorted(state) if isinstance(state, dict) else [type(state).__name__]
        held, wanted = (", ".join(some) or "no array" for some in (names, sorted(children)))
        raise ValueError(OTHER_ARRAYS.format(**where, held=held, wanted=wanted))
    restored = []
    for name, leaf in children.items():
        new = flax.from_state_dict(leaf, state[name], name=name)
        if _is_key(leaf):
            new = jax.random.wrap_key_data(jnp.asarray(new), impl=jax.random.key_impl(leaf))
        shapes = {"held": getattr(new, "shape", None), "wanted": getattr(leaf, "shape", None)}
        if None not in shapes.values() and shapes["held"] != shapes["wanted"]:
            raise ValueError(OTHER_SHAPE.format(**where, **shapes, array=name))
        restored.append(new)
    return structure.unflatten(restored)


def _is_key(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _under(base: type[Any]) -> Iterator[type[Any]]:
    yield base
    for cls in base.__subclasses__():
        yield from _under(cls)


class _Finder(MetaPathFinder):
    """Finds Flax where the others do, to be loaded by a loader that registers."""

    def __init__(self, base: type) -> None:
        self.base = base

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the others find, of that one module."""
        if name != SERIALIZATION:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next(filter(None, found), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self.base)
        return spec


class _Loader(Loader):
    """Loads as another does, which it leaves in its place, and registers."""

    def __init__(self, loader: Loader, base: type) -> None:
        self.loader = loader
        self.base = base

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the other does."""
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As the other does, and then register."""
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        for cls in _under(self.base):
            _register(module, cls)
