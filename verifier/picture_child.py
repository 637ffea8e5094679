"""The process that looks at strangers' pictures: `python -m verifier.picture_child`, for `verifier.picture_process`.

Says one octet once it is ready. Reads, until its input ends: 8 octets of length and a picture. Answers each with
4 octets of length and JSON: `{"codes": [...]}` or `{"refused": code}`. It logs nothing and writes no file.
"""

import json
import sys
from typing import BinaryIO

from verifier.image import UnreadablePicture, read_codes

READY = b"\n"


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer one picture after the other."""
    stdout.write(READY)
    stdout.flush()
    while len(head := stdin.read(8)) == 8:
        picture = stdin.read(int.from_bytes(head, "big"))
        try:
            answer: dict[str, object] = {"codes": read_codes(picture)}
        except UnreadablePicture as error:
            answer = {"refused": error.code}
        octets = json.dumps(answer).encode()
        stdout.write(len(octets).to_bytes(4, "big") + octets)
        stdout.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
