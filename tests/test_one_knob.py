"""data/one_knob.npz, the records that notebook 05 shows, is what the notebook's own training gives."""

import numpy as np
import pytest

from tools import one_knob


@pytest.fixture(scope="module")
def names():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SEED", "3")  # the records do not depend on it
        return one_knob.names_of()


@pytest.fixture(scope="module")
def looks():
    with np.load(one_knob.RECORDS, allow_pickle=False) as stored:
        return stored["looks"]


def test_there_is_a_record_of_each_start_and_each_ends_at_the_loss(names, looks):
    positions = {len(knob) for knob in names["KNOBS"].values()}
    assert looks.shape[:3] == (len(names["KNOBS"]), *positions, names["STARTS"]) and names["STARTS"] >= 5
    for rows in looks.reshape(-1, *looks.shape[3:]):
        rows = rows[~np.isnan(rows[:, 0])]
        assert rows[0, 0] == 0 and (np.diff(rows[:, 0]) > 0).all()
        assert (rows[:-1, 1] >= 0.1).all() and rows[-1, 1] < 0.1  # loss
        assert (rows[:, 4] <= 1).all() and rows[-1, 4] > 0.9  # right answers
    assert one_knob.RECORDS.stat().st_size <= 200_000


@pytest.mark.parametrize("knob", range(5))
def test_a_piece_that_is_trained_again_is_the_record(names, looks, knob):
    setting = list(names["KNOBS"].values())[knob][2]
    for start in (0, 4):
        rows = one_knob.rounded(names["train"](**setting, seed=start, most=40))[:-1]  # the last look is out of turn
        assert len(rows) > 10
        np.testing.assert_allclose(rows, looks[knob, 2, start, : len(rows)], rtol=0.01)
    assert not np.allclose(rows, looks[knob, 2, 0, : len(rows)], rtol=0.05)
