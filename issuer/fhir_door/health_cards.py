"""`Patient/{id}/$health-cards-issue`: a person's cards to a system that may have them; what is missing is signed first.

A clinic's system gets the cards of people its clinic has recorded something for; who is protected is thereby open to
those who recorded them only. Handing out is a line in the audit log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import cards
from cards.terminology import LOINC
from issuer.audit.entry import Entry
from issuer.card_making import DoseTooLarge
from issuer.fhir_door.door import Sender
from issuer.fhir_door.issues import refused
from issuer.fhir_door.parameters import (
    OpenCard,
    answer,
    chosen,
    codes_of,
    moments_of,
    read_request,
    resources_of,
)
from issuer.fhir_door.reading import ID
from issuer.fhir_door.records import KIND_OF
from issuer.intake.events import moment_of, read_event
from issuer.intake.held import HeldRecord
from issuer.intake.proposal import Dose
from issuer.models import record
from issuer.rights import require
from issuer.service import IssuerService, UnknownCard
from issuer.store import StoredCard, audit
from issuer.store.holdings import records_where
from issuer.store.own_records import has_given, standing_persons

_What = tuple[str, str, str]
"""System and code of a product or test, and when: what one record and one resource on a card share."""


@dataclass(frozen=True, slots=True)
class HealthCards:
    """One issuer's operation."""

    service: IssuerService = field(repr=False)
    base: str
    """Address of the FHIR server, without a trailing slash."""

    def issue(self, patient_id: str, octets: bytes, sender: Sender, now: datetime) -> dict[str, Any]:
        """The operation: Parameters in, Parameters out.

        Raises:
            FhirRefused: 400 or 422 for the request, 403 for somebody else's patient, 404 where there is none.
            Forbidden, issuer.signing.UnreadableCard, StorageFull, StorageBusy.
        """
        require(sender.actor, "card.issue", sender.clinic_id)
        request = read_request(octets)
        person_id = self._person(patient_id, sender)
        try:
            stored = self.service.cards_of_person(person_id, now, sender.actor)
        except UnknownCard:
            raise refused(404, "person-unknown") from None
        except DoseTooLarge:
            raise refused(422, "card-too-large") from None
        opened = {one.jws: (one, card) for one in stored if (card := self._opened(one, sender)) is not None}
        given = chosen(request, [card for _, card in opened.values()], self.base)
        shown = [
            Entry(now, sender.actor, "card.show", "card", opened[card.jws][0].id, sender.clinic_id, person_id)
            for card in given
        ]
        if shown:
            with self.service.store.writing() as connection:
                audit.append(connection, shown)
        return answer(given)

    def _person(self, patient_id: str, sender: Sender) -> str:
        """Who it is now; somebody merged into another is that one."""
        if not ID.fullmatch(patient_id):
            raise refused(404, "person-unknown")
        with self.service.store.reading() as connection:
            person_id = standing_persons(connection, [patient_id]).get(patient_id)
            if person_id is None:
                raise refused(404, "person-unknown")
            if sender.actor.clinic_id and not has_given(connection, sender.clinic_id, person_id):
                raise refused(403, "not-your-patient")
        return person_id

    def _opened(self, stored: StoredCard, sender: Sender) -> OpenCard | None:
        """A card that stands: not taken back, its key published."""
        key = next((key for key in self.service.keys.published() if key.kid == stored.kid), None)
        if key is None or stored.revoked_at is not None:
            return None
        bundle = cards.read(stored.jws).verify(key).bundle
        ids = [ref.split(".")[0] for ref in stored.refs if "." in ref]
        with self.service.store.reading() as connection:
            held = [one for one in records_where(connection, record.c.id, ids) if one.clinic_id == sender.clinic_id]
        return OpenCard(stored.jws, bundle, self._hosted(bundle, held))

    def _hosted(self, bundle: Mapping[str, Any], held: Sequence[HeldRecord]) -> Mapping[str, str]:
        """Which of the clinic's own records each resource on the card was made from."""
        left = {one.id: (one, _what_of(one)) for one in held}
        found: dict[str, str] = {}
        for full_url, resource in resources_of(bundle):
            said = {(*code, moment) for code in codes_of(resource) for moment in moments_of(resource)}
            same = next((one for one, what in left.values() if what in said), None)
            if same is not None:
                del left[same.id]
                found[full_url] = f"{self.base}/{KIND_OF[same.kind]}/{same.id}"
        return found


def _what_of(one: HeldRecord) -> _What:
    event = read_event(one.kind, one.resource).event
    return (event.system if isinstance(event, Dose) else LOINC, event.code, moment_of(event))
