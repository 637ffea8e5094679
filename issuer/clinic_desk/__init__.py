"""What a clinic's pages work with: the nurse's form read and answered, its words, its shortcuts. No web framework.

    form = read_form(request.form)                    # what was typed, as it was typed
    reading = proposals_of(form, desk)                # proposals for the intake, or faults at their fields
    words = said_of(outcomes, form)                   # what the intake answered: faults, questions, marks

Nothing here decides about persons, plausibility or what is signed: that is `issuer.intake`.
"""
