"""The panels of the built pages, played in Chromium, against what the kernels showed: `make page`, then this.

Every page is opened from its folder, offline. Ten settings of each panel were drawn by the kernel itself while it
recorded (`proofs` in page/record.py); here the sliders go there, and sentences and pixels are compared.
"""

import base64
import contextlib
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from page.build import TARGET
from page.record import read
from tools.browser import launch, wait_until
from tools.notebooks import ROOT, all_notebooks

pytestmark = pytest.mark.page

RECORDINGS = ROOT / "build" / "recordings"
KEYS = sorted(path.stem for path in RECORDINGS.glob("*.js"))
SKIP = "for (const skip of document.querySelectorAll('.skip')) skip.click()"  # no prediction holds a panel back
MOVE = """(panel, places) => [...panel.querySelectorAll('.panel-control :is(input, select)')].forEach((one, k) => {
    one.value = places[k];
    one.dispatchEvent(new Event(one.matches('select') ? 'change' : 'input'));
})"""


@pytest.fixture(scope="module")
def browser(chromium):
    with launch(chromium) as browser:
        yield browser


DESK = {"viewport": {"width": 1400, "height": 1000}, "device_scale_factor": 2}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


@contextlib.contextmanager
def window(browser, kind: dict):
    """A page without a network, and what it complains of."""
    context = browser.new_context(**kind, offline=True)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page, complaints
    context.close()


@pytest.fixture(scope="module")
def desk(browser):
    with window(browser, DESK) as both:
        yield both


@pytest.fixture(scope="module")
def pocket(browser):
    with window(browser, PHONE) as both:
        yield both


def without_complaints(both):
    page, complaints = both
    complaints.clear()
    yield page
    assert not complaints


@pytest.fixture
def page(desk):
    yield from without_complaints(desk)


@pytest.fixture
def phone(pocket):
    yield from without_complaints(pocket)


def opened(page, key: str, root=TARGET):
    """The panel of a key on its page, at its defaults; the panels of a notebook that come in turn share one load."""
    address = (root / "notebooks" / f"{key.rsplit('-', 1)[0]}.html").as_uri()
    if page.evaluate("window.openedAs") != address:
        page.goto(address)
        page.evaluate(SKIP)
        page.evaluate("address => { window.openedAs = address; }", address)
    panel = page.locator(f'css:light=[data-recording="{key}"]')  # which looks into no shadow trees, and is found sooner
    panel.scroll_into_view_if_needed()
    wait_until(page, lambda: panel.get_attribute("data-ready") is not None, f"{key} to be ready")
    panel.get_by_role("button", name="Reset").click()
    return panel


def move(page, panel, places) -> None:
    panel.evaluate(MOVE, list(places))
    await_state(page, panel, ",".join(map(str, places)))


def await_state(page, panel, state: str) -> None:
    wait_until(page, lambda: panel.get_attribute("data-state") == state, f"the picture of {state}")


def status(panel) -> str:
    return panel.locator(".panel-status").text_content()


def pixels(panel) -> np.ndarray:
    """What the canvas shows, (height, width, 3)."""
    address = panel.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB"))


@pytest.mark.parametrize("key", KEYS)
def test_sentences_and_pictures_are_those_of_the_kernel(page, key):
    panel, shown = opened(page, key), np.load(RECORDINGS / f"{key}.npz")
    off = []
    for places, said, picture in zip(shown["places"].tolist(), shown["statuses"], shown["pictures"], strict=True):
        move(page, panel, places)
        assert status(panel) == said
        there = pixels(panel)
        assert there.shape == picture.shape
        off.append((np.abs(there.astype(int) - picture) > 32).any(-1).mean())
    print(f"{key}: {len(off)} settings, pixels off {max(off):.3%} at most, {np.mean(off):.3%} in the mean")
    assert max(off) < 0.01
    assert len({picture.tobytes() for picture in shown["pictures"]}) > 1


def test_every_panel_of_every_notebook_is_recorded():
    made = [f"{path.stem}-{k}" for path in all_notebooks() for k in range(1, panels(path) + 1)]
    assert sorted(made) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_the_goal_is_on_the_grid_and_the_default_is_not_there(key):
    recording = read(RECORDINGS / f"{key}.js")
    said = recording["statuses"]
    sizes = [len(control["texts"]) for control in recording["controls"]]
    default = np.ravel_multi_index([control["default"] for control in recording["controls"]], sizes)
    assert "✓" not in said[recording["states"][default][1]]
    ends = [run["frames"][-1][2] for run in recording["runs"]]
    assert any("✓ Goal reached." in said[k] for k in (*(state[1] for state in recording["states"]), *ends))


def panels(path) -> int:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return sum("panel" in cell["metadata"].get("tags", ()) for cell in cells)


@pytest.mark.parametrize("key", KEYS)
def test_keyboard_and_reset(page, key):
    panel, recording = opened(page, key), read(RECORDINGS / f"{key}.js")
    default = [control["default"] for control in recording["controls"]]
    await_state(page, panel, ",".join(map(str, default)))
    before, said = pixels(panel), status(panel)
    sliders = panel.locator("input[type=range]")
    for k in range(sliders.count()):
        slider = sliders.nth(k)
        text = slider.get_attribute("aria-valuetext")
        slider.press("ArrowLeft" if int(slider.input_value()) else "ArrowRight")
        assert slider.get_attribute("aria-valuetext") != text
        assert slider.get_attribute("aria-label")
    wait_until(page, lambda: status(panel) != said, "another status")
    panel.get_by_role("button", name="Reset").click()
    await_state(page, panel, ",".join(map(str, default)))
    assert status(panel) == said and np.array_equal(pixels(panel), before)


FONT = 12.5  # CSS pixels of the smallest letters in a picture, 9 points
TAP = """(slider, part) => {
    const box = slider.getBoundingClientRect();
    return [box.left + part * box.width, box.top + box.height / 2, box.height];
}"""


@pytest.mark.parametrize("key", KEYS)
def test_on_a_phone_words_can_be_read_and_a_thumb_moves_it(phone, key):
    panel, recording = opened(phone, key), read(RECORDINGS / f"{key}.js")
    view, canvas = panel.locator(".panel-view"), panel.locator("canvas")
    (left, width), shown = view.evaluate("view => [view.getBoundingClientRect().left, view.clientWidth]"), canvas
    box, panes = shown.bounding_box(), recording["panes"]
    widest = max(right - left for left, right in panes)
    assert box["width"] / widest * FONT >= 8.99
    assert len(panes) == 1 or box["width"] <= width + 1, "axes stand below each other, and nothing is cut off"
    assert left >= 0 and phone.evaluate("document.documentElement.scrollWidth") <= 390
    slider = panel.locator("input[type=range]").first
    slider.scroll_into_view_if_needed()
    low = int(slider.input_value()) * 2 < int(slider.get_attribute("max"))
    for part in (0.98, 0.02) if low else (0.02, 0.98):  # the far end first: a tap must lead somewhere else
        before = panel.get_attribute("data-state")
        x, y, height = slider.evaluate(TAP, part)
        assert height >= 44
        phone.touchscreen.tap(x, y)
        wait_until(phone, lambda: panel.get_attribute("data-state") != before, "another picture after a tap")  # noqa: B023


@pytest.mark.parametrize("key", [key for key in KEYS if read(RECORDINGS / f"{key}.js")["runs"]])
def test_a_run_is_played_paused_and_ended(page, key):
    panel, runs = opened(page, key), read(RECORDINGS / f"{key}.js")["runs"]
    run = panel.get_by_role("button", name="Run")
    run.click()
    wait_until(page, lambda: bar(panel) > 0, "the bar to move")
    run.click()
    wait_until(page, lambda: re.match(r"Paused at \d+ %\. ", status(panel)), "“Paused at”")
    stands = bar(panel)
    page.wait_for_timeout(300)
    assert bar(panel) == stands < 100
    run.click()
    wait_until(page, lambda: bar(panel) == 100, "the end", 60)
    ends = [end["frames"][-1] for end in runs]
    said = read(RECORDINGS / f"{key}.js")["statuses"]
    wait_until(page, lambda: status(panel) in [said[end[2]] for end in ends], "the last sentence")
    panel.get_by_role("button", name="Reset").click()
    wait_until(page, lambda: bar(panel) == 0, "Reset to empty the bar")


def bar(panel) -> float:
    return float(panel.locator("progress").evaluate("bar => bar.value"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The pages again, with one recording cut short, one of another version, one that is gone."""
    folder = tmp_path_factory.mktemp("pages") / "page"
    folder.mkdir()
    for name in TARGET.iterdir():
        (folder / name.name).symlink_to(name)
    (folder / "_static").unlink()
    (folder / "_static").mkdir()
    for name in (TARGET / "_static").iterdir():
        (folder / "_static" / name.name).symlink_to(name)
    (folder / "_static" / "recordings").unlink()
    (folder / "_static" / "recordings").mkdir()
    for key in KEYS:
        text = (RECORDINGS / f"{key}.js").read_text(encoding="utf-8")
        if key.endswith("-1"):
            text = text[: len(text) // 2]
        elif key.endswith("-2"):
            text = text.replace('", 1, "', '", 99, "')
        if not key.startswith("04") or not key.endswith("-4"):
            (folder / "_static" / "recordings" / f"{key}.js").write_text(text, encoding="utf-8")
    (folder / "notebooks").unlink()
    (folder / "notebooks").mkdir()
    for name in (TARGET / "notebooks").iterdir():
        (folder / "notebooks" / name.name).write_bytes(name.read_bytes())
    return folder


def test_a_broken_recording_says_so_and_leaves_the_others_working(browser, broken):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    for number, word in ((1, "incomplete"), (2, "version 99"), (4, "not there")):
        page.goto((broken / "notebooks" / "04_double_well_sde.html").as_uri())
        page.evaluate(SKIP)
        panel = page.locator(f'[data-recording="04_double_well_sde-{number}"]')
        panel.scroll_into_view_if_needed()
        wait_until(page, lambda: panel.get_attribute("data-failed") is not None, "the panel to say so")  # noqa: B023
        assert word in panel.locator("[role=alert]").text_content()
        assert panel.locator("img.panel-picture").is_visible() and panel.locator("input").first.is_disabled()
    move(page, opened(page, "04_double_well_sde-3", broken), [0, 0, 0])
    page.close()


def test_a_value_set_before_the_recording_has_come_is_kept(page):
    key = "04_double_well_sde-4"  # far down the page: nothing of it is loaded at the start
    page.goto((TARGET / "notebooks" / "04_double_well_sde.html").as_uri())
    panel = page.locator(f'[data-recording="{key}"]')
    assert panel.get_attribute("data-ready") is None
    panel.evaluate(MOVE, [3, 1])
    panel.scroll_into_view_if_needed()
    await_state(page, panel, "3,1")
