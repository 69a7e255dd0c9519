"""The page of one entity: what is true of it now, everything that was said of it, what comes next, and the proof.

What passes through here: a subject in; its row, events and clocks out, as far as the login sees.
"""
