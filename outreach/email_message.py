"""An e-mail as its octets (RFC 5322, 2045 to 2047), with what lets programs treat it as what it is. Pure.

Message-ID and Date are those of the message, not of the attempt: a mail sent twice is the same mail. Seven-bit
throughout, so that no server has to change it and break the signature that the department's relay adds (DKIM), which
one-click unsubscribing asks for (RFC 8058, 4).
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from outreach.messages import Email, Outgoing
from outreach.sender import Sender


def octets_of(outgoing: Outgoing, sender: Sender) -> bytes:
    """The whole message with CRLF, ready for DATA."""
    text = outgoing.text
    if not isinstance(text, Email):
        raise TypeError("not an e-mail")
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(sender.name, addr_spec=sender.address)
    made["To"] = Address(addr_spec=outgoing.address)
    made["Subject"] = text.subject
    made["Date"] = format_datetime(outgoing.queued_at)
    made["Message-ID"] = message_id(outgoing.key, sender)
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence note comes back
    made["List-Unsubscribe"] = f"<{text.stop_link}>"
    made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(text.plain, cte="quoted-printable" if text.plain.isascii() else "base64")
    made.add_alternative(text.html, subtype="html", cte="quoted-printable" if text.html.isascii() else "base64")
    made["Content-Language"] = text.language  # not earlier: it would go into the first part
    made.set_boundary(f"=_{outgoing.key}")
    return made.as_bytes()


def message_id(key: str, sender: Sender) -> str:
    """The same at each attempt."""
    return f"<{key}@{sender.mail_domain}>"
