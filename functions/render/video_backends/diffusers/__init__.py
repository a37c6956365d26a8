"""Films with open-weight models on a GPU. The vendor's package of the same name is imported absolutely."""
