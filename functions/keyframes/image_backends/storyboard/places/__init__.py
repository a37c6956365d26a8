"""Places: one painter each. They know light only through the backdrop, and nothing of who stands there."""

from collections.abc import Callable

from functions.keyframes.image_backends.storyboard.backdrop import Backdrop
from functions.keyframes.image_backends.storyboard.places.beach import paint_beach
from functions.keyframes.image_backends.storyboard.places.city import paint_city
from functions.keyframes.image_backends.storyboard.places.desert import paint_desert
from functions.keyframes.image_backends.storyboard.places.field import paint_field
from functions.keyframes.image_backends.storyboard.places.forest import paint_forest
from functions.keyframes.image_backends.storyboard.places.harbour import paint_harbour
from functions.keyframes.image_backends.storyboard.places.mountains import paint_mountains
from functions.keyframes.image_backends.storyboard.places.room import paint_room
from functions.keyframes.scene import Place

PAINTERS: dict[Place, Callable[[Backdrop], None]] = {
    Place.FOREST: paint_forest,
    Place.CITY: paint_city,
    Place.BEACH: paint_beach,
    Place.HARBOUR: paint_harbour,
    Place.MOUNTAINS: paint_mountains,
    Place.DESERT: paint_desert,
    Place.FIELD: paint_field,
    Place.ROOM: paint_room,
}
"""Each paints over a finished sky; the room paints its own window."""
