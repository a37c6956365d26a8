"""Places: one painter each. They know light only through the backdrop, and nothing of who stands there."""

from collections.abc import Callable

from shared.board.backdrop import Backdrop
from shared.board.places.beach import paint_beach
from shared.board.places.city import paint_city
from shared.board.places.desert import paint_desert
from shared.board.places.field import paint_field
from shared.board.places.forest import paint_forest
from shared.board.places.harbour import paint_harbour
from shared.board.places.kitchen import paint_kitchen
from shared.board.places.mountains import paint_mountains
from shared.board.places.room import paint_room
from shared.board.places.spaceship import paint_spaceship
from shared.board.places.village import paint_village
from shared.board.scene import Place

PAINTERS: dict[Place, Callable[[Backdrop], None]] = {
    Place.FOREST: paint_forest,
    Place.CITY: paint_city,
    Place.BEACH: paint_beach,
    Place.HARBOUR: paint_harbour,
    Place.MOUNTAINS: paint_mountains,
    Place.DESERT: paint_desert,
    Place.FIELD: paint_field,
    Place.VILLAGE: paint_village,
    Place.ROOM: paint_room,
    Place.KITCHEN: paint_kitchen,
    Place.SPACESHIP: paint_spaceship,
}
"""Each paints over a finished sky; what is indoors paints its own window."""
