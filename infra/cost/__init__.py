"""What a deployment costs in a month: dated prices and figures, and the arithmetic between them.

It knows nothing of Pulumi's resources, and prints nothing: `infra/cli/cost.py` does.
"""
