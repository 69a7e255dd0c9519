"""The tables made anew from the ledger, beside the ones in use, and put in their place while everything goes on.

`rebuild` is the way of it; `building` the generation under construction, `catching_up` its last stretch and the switch,
`index` the event index where that is made anew too.
"""

from audit.rebuild.rebuild import Rebuilt, Step, rebuild

__all__ = ["Rebuilt", "Step", "rebuild"]
