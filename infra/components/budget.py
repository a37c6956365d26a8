"""The budget of the whole project at Cloud Billing: who is told when it is nearly spent. It stops nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import billing

from infra import config
from infra.services import PREFIX

SHARES = (0.5, 0.9, 1.0)
"""Of the month's budget, spent: somebody is told at each."""

MAX_CHANNELS = 5
"""Source: `BudgetAllUpdatesRuleArgs.monitoring_notification_channels`, pulumi-gcp 10.2.0."""


@dataclass(frozen=True)
class BudgetArgs:
    """How much, of what, and who is told."""

    budget: config.Budget
    """The billing account's currency must be US dollars."""
    project_number: pulumi.Input[str]
    """Budgets know projects by their numbers."""
    channels: Sequence[pulumi.Input[str]]
    """Resource names of notification channels; the account's administrators are told besides."""


class Budget(pulumi.ComponentResource):
    """The project's budget."""

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make it.

        Raises:
            ValueError: there are more channels than a budget may have.
        """
        if len(args.channels) > MAX_CHANNELS:
            raise ValueError(
                f"{len(args.channels)} channels are too many for a budget: {MAX_CHANNELS} at most"
            )
        super().__init__("ttv:budget:Budget", name, None, opts)
        forecast = billing.BudgetThresholdRuleArgs(threshold_percent=1.0, spend_basis="FORECASTED_SPEND")
        billing.Budget(
            f"{name}-month",
            display_name=f"{PREFIX}: a month",
            billing_account=args.budget.billing_account,
            budget_filter=billing.BudgetBudgetFilterArgs(
                calendar_period="MONTH",
                projects=[pulumi.Output.concat("projects/", args.project_number)],
                credit_types_treatment="EXCLUDE_ALL_CREDITS",  # what is used, whoever pays for it
            ),
            amount=billing.BudgetAmountArgs(
                specified_amount=billing.BudgetAmountSpecifiedAmountArgs(
                    currency_code="USD", units=str(args.budget.usd_per_month)
                )
            ),
            threshold_rules=[
                *(
                    billing.BudgetThresholdRuleArgs(threshold_percent=share, spend_basis="CURRENT_SPEND")
                    for share in SHARES
                ),
                forecast,
            ],
            all_updates_rule=billing.BudgetAllUpdatesRuleArgs(
                monitoring_notification_channels=list(args.channels)
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
