"""Decisions that follow from events 智能派单, 重办, 衍生: requests of the folds in, our own events out.

What passes through here: the rows of `shanzhi.request`, oldest first. Each is decided by a pure function over what the
tables say now and over our own choices that are not folded yet; the event that answers it and the mark on the request
are committed together. The relay publishes the outbox.
"""
