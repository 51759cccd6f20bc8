"""Sixty raw messages at once, to a panel of a running kernel: what a front end that does not throttle would send."""

import html
import json
import queue
import time
from dataclasses import dataclass

# Run in the kernel: of each panel the comms of a slider, the picture and the status, sixty states that end at another
# value than the default's, and the status that belongs to the last.
ASK = """
import json as json_
from helpers.panel import Slider as Slider_, live as live_

def walk_(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk_(child)

asked_ = []
for panel_ in live_().values():
    name_, control_ = next((n, c) for n, c in panel_.controls.items() if isinstance(c, Slider_))
    inside_ = list(walk_(panel_.box))
    slider_ = next(w for w in inside_ if getattr(w, "description", None) == (control_.label or name_))
    way_ = control_.values if control_.values[-1] != control_.default else control_.values[::-1]
    steps_ = [round(k / 59 * (len(way_) - 1)) for k in range(60)]
    if slider_.has_trait("index"):
        states_ = [{"index": control_.index(way_[k])} for k in steps_]
    else:
        states_ = [{"value": way_[k]} for k in steps_]
    panel_.reset()
    last_ = panel_.set(**{name_: way_[-1]})
    panel_.reset()
    image_ = next(w for w in inside_ if w.has_trait("format"))
    line_ = next(w for w in inside_ if 'role="' in str(getattr(w, "value", "")))
    asked_.append((panel_.name, slider_.model_id, image_.model_id, line_.model_id, states_, last_))
print(json_.dumps(asked_))
"""


@dataclass
class Burst:
    """What a panel made of it: pictures sent, seconds from the first message to the newest picture, the last status."""

    name: str
    pictures: int
    seconds: float
    shown: str
    expected: str


def said(client, *sources: str) -> str:
    """What cells print, one after the other. Raises RuntimeError where one of them fails."""
    printed = []
    for source in sources:
        reply = client.execute_interactive(source, output_hook=printed.append)["content"]
        if reply["status"] != "ok":
            raise RuntimeError(f"{reply['ename']}: {reply['evalue']}")
    return "".join(message["content"].get("text", "") for message in printed)


def burst(client, asked: str, quiet: float = 0.3) -> list[Burst]:
    """Send each panel its burst. client: a started blocking client; asked: what ASK printed."""
    found = []
    for name, slider, image, line, states, expected in json.loads(asked):
        time.sleep(0.1)
        while client.iopub_channel.msg_ready():
            client.get_iopub_msg()
        begin = time.perf_counter()
        for state in states:
            data = {"method": "update", "state": state, "buffer_paths": []}
            client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": slider, "data": data}))
        pictures, at, shown, until = 0, begin, "", time.monotonic() + 30
        while time.monotonic() < until:
            done = html.escape(expected) in shown
            try:
                message = client.get_iopub_msg(timeout=quiet if done else 1)
            except queue.Empty:
                if done:
                    break
                continue
            content = message["content"]
            if message["msg_type"] != "comm_msg" or content["data"].get("method") != "update":
                continue
            if content["comm_id"] == image:
                pictures, at = pictures + 1, time.perf_counter()
            if content["comm_id"] == line:
                shown = content["data"]["state"].get("value", "")
        found.append(Burst(name, pictures, at - begin, shown, expected))
    return found
