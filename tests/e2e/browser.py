"""Chromium for the tests: where it is, how it is started, and a camera that shows what we draw."""

import base64
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

AXE = Path(__file__).resolve().parents[2] / "requirements" / "npm-test" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]

CANVAS_CAMERA = """
(() => {
  const canvas = document.createElement('canvas');
  canvas.width = 1280; canvas.height = 720;
  const painter = canvas.getContext('2d');
  let frames = [], shown = 0;
  const draw = () => {
    painter.fillStyle = '#4a525c'; painter.fillRect(0, 0, 1280, 720);
    window.framesShown = (window.framesShown || 0) + 1;
    if (frames.length) painter.drawImage(frames[shown++ % frames.length], 0, 0, 1280, 720);
  };
  window.showToCamera = async (urls) => {
    const load = async (url) => { const image = new Image(); image.src = url; await image.decode(); return image; };
    frames = await Promise.all(urls.map(load)); shown = 0; draw();
  };
  setInterval(draw, 250);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
})();
"""
"""Replaces the camera of a page by a canvas; `showToCamera` puts pictures before it, four a second in turn."""


def executable() -> str | None:
    """Chromium's path: CHROMIUM, else what the system has."""
    named = os.environ.get("CHROMIUM")
    found = [named] if named else [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    return next((path for path in found if path and Path(path).exists()), None)


def launch(playwright: Playwright, *more: str) -> Browser:
    """Start it, with further arguments."""
    return playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS, *more])


def with_canvas_camera(browser: Browser, base_url: str, **options: object) -> BrowserContext:
    """A context whose pages see a canvas through their camera."""
    context = browser.new_context(base_url=base_url, **options)
    context.add_init_script(CANVAS_CAMERA)
    return context


def show_to_camera(page: Page, pictures: Sequence[bytes]) -> None:
    """Put JPEG pictures before the camera, in turn."""
    urls = ["data:image/jpeg;base64," + base64.b64encode(picture).decode() for picture in pictures]
    page.evaluate("urls => window.showToCamera(urls)", urls)


def axe_findings(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.0 to 2.2, A and AA."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS)
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found["violations"] for node in one["nodes"]
    ]
