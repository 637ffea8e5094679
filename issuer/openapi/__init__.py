"""The published description of what programs may ask of the issuer: OpenAPI 3.1, made from tables. Pure.

    describe("https://issuer.example", "Harbour Health", "0.1.0")        # the document at /openapi.json

A route of the API, of FHIR, of the token endpoint or of `.well-known` that is in no table fails a test; so does an
entry without a route. What the tables promise is held against the running service by `make show-api`.
"""

from issuer.openapi.document import describe

__all__ = ["describe"]
