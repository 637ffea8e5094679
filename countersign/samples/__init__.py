"""Invented residents for the demo: FHIR bundles as a clinic would send them."""

from importlib.resources import files


def bundles() -> dict[str, bytes]:
    """Name of the file -> FHIR Bundle."""
    found = sorted(files(__name__).iterdir(), key=lambda path: path.name)
    return {path.name.removesuffix(".json"): path.read_bytes() for path in found if path.name.endswith(".json")}
