"""What the families declare to be asked for: each module here may hold `BOARDS`, `BOOKS` and `QUESTIONS`.

`projections.read.models` finds every module of this folder by itself and answers each name once.
"""
