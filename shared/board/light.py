"""The light of a time of day and a weather: what it does to a colour near and far. It knows no shapes."""

from dataclasses import dataclass, replace

from shared.board.colour import RGB, Gains, gain, grey_out, luminance, mix, shade, tint
from shared.board.scene import TimeOfDay, Weather

SNOW = (240, 244, 250)


@dataclass(frozen=True)
class Light:
    """One light for a whole picture."""

    time_of_day: TimeOfDay
    weather: Weather
    sky: tuple[RGB, RGB, RGB]
    """At the zenith, half-way, at the horizon."""
    haze: RGB
    """What distance turns every colour into."""
    haze_strength: float
    """Share of haze at the farthest layer, 0.0-1.0."""
    ambient: Gains
    """What it leaves of the colours of a place."""
    haze_falloff: float
    """How fast the haze thins towards the camera: 1.0 evenly, more keeps the foreground clear."""
    figure_ambient: Gains
    """What it leaves of the colours of a figure: milder, so that everyone is recognised at night too."""
    key: RGB
    """Colour of the sun or moon."""
    rim: float
    """Strength of the edge light, 0.0-1.0."""
    source_elevation: float
    """Height of the sun or moon above the horizon, in picture heights."""
    sun: float
    """How clearly sun or moon stand in the sky, 0.0-1.0."""
    stars: float
    """How clearly stars are seen, 0.0-1.0."""
    lamps_lit: bool
    shadow: float
    """Opacity of cast shadows, 0.0-1.0."""
    tone: Gains = (1.0, 1.0, 1.0)
    """What a style has made of `ambient`, for lamps to follow."""

    @property
    def snows(self) -> bool:
        """Whether snow lies and falls."""
        return self.weather is Weather.SNOW

    def on_place(self, colour: RGB, nearness: float) -> RGB:
        """Colour of a part of the place; `nearness` from 0.0 (horizon) to 1.0 (here)."""
        return mix(
            gain(colour, self.ambient),
            self.haze,
            self.haze_strength * max(0.0, 1 - nearness) ** self.haze_falloff,
        )

    def on_ground(self, colour: RGB, nearness: float) -> RGB:
        """Colour of what snow would cover."""
        return self.on_place(mix(colour, SNOW, 0.88) if self.snows else colour, nearness)

    def on_figure(self, colour: RGB) -> RGB:
        """Colour of a figure, or of a thing close to one."""
        return gain(colour, self.figure_ambient)


TONED_SKY, TONED_PLACE, TONED_FIGURES = 0.4, 0.3, 0.1
"""Shares by which pictures of a style colour the light: it stays the light of its time and weather."""

STRONGEST_TONE = 1.8
"""Of a gain: so that a picture all in red makes no glowing world."""


def toned(light: Light, tones: tuple[RGB, RGB, RGB]) -> Light:
    """Pull a light towards the dark, middle and bright colour of a picture; it keeps its brightness."""
    top, middle, low = (
        mix(own, _lit_as(tone, own), TONED_SKY) for own, tone in zip(light.sky, tones, strict=True)
    )
    tone = _gains(tones, TONED_PLACE)
    return replace(
        light,
        sky=(top, middle, low),
        haze=mix(light.haze, _lit_as(tones[1], light.haze), TONED_SKY),
        ambient=_times(light.ambient, tone),
        figure_ambient=_times(light.figure_ambient, _gains(tones, TONED_FIGURES)),
        tone=tone,
    )


def _lit_as(tone: RGB, own: RGB) -> RGB:
    return shade(tone, luminance(own) / max(luminance(tone), 0.02))


def _gains(tones: tuple[RGB, RGB, RGB], share: float) -> Gains:
    mean = mix(mix(tones[0], tones[2], 0.5), tones[1], 1 / 3)
    level = max(luminance(mean), 0.02) * 255
    red, green, blue = (1 + share * (min(channel / level, STRONGEST_TONE) - 1) for channel in mean)
    return red, green, blue


def _times(gains: Gains, others: Gains) -> Gains:
    red, green, blue = (one * other for one, other in zip(gains, others, strict=True))
    return red, green, blue


def light_for(time_of_day: TimeOfDay, weather: Weather) -> Light:
    """Return the light of that time under that weather."""
    clear = CLEAR_LIGHT[time_of_day]
    match weather:
        case Weather.RAIN:
            return _overcast(clear, weather, grey=0.52, level=0.68, haze_strength=0.86)
        case Weather.SNOW:
            return _overcast(clear, weather, grey=0.5, level=0.9, haze_strength=0.9)
        case Weather.FOG:
            return _fogged(clear)
        case _:
            return clear


def _overcast(clear: Light, weather: Weather, *, grey: float, level: float, haze_strength: float) -> Light:
    if clear.stars == 1:
        grey, level = 0.4, max(level, 0.95)  # what is black already gets no darker
    top, middle, low = (shade(grey_out(colour, grey), level) for colour in clear.sky)
    dim = 0.5 + level / 2
    red, green, blue = (0.35 * sum(clear.ambient) / 3 + 0.65 * part for part in clear.ambient)
    return replace(
        clear,
        weather=weather,
        sky=(mix(top, middle, 0.35), middle, mix(low, middle, 0.35)),
        haze=shade(grey_out(clear.haze, grey), level),
        haze_strength=haze_strength,
        haze_falloff=1.7,
        ambient=(red * dim * 0.94, green * dim * 0.97, blue * dim),
        rim=clear.rim * 0.45,
        sun=0.0,
        stars=0.0,
        shadow=clear.shadow * 0.45,
    )


def _fogged(clear: Light) -> Light:
    veil = tint(grey_out(mix(clear.haze, clear.sky[2], 0.4), 0.45), 0.06 if clear.stars else 0.2)
    return replace(
        clear,
        weather=Weather.FOG,
        sky=(mix(clear.sky[0], veil, 0.82), mix(clear.sky[1], veil, 0.94), veil),
        haze=veil,
        haze_strength=0.97,
        haze_falloff=0.9,
        rim=clear.rim * 0.4,
        sun=clear.sun * 0.45,
        stars=0.0,
        shadow=clear.shadow * 0.3,
    )


CLEAR_LIGHT = {
    TimeOfDay.DAWN: Light(
        time_of_day=TimeOfDay.DAWN,
        weather=Weather.CLEAR,
        sky=((116, 150, 196), (226, 184, 190), (255, 226, 180)),
        haze=(244, 206, 190),
        haze_strength=0.88,
        ambient=(0.92, 0.79, 0.80),
        haze_falloff=2.2,
        figure_ambient=(0.98, 0.88, 0.87),
        key=(255, 226, 176),
        rim=0.75,
        source_elevation=0.07,
        sun=1.0,
        stars=0.0,
        lamps_lit=False,
        shadow=0.3,
    ),
    TimeOfDay.DAY: Light(
        time_of_day=TimeOfDay.DAY,
        weather=Weather.CLEAR,
        sky=((66, 136, 198), (138, 192, 224), (228, 238, 232)),
        haze=(208, 226, 232),
        haze_strength=0.74,
        ambient=(1.0, 1.0, 1.0),
        haze_falloff=2.2,
        figure_ambient=(1.0, 1.0, 1.0),
        key=(255, 248, 222),
        rim=0.5,
        source_elevation=0.47,
        sun=1.0,
        stars=0.0,
        lamps_lit=False,
        shadow=0.34,
    ),
    TimeOfDay.DUSK: Light(
        time_of_day=TimeOfDay.DUSK,
        weather=Weather.CLEAR,
        sky=((44, 42, 92), (178, 78, 104), (255, 158, 76)),
        haze=(222, 116, 92),
        haze_strength=0.72,
        ambient=(0.58, 0.42, 0.50),
        haze_falloff=2.2,
        figure_ambient=(0.84, 0.67, 0.68),
        key=(255, 160, 84),
        rim=1.0,
        source_elevation=0.06,
        sun=1.0,
        stars=0.15,
        lamps_lit=True,
        shadow=0.4,
    ),
    TimeOfDay.NIGHT: Light(
        time_of_day=TimeOfDay.NIGHT,
        weather=Weather.CLEAR,
        sky=((7, 12, 34), (17, 32, 70), (44, 70, 114)),
        haze=(38, 60, 102),
        haze_strength=0.84,
        ambient=(0.23, 0.30, 0.46),
        haze_falloff=2.2,
        figure_ambient=(0.58, 0.60, 0.74),
        key=(178, 204, 246),
        rim=0.85,
        source_elevation=0.40,
        sun=1.0,
        stars=1.0,
        lamps_lit=True,
        shadow=0.4,
    ),
}
