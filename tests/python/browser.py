"""Drives Chromium over the DevTools protocol, through pipes: no port, no package.

    with Browser("/usr/bin/chromium") as browser:
        page = browser.open(path, width=1280, height=900, dark=False)
        page.evaluate("document.title")

Every console message, exception and request of a page is kept, so that a test can expect none.
"""

import base64
import contextlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

# Seconds until an answer of the browser counts as lost.
PATIENCE = 60

KEYS = {
    "Enter": (13, "\r"),
    "Escape": (27, ""),
    "Tab": (9, ""),
    "ArrowLeft": (37, ""),
    "ArrowUp": (38, ""),
    "ArrowRight": (39, ""),
    "ArrowDown": (40, ""),
    "End": (35, ""),
    "Home": (36, ""),
}


class Browser:
    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="wheelworks-browser-")
        read_commands, self.write = os.pipe()
        self.read, write_answers = os.pipe()

        def use_pipes():
            # The browser reads commands from descriptor 3 and writes to 4. Both are moved out of the way first.
            commands, answers = os.dup(read_commands), os.dup(write_answers)
            high = [os.dup2(commands, 103), os.dup2(answers, 104)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        arguments = [
            self.program,
            "--headless=new",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--font-render-hinting=none",
            f"--user-data-dir={self.profile}",
            "about:blank",
        ]
        self.process = subprocess.Popen(
            arguments,
            preexec_fn=use_pipes,
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(read_commands)
        os.close(write_answers)
        self.buffer = b""
        self.number = 0
        self.events = []
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.call("Browser.close")
        for pipe in (self.write, self.read):
            os.close(pipe)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self, patience=PATIENCE):
        end = time.monotonic() + patience
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.read], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.read, 1 << 20)
            if not piece:
                raise OSError("the browser has ended")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write, data) :]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, path, fragment="", **view):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.view(**view)
        page.url = pathlib.Path(path).resolve().as_uri()
        page.load(fragment)
        return page


class Page:
    def __init__(self, browser, session):
        self.browser = browser
        self.session = session
        self.url = None

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def view(self, width=1280, height=900, dark=False, touch=False):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=touch,
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)

    def load(self, fragment=""):
        self.call("Page.navigate", url=self.url + fragment)
        self.wait("document.readyState === 'complete'")

    def evaluate(self, expression):
        """Returns the value of an expression, or of the promise that it is."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if details := answer.get("exceptionDetails"):
            raise RuntimeError(f"{expression[:200]}: {details}")
        return answer["result"].get("value")

    def wait(self, condition):
        end = time.monotonic() + PATIENCE
        while not self.evaluate(condition):
            if time.monotonic() > end:
                raise TimeoutError(condition)
        # Two frames, so that observers of sizes have run.
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def press(self, key, modifiers=0):
        code, text = KEYS[key]
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def move(self, x, y):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click_on(self, selector, at=(0.5, 0.5)):
        """Clicks into the box of the first element of a selector, which is scrolled into view."""
        quoted = json.dumps(selector)
        x, y, width, height = self.evaluate(
            f"(() => {{ const it = document.querySelector({quoted}); it.scrollIntoView({{block: 'center'}});"
            "const box = it.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })()"
        )
        self.click(x + width * at[0], y + height * at[1])

    def screenshot(self, path, whole=True):
        options = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
            options = {"captureBeyondViewport": True, "clip": clip}
        image = self.call("Page.captureScreenshot", format="png", **options)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(image))

    def troubles(self):
        """Returns console messages, exceptions, log entries and requests except for the page itself."""
        self.evaluate("0")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            method, parameters = event.get("method"), event.get("params", {})
            if method == "Runtime.consoleAPICalled":
                found.append(("console", parameters["type"], [it.get("value") for it in parameters["args"]]))
            elif method == "Runtime.exceptionThrown":
                found.append(("exception", parameters["exceptionDetails"]))
            elif method == "Log.entryAdded":
                found.append(("log", parameters["entry"].get("text")))
            elif method == "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if not url.startswith((self.url, "data:")):
                    found.append(("request", url))
        return found
