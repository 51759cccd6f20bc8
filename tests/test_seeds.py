"""The course's seed: where it comes from, what it makes, and that nothing global is touched."""

import random

import numpy as np
import pytest
import torch

from helpers.settings import course_seed, seed_everything


def draws(*seed):
    numpy_generator, torch_generator = seed_everything(*seed)
    return numpy_generator.random(4).tolist() + torch.rand(4, generator=torch_generator).tolist()


def test_the_default_is_zero_and_the_environment_changes_it(monkeypatch):
    monkeypatch.delenv("COURSE_SEED", raising=False)
    assert course_seed() == 0
    assert draws() == draws() == draws(0)
    monkeypatch.setenv("COURSE_SEED", "17")
    assert course_seed() == 17
    assert draws() == draws(17) != draws(0)  # what is passed goes before the environment


@pytest.mark.parametrize("text", ["", "-1", "1.5", "abc", " 3", "²", "0x10"])
def test_a_bad_course_seed_is_named(monkeypatch, text):
    monkeypatch.setenv("COURSE_SEED", text)
    with pytest.raises(ValueError) as caught:
        seed_everything()
    assert f"COURSE_SEED={text!r}: expected a whole number" in str(caught.value)


@pytest.mark.parametrize("seed", [-1, 1.0, "3", True])
def test_a_bad_seed_is_named(seed):
    with pytest.raises(ValueError) as caught:
        seed_everything(seed)
    assert f"seed={seed!r}: expected a whole number" in str(caught.value)


def test_no_global_generator_is_touched():
    def states():
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002

    before = states()
    draws(5)
    assert states() == before
