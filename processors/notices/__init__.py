"""Notices 通知 to workers, liaisons and residents: requests of the folds in, a channel out, and the word of what came.

What passes through here names people and cases by id and nothing else; who turns an id into a phone number stands
behind the channel. A notice may be handed over twice where a process dies in between, under the same id.
"""
