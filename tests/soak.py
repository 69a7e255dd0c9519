"""Whether the tests are to take their time: `SHANZHI_SOAK=1`, as `make soak` sets it."""

from __future__ import annotations

import os

IS_SOAK = os.environ.get("SHANZHI_SOAK") not in (None, "", "0")
