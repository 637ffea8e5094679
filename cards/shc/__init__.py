"""SMART Health Cards, HL7 "SMART Health Cards and Links" 1.0.0: the card, its JWS, its QR form, its file, its CRL."""
