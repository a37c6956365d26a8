"""All policies that a recorded deployment must keep."""

from tests.infra.policies import access, edge, keeping, naming, serving, watching
from tests.infra.policies.policy import Policy

__all__ = ["POLICIES", "Policy"]

POLICIES: tuple[Policy, ...] = (
    *access.POLICIES,
    *serving.POLICIES,
    *edge.POLICIES,
    *keeping.POLICIES,
    *watching.POLICIES,
    *naming.POLICIES,
)
