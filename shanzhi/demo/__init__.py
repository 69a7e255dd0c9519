"""Showing it: `once` publishes a scenario on servers of its own and holds what was counted against what was
published; `live` keeps a county going and `screen` shows its numbers change. A scenario goes in as
arrivals of the simulator; what comes out are figures that anybody can check."""
