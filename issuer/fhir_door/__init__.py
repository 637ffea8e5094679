"""The FHIR R4 door: what a clinic's system sends as FHIR becomes proposals; what became of them is said in FHIR.

    reading = read_bundle_entries(octets, now)            # issuer.fhir_door.bundles: FhirRefused
    answer = door.bundle(octets, sender, now)             # issuer.fhir_door.door

Everything but `door` is pure. A bundle may be about several persons: it is divided by patient, and each dose or result
is judged by itself, so that a batch takes the good ones and reports the bad ones. Texts never carry a value out of what
was sent.
"""
