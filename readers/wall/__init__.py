"""The wall 一屏知社区: one screen for a place at any level, whose every number opens down to its events."""
