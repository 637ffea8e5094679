"""Who did what to which record, when and from where: written with the change, sealed in a chain within a second."""
