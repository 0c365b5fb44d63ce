"""A comparison whose values are exact in binary."""

from __future__ import annotations

from llmd_routes.comparing.comparison import Comparison
from llmd_routes.comparing.replies import Plan, Reply

FAST, SLOW = (0.125, 0.25, 0.375), (0.25, 0.5, 0.75)
REPLIES = tuple(
    Reply(engine, number, moments) for number in range(20) for engine, moments in (("vllm", FAST), ("sglang", SLOW))
)
PLAN = Plan("http://gw/v1", "org/m", ("sglang", "vllm"))
BOTH = Comparison(PLAN, (*REPLIES, Reply("vllm", 20, error="404: no\x1b[2J such model")))
