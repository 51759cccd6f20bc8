"""How fast the panels of the web edition are: `make page`, then this. Everything is timed inside the page."""

import statistics

from page.build import TARGET
from tools.browser import find_chromium, launch, wait_until
from tools.notebooks import ROOT
from tools.tables import Table

TITLE = "The page: a panel without a kernel"
MOVES, SLOWER = 120, 4
BUDGET = "1000 ms to ready, 55 frames a second, 16 ms to the picture, 30 frames a second on the slower processor"
TEXT = f"""\
A drag by mouse of {MOVES} moves in two seconds on the longest slider of each panel, from its folder, offline, in a
window of 1280 × 1000 with two device pixels for a CSS pixel. Ready: from the request of the page to a first panel that
answers, from its being near to the window for the others. To the picture: from the slider's event to the end of the
drawing, median and 95th percentile. Slower: the processor {SLOWER} times slower, at 390 × 844. Budget: {BUDGET}."""
COLUMNS = (
    "panel | states | kB:.0f | ready, ms:.0f | frames/s:.0f | to the picture, ms:.1f | 95 %:.1f | slower, frames/s:.0f"
)
WATCH = """() => {
    window.ready = {};
    addEventListener("DOMContentLoaded", () => {
        for (const panel of document.querySelectorAll(".course-panel")) {
            let near = 0;
            new IntersectionObserver(([seen]) => { near ||= seen.isIntersecting ? performance.now() : 0; },
                                     {rootMargin: "800px 0px"}).observe(panel);
            new MutationObserver(() => { ready[panel.dataset.recording] ??= performance.now() - near; })
                .observe(panel, {attributeFilter: ["data-ready"]});
        }
    });
}"""
METER = """panel => {
    const meter = {frames: [], waits: [], sent: null, on: true};
    panel.addEventListener("input", event => { meter.sent ??= event.timeStamp; }, true);
    new MutationObserver(() => {
        if (meter.sent !== null) meter.waits.push(performance.now() - meter.sent);
        meter.sent = null;
    }).observe(panel, {attributeFilter: ["data-state"]});
    const tick = now => { meter.frames.push(now); if (meter.on) requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
    return meter;
}"""
READ = "meter => { meter.on = false; return [meter.frames, meter.waits]; }"


def drag(page, panel) -> tuple[float, list[float]]:
    """Frames a second, and the milliseconds from each event of the slider to the picture."""
    sliders = panel.locator("input[type=range]").all()
    slider = max(sliders, key=lambda one: int(one.get_attribute("max")))
    slider.scroll_into_view_if_needed()
    box, value = slider.bounding_box(), int(slider.input_value()) / int(slider.get_attribute("max"))
    x, y, knob = box["x"], box["y"] + box["height"] / 2, 8
    meter = panel.evaluate_handle(METER)
    page.mouse.move(x + knob + value * (box["width"] - 2 * knob), y)
    page.mouse.down()
    for move in range(MOVES):
        page.mouse.move(x + box["width"] * abs(1 - 2 * move / MOVES), y)
        page.wait_for_timeout(2000 / MOVES)
    page.mouse.up()
    frames, waits = meter.evaluate(READ)
    return 1000 * (len(frames) - 1) / (frames[-1] - frames[0]), waits


def measure(browser, path, slower: bool) -> dict[str, tuple]:
    """Of each panel of a page: milliseconds to ready, frames a second, milliseconds to the picture."""
    window = {"width": 390, "height": 844} if slower else {"width": 1280, "height": 1000}
    context = browser.new_context(viewport=window, device_scale_factor=2, offline=True)
    page, found = context.new_page(), {}
    if slower:
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(f"({WATCH})()")
    page.goto(path.as_uri())
    page.evaluate("for (const skip of document.querySelectorAll('.skip')) skip.click()")  # no prediction holds one back
    for panel in page.locator(".course-panel").all():
        panel.scroll_into_view_if_needed()
        wait_until(page, lambda: panel.get_attribute("data-ready") is not None, "the panel to be ready")  # noqa: B023
        key = panel.get_attribute("data-recording")
        found[key] = (page.evaluate("key => window.ready[key]", key), *drag(page, panel))
    context.close()
    return found


def tables() -> list[Table]:
    """A row for each panel of each notebook."""
    from page.record import read

    if not TARGET.is_dir():
        raise RuntimeError("there is no page yet: make page")
    rows = []
    with launch(find_chromium()) as browser:
        for path in sorted((TARGET / "notebooks").glob("[0-9]*.html")):
            quick, slow = (measure(browser, path, slower) for slower in (False, True))
            for key, (ready, rate, waits) in quick.items():
                recording = ROOT / "build/recordings" / f"{key}.js"
                states, size = len(read(recording)["states"]), recording.stat().st_size / 1000
                late = statistics.quantiles(waits, n=20)[-1]
                rows.append((key, states, size, ready, rate, statistics.median(waits), late, slow[key][1]))
    return [Table(COLUMNS, rows)]
