"""The QR code of the set-up page: an `otpauth:` address as one path of SVG. (Cards are drawn in `wallet_export`.)"""

from math import isqrt

from markupsafe import Markup

QUIET_ZONE = 4
"""Modules of white on each side (ISO/IEC 18004:2015, 9.1)."""


def factor_svg(uri: str, title: str) -> Markup:
    """An SVG for the page. Nothing in it is loaded from anywhere: the secret leaves with this answer only."""
    import zxingcpp  # a megabyte of machine code that this page alone needs

    code = zxingcpp.create_barcode(uri, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    pixels = memoryview(code.to_image(add_quiet_zones=False)).tobytes()  # type: ignore[arg-type]  # not in its stubs
    side = isqrt(len(pixels))
    dark = (divmod(place, side) for place, pixel in enumerate(pixels) if not pixel)
    path = "".join(f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h1v1h-1z" for y, x in dark)
    whole = side + 2 * QUIET_ZONE
    return Markup(
        '<svg class="factor-code" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {w}" width="240" height="240"'
        ' role="img" shape-rendering="crispEdges"><title>{title}</title><rect width="{w}" height="{w}" fill="#fff"/>'
        '<path fill="#000" d="{path}"/></svg>'
    ).format(w=whole, title=title, path=path)
