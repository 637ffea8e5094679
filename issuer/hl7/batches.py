"""A batch of answers (HL7 v2.5.1 chapter 2, section 2.10.3): the headers as they came, sides exchanged."""

from collections.abc import Sequence
from datetime import datetime

from issuer.hl7.escapes import escape
from issuer.hl7.octets import Batch
from issuer.hl7.times import stamp_of


def batch_of(answers: Sequence[str], batch: Batch, octets: bytes, now: datetime) -> str:
    """The answers to the messages of a batch, in their order, between BHS and BTS (and FHS and FTS, if it had them)."""
    header = _header(octets, now)
    comment = "|" + escape("; ".join(batch.comments)) if batch.comments else ""
    whole = f"BHS{header}\r{''.join(answers)}BTS|{len(answers)}{comment}\r"
    return f"FHS{header}\r{whole}FTS|1\r" if batch.file_header else whole


def _header(octets: bytes, now: datetime) -> str:
    """Fields 2 to 7 and 12 of FHS and BHS: who answers whom, when, and the number of the batch that is answered."""
    line = octets[:1024].lstrip(b"\xef\xbb\xbf \r\n").replace(b"\n", b"\r").split(b"\r", 1)[0]
    fields = line.decode("utf-8", "replace").split("|")
    if fields[0] not in ("FHS", "BHS"):
        fields = []
    fields += [""] * (12 - len(fields))
    sides = "|".join((fields[4], fields[5], fields[2], fields[3]))
    return f"|^~\\&|{sides}|{stamp_of(now)}|||||{fields[10]}".rstrip("|")
