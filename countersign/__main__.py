"""`python -m countersign`."""

from countersign.cli import main

main(prog_name="countersign")
