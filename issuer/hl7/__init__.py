"""The HL7 v2.5.1 door: what an EHR or a laboratory sends, as proposals; what became of them, as an acknowledgement.

    door = Door(intake, Reading(zone=ZoneInfo("America/Detroit")))
    answer = door.answer(octets, sender, now)          # octets of the ACK, of the RSP, or of a batch of them

VXU^V04 and QBP^Q11 (Z34, Z44) by CDC's "HL7 Version 2.5.1 Implementation Guide for Immunization Messaging" release
1.5, ORU^R01 by the laboratory guides (ELR R1, LRI), ADT^A40 for merges, FHS/BHS batches of them. Reading and writing
are pure (`read_message`, `acknowledge`, `respond`); `Door` makes the one call to the intake; `mllp` is the listener.

It refuses to guess: an octet, a separator or a code that cannot be read is answered with its place and its remedy. It
writes nothing of a message into a log.
"""

from issuer.hl7.acknowledgement import acknowledge
from issuer.hl7.door import Door
from issuer.hl7.message import Message, Reading, read_message
from issuer.hl7.sender import Sender

__all__ = ["Door", "Message", "Reading", "Sender", "acknowledge", "read_message"]
