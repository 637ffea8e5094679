"""SMART Health Links: read, made, and answered for.

Pure, as all of `cards`: sealing, randomness, time and network are arguments. It refuses to go on where a link is of a
newer version, to open a file as something else than it was sealed as, and to say anything of a link in an error.

    link = shlink.read("shlink:/eyJ1cmwi…")                    # NotALink, MalformedLink, UnsupportedLink
    files = shlink.read_manifest(answer)                        # MalformedManifest, TooMuchBehindLink
    cards = cards_of(open_file(file.embedded, link.key, keys.jwe.unseal, file.content_type))
    text = shlink.make(shlink.address(base, entropy), key, label="School", flags="LP")
    sealed = seal_cards([jws], key, keys.jwe.seal)              # what a manifest embeds, or a location serves

Source: SMART Health Cards and Links 1.0.0, "SMART Health Links"; requirements (g). What is behind a link is fetched by
`verifier.links`, with a network handed in.
"""

from cards.shlink.errors import (
    LinkBusy,
    LinkEnded,
    LinkError,
    LinkNotOpened,
    LinkRefused,
    LinkUnreachable,
    LocationGone,
    MalformedLink,
    MalformedManifest,
    MalformedRequest,
    NotALink,
    PasscodeNeeded,
    TooMuchBehindLink,
    UnreadableFile,
    UnsupportedLink,
    WrongPasscode,
)
from cards.shlink.files import Opened, Seal, Unseal, cards_of, open_file, seal_cards
from cards.shlink.link import Link, address, is_link, make, read, read_payload
from cards.shlink.manifest import (
    ManifestFile,
    ManifestRequest,
    manifest_document,
    read_manifest,
    read_request,
    request_document,
)

__all__ = [
    "Link",
    "LinkBusy",
    "LinkEnded",
    "LinkError",
    "LinkNotOpened",
    "LinkRefused",
    "LinkUnreachable",
    "LocationGone",
    "MalformedLink",
    "MalformedManifest",
    "MalformedRequest",
    "ManifestFile",
    "ManifestRequest",
    "NotALink",
    "Opened",
    "PasscodeNeeded",
    "Seal",
    "TooMuchBehindLink",
    "UnreadableFile",
    "Unseal",
    "UnsupportedLink",
    "WrongPasscode",
    "address",
    "cards_of",
    "is_link",
    "make",
    "manifest_document",
    "open_file",
    "read",
    "read_manifest",
    "read_payload",
    "read_request",
    "request_document",
    "seal_cards",
]
