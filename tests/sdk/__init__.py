"""OpenAI's clients in other languages than Python, pinned, and what runs them."""
