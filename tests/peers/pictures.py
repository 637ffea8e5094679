"""Our QR pictures through other people's eyes: zxing-cpp here, zxing-wasm in Chromium, whole and degraded."""

import base64
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import zxingcpp
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page

from cards.shc.numeric import encode, qr_version
from tests.peers import ours
from tests.peers.kill_the_clipboard import Tally
from verifier import read_codes
from wallet_export import qr_png, qr_svg

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "verifier" / "static" / "vendor"
READER = Path(__file__).with_name("reader.mjs")
QUIET_ZONES = 8
_POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:"
_PAGE = (
    b"<!doctype html><meta charset=utf-8><title>reader</title>"
    b"<script src=vendor/zxing-reader.js></script><script src=reader.mjs></script>"
)
_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


@dataclass(frozen=True)
class Worse:
    """What happens to a picture on its way to a reader."""

    name: str
    pixels_a_module: float
    degrees: float = 0
    blur: float = 0
    jpeg: float = 0
    """Quality from 0 to 1; 0 is none."""

    def side_of(self, jws: str) -> int:
        return round((17 + 4 * qr_version(jws) + QUIET_ZONES) * self.pixels_a_module)


WAYS = (
    Worse("as it is, 8 pixels a module", 8),
    Worse("5 pixels a module", 5),
    Worse("3 pixels a module", 3),
    Worse("2.3 pixels a module", 2.3),
    Worse("4 pixels a module, turned by 9°", 4, degrees=9),
    Worse("4 pixels a module, turned by 131°", 4, degrees=131),
    Worse("4 pixels a module, blurred", 4, blur=1.2),
    Worse("3 pixels a module, JPEG of quality 40", 3, jpeg=0.4),
    Worse("5 pixels a module, turned, blurred, JPEG", 5, degrees=-14, blur=1, jpeg=0.6),
)


def through_zxing_cpp() -> Iterator[Tally]:
    """The PNG, by the library and by the door's `read_codes`."""
    for way in WAYS:
        tally = Tally(f"qr_png, {way.name}: zxing-cpp and read_codes")
        for card in ours.cards():
            picture = _made_worse(Image.open(io.BytesIO(qr_png(card.jws))), way, way.side_of(card.jws))
            wanted = [encode(card.jws)]
            tally.add(card.name, right=_by_zxing_cpp(picture) == wanted == read_codes(_png(picture)))
        yield tally


def through_chromium(browser: Browser) -> Iterator[Tally]:
    """PNG and SVG, drawn by the browser, read by zxing-wasm there and by zxing-cpp here."""
    with _served() as address:
        page = browser.new_page()
        elsewhere: list[str] = []
        page.on(
            "request", lambda request: None if request.url.startswith((address, "data:")) else elsewhere.append("away")
        )
        page.goto(address)
        for kind in ("qr_png", "qr_svg"):
            for way in WAYS:
                tally = Tally(f"{kind}, {way.name}: zxing-wasm in Chromium, and zxing-cpp")
                for card in ours.cards():
                    tally.add(card.name, right=_in_page(page, kind, card.jws, way))
                yield tally
        quiet = Tally("nothing was fetched from elsewhere")
        quiet.add("requests", right=not elsewhere)
        page.close()
        yield quiet


def _in_page(page: Page, kind: str, jws: str, way: Worse) -> bool:
    if kind == "qr_png":
        url = "data:image/png;base64," + base64.b64encode(qr_png(jws)).decode()
    else:
        url = "data:image/svg+xml;base64," + base64.b64encode(qr_svg(jws).encode()).decode()
    how = {"url": url, "side": way.side_of(jws), "degrees": way.degrees, "blur": way.blur, "jpeg": way.jpeg}
    said = page.evaluate("how => window.readPicture(how)", how)
    drawn = Image.open(io.BytesIO(base64.b64decode(said["picture"].split(",")[1])))
    return bool(said["texts"] == [encode(jws)] == _by_zxing_cpp(drawn))


def _by_zxing_cpp(picture: Image.Image) -> Sequence[str]:
    found = zxingcpp.read_barcodes(picture, formats=_QR, text_mode=zxingcpp.TextMode.Plain)
    return [code.text for code in found]


def _made_worse(picture: Image.Image, way: Worse, side: int) -> Image.Image:
    picture = picture.convert("L").resize((side, side), Image.Resampling.LANCZOS)
    if way.degrees:
        picture = picture.rotate(way.degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    if way.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(way.blur))
    if way.jpeg:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=round(way.jpeg * 100))
        picture = Image.open(out)
    return picture


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class _Handler(SimpleHTTPRequestHandler):
    """The page, the script, and the vendored reader; under the door's policy."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm", ".mjs": "text/javascript"}  # noqa: RUF012

    def do_GET(self) -> None:
        if self.path in ("/", "/reader.mjs"):
            body = _PAGE if self.path == "/" else READER.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8" if self.path == "/" else "text/javascript")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            self.path = self.path.removeprefix("/vendor")
            super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", _POLICY)
        super().end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def _served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(VENDOR)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
