"""How the command line writes money. It knows no price."""


def usd(amount: float) -> str:
    """Write US dollars, to a tenth of a cent where that says something."""
    return f"{amount:.3f}".removesuffix("0")
