"""Arithmetic on colours. It owns no palette and must not know what is painted."""

RGB = tuple[int, int, int]
"""Red, green, blue; each 0-255."""

Gains = tuple[float, float, float]
"""Factors for red, green and blue; 1.0 changes nothing."""


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """Blend two colours; `share` 0.0 is all `first`, 1.0 all `second`."""
    share = min(max(share, 0.0), 1.0)
    return _rgb(*(a + (b - a) * share for a, b in zip(first, second, strict=True)))


def gain(colour: RGB, gains: Gains) -> RGB:
    """Multiply each channel."""
    return _rgb(*(channel * factor for channel, factor in zip(colour, gains, strict=True)))


def shade(colour: RGB, factor: float) -> RGB:
    """Darken (below 1.0) or brighten (above) without changing the hue."""
    return gain(colour, (factor, factor, factor))


def tint(colour: RGB, amount: float) -> RGB:
    """Move towards white by `amount` (0.0-1.0)."""
    return mix(colour, (255, 255, 255), amount)


def luminance(colour: RGB) -> float:
    """Perceived brightness, 0.0-1.0. Source: the luma weights of ITU-R BT.709."""
    red, green, blue = colour
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


def grey_out(colour: RGB, amount: float) -> RGB:
    """Take away saturation by `amount` (0.0-1.0)."""
    level = round(luminance(colour) * 255)
    return mix(colour, (level, level, level), amount)


def _rgb(red: float, green: float, blue: float) -> RGB:
    return (_channel(red), _channel(green), _channel(blue))


def _channel(value: float) -> int:
    return min(max(round(value), 0), 255)
