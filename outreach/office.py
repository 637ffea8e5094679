"""Everything a deployment decides about its messages, as one value that is handed around."""

from dataclasses import dataclass, field

from outreach.rules import Rules
from outreach.sender import Sender
from outreach.templates import Catalogue
from outreach.vault import Vault


@dataclass(frozen=True, slots=True)
class Office:
    """Who writes, in which words, with which secret, by which rules."""

    sender: Sender
    catalogue: Catalogue = field(repr=False)
    vault: Vault = field(repr=False)
    rules: Rules = field(default_factory=Rules)
