"""Records in, by every door: one form for what a door brings, one checker, one answer.

    doors (the nurse's form, FHIR, HL7 v2, CSV and XLSX) → Proposal → Intake.submit → Outcome → the door's answer

A door reads its own format and nothing else: it decides nothing about persons, plausibility or what is signed.
"""
