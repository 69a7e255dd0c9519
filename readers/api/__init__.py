"""The read API: every read model for programs, explanations, and what changes, as it changes.

What passes through here: a question in an address in, with a login or a publisher's key or neither; JSON or CSV out,
which says of what generation, position, time and rules it is, and how fresh; or a stream that says what moved.
"""
