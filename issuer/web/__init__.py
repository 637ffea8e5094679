"""The issuer's pages and API, grouped by who asks: public (verifiers), api (clinics' programs), resident, landing."""
