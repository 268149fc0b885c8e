import errno
import os
import shutil

import jax
import numpy as np
import optax
import pytest

from spikegrad.lab.networks.network import initial_parameters
from spikegrad.lab.training.checkpoints import KEPT, Checkpoints, OtherRunError, room
from spikegrad.lab.training.trainer import Epoch, State
from spikegrad.neurons import LearnedDecay

SETTINGS = {"spikegrad": "0.2.0", "surrogate": {"surrogate": "Sigmoid"}, "beta": 0.9, "seed": 0}
OTHERS = [
    {"spikegrad": "0.1.0"},
    {"surrogate": {"surrogate": "Arctan"}},
    {"beta": 0.8},
    {"seed": 1},
    {"new": None},
]


def state(seed):
    neuron = {"decay": LearnedDecay(np.linspace(0.1, 0.9, 5, dtype=np.float32) / (1 + seed))}
    parameters = initial_parameters(jax.random.key(seed), 8, 5, 3, neuron)
    optimizer = optax.adam(1e-3).init(parameters)
    return State(parameters, optimizer, jax.random.key_data(jax.random.key(seed)))


def history(epochs):
    return [Epoch(n, 1 / 3, 0.1 * n, 0.2, 0.4, 0.5, 1.25) for n in range(1, epochs + 1)]


def same(left, right):
    assert jax.tree.structure(left) == jax.tree.structure(right)
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    with Checkpoints(folder, SETTINGS) as checkpoints:
        for epoch in range(2):
            checkpoints.save(state(epoch), history(epoch))
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """Checkpoints after epochs 0 and 1 that a test may damage."""
    return shutil.copytree(saved, tmp_path / "checkpoints")


def test_what_is_read_is_what_was_saved(folder):
    with Checkpoints(folder, SETTINGS) as checkpoints:
        assert checkpoints.epochs() == [1, 0]
        restored = checkpoints.restore(1, like=state(9))
    assert same(restored.state, state(1))
    assert restored.history == history(1)


def test_the_newest_few_are_kept(folder):
    with Checkpoints(folder, SETTINGS) as checkpoints:
        for epoch in range(2, KEPT + 2):
            checkpoints.save(state(epoch), history(epoch))
        assert checkpoints.epochs() == list(range(KEPT + 1, 1, -1))


def test_the_room_that_is_asked_for_is_what_a_checkpoint_takes_and_not_far_more(folder):
    draws = np.random.default_rng(0)
    parameters = {"weights": draws.normal(size=(300, 500)).astype(np.float32)}
    large = State(parameters, [draws.normal(size=(300, 500))], state(0).key)
    with Checkpoints(folder, SETTINGS) as checkpoints:
        checkpoints.save(large, history(100))
    taken = sum(path.stat().st_size for path in (folder / "100").rglob("*") if path.is_file())
    assert taken > 500_000
    assert taken < room(large, history(100)) < 4 * taken


@pytest.mark.parametrize("name", ["2.orbax-checkpoint-tmp", "2.orbax-checkpoint-tmp-17"])
def test_a_checkpoint_that_is_not_finished_does_not_count(folder, name):
    shutil.copytree(folder / "1", folder / name)
    with Checkpoints(folder, SETTINGS) as checkpoints:
        assert checkpoints.epochs() == [1, 0]
        checkpoints.save(state(2), history(2))
        assert same(checkpoints.restore(2, like=state(9)).state, state(2))


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("damage", [truncate, flip, os.unlink], ids=lambda f: f.__name__)
def test_damage_to_any_file_is_seen_or_does_no_harm(saved, tmp_path, damage):
    seen = set()
    files = [path.relative_to(saved) for path in (saved / "1").rglob("*") if path.is_file()]
    for number, file in enumerate(files):
        folder = shutil.copytree(saved, tmp_path / str(number))
        damage(folder / file)
        with Checkpoints(folder, SETTINGS) as checkpoints:
            assert checkpoints.epochs() == [1, 0]
            try:
                restored = checkpoints.restore(1, like=state(9))
            except ValueError:
                seen.add(file)
            else:
                assert same(restored.state, state(1)), file
                assert restored.history == history(1), file
            assert same(checkpoints.restore(0, like=state(9)).state, state(0))
    assert any("progress" in file.parts for file in seen)
    assert any("state" in file.parts for file in seen)


def test_a_number_that_changed_unseen_by_orbax_is_seen_by_the_digest(folder):
    with Checkpoints(folder, SETTINGS) as checkpoints:
        original = checkpoints._manager.restore

        def changed(*args, **kwargs):
            restored = original(*args, **kwargs)
            if "state" not in restored:
                return restored
            leaves, structure = jax.tree.flatten(restored["state"])
            leaves[0] = leaves[0].at[0].add(1e-6)
            return {"state": structure.unflatten(leaves)}

        checkpoints._manager.restore = changed
        with pytest.raises(ValueError, match="does not hold what was saved"):
            checkpoints.restore(1, like=state(9))


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: next(iter(other)))
def test_a_checkpoint_is_of_the_settings_and_the_version_that_it_was_saved_with(folder, other):
    with Checkpoints(folder, SETTINGS | other) as checkpoints:
        # Another shape would not be read either, but that is no damage.
        for like in (state(9), jax.tree.map(lambda leaf: leaf[None], state(9))):
            with pytest.raises(OtherRunError, match="of another run, or the settings were changed"):
                checkpoints.restore(1, like)


def test_the_order_of_the_settings_is_none(folder):
    with Checkpoints(folder, dict(reversed(SETTINGS.items()))) as checkpoints:
        restored = checkpoints.restore(1, like=state(9))
    assert restored.bound
    assert same(restored.state, state(1))


def test_the_format_is_part_of_what_a_checkpoint_holds(folder, monkeypatch):
    monkeypatch.setattr("spikegrad.lab.training.checkpoints.FORMAT", 3)
    with Checkpoints(folder, SETTINGS) as checkpoints:
        with pytest.raises(OtherRunError, match="in a format that this one does not know"):
            checkpoints.restore(1, like=state(9))
        checkpoints.save(state(2), history(2))
        assert same(checkpoints.restore(2, like=state(9)).state, state(2))


def test_a_damaged_checkpoint_is_set_aside_and_its_epoch_saved_again(folder):
    truncate(folder / "1" / "progress" / "metadata")
    with Checkpoints(folder, SETTINGS) as checkpoints:
        assert checkpoints.set_aside(1).name == "1.damaged"
        assert checkpoints.epochs() == [0]
        checkpoints.save(state(1), history(1))
        assert checkpoints.epochs() == [1, 0]
        assert same(checkpoints.restore(1, like=state(9)).state, state(1))
    with Checkpoints(folder, SETTINGS) as checkpoints:
        assert checkpoints.epochs() == [1, 0]


@pytest.mark.parametrize("orbax_sees_it", [False, True], ids=["before", "inside"])
def test_a_full_disk_is_one_error_and_leaves_the_others_usable(
    folder, monkeypatch, capfd, orbax_sees_it
):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))

    with Checkpoints(folder, SETTINGS) as checkpoints:
        ours = "spikegrad.lab.training.checkpoints.require_room"
        target = "etils.epath.Path.write_text" if orbax_sees_it else ours
        with monkeypatch.context() as patch:
            patch.setattr(target, full)
            with pytest.raises(OSError, match="No space left") as caught:
                checkpoints.save(state(2), history(2))
        assert caught.value.errno == errno.ENOSPC
        assert same(checkpoints.restore(1, like=state(9)).state, state(1))
        checkpoints.save(state(2), history(2))
        assert checkpoints.epochs() == [2, 1, 0]
    assert sorted(os.listdir(folder)) == ["0", "1", "2"]
    assert capfd.readouterr().err == ""
