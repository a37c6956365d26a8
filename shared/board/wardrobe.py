"""Words that describe looks, and the colours they mean. Data only; it must not know how it is read."""

from enum import StrEnum

from shared.board.colour import RGB
from shared.board.inventory import SMALL


class Species(StrEnum):
    PERSON = "person"
    ROBOT = "robot"
    DOG = "dog"
    WOLF = "wolf"
    FOX = "fox"
    CAT = "cat"
    LION = "lion"
    HORSE = "horse"
    DEER = "deer"
    BEAR = "bear"
    RABBIT = "rabbit"
    MOUSE = "mouse"
    ELEPHANT = "elephant"
    BIRD = "bird"
    WHALE = "whale"
    DOLPHIN = "dolphin"
    SHARK = "shark"


class Age(StrEnum):
    CHILD = "child"
    GROWN = "grown"
    OLD = "old"


class TopKind(StrEnum):
    COAT = "coat"
    JACKET = "jacket"
    SHIRT = "shirt"
    DRESS = "dress"


class HatKind(StrEnum):
    BRIMMED = "brimmed"
    BEANIE = "beanie"
    CAP = "cap"
    POINTED = "pointed"
    HOOD = "hood"
    CROWN = "crown"
    HELMET = "helmet"


class HairKind(StrEnum):
    SHORT = "short"
    BOB = "bob"
    LONG = "long"
    PONYTAIL = "ponytail"
    BUN = "bun"
    CURLY = "curly"
    BALD = "bald"


class HeldKind(StrEnum):
    UMBRELLA = "umbrella"
    FURLED_UMBRELLA = "furled umbrella"
    LANTERN = "lantern"
    BALLOON = "balloon"
    STICK = "stick"
    BOOK = "book"
    LETTER = "letter"
    MAP = "map"
    CUP = "cup"
    KEY = "key"
    SWORD = "sword"
    GUITAR = "guitar"
    SUITCASE = "suitcase"
    FLOWER = "flower"
    CANDLE = "candle"
    CAKE = "cake"
    TELESCOPE = "telescope"
    KITE = "kite"
    BALL = "ball"
    PHONE = "phone"
    GIFT = "gift"
    BOTTLE = "bottle"


COLOURS: dict[str, RGB] = {
    "red": (206, 52, 46),
    "scarlet": (214, 44, 40),
    "crimson": (176, 30, 52),
    "maroon": (122, 34, 44),
    "burgundy": (122, 30, 52),
    "orange": (232, 126, 40),
    "amber": (236, 160, 48),
    "yellow": (244, 198, 48),
    "mustard": (206, 160, 52),
    "gold": (222, 176, 70),
    "golden": (222, 176, 70),
    "green": (60, 142, 84),
    "olive": (118, 122, 62),
    "emerald": (30, 142, 100),
    "teal": (34, 134, 140),
    "turquoise": (56, 178, 178),
    "cyan": (60, 186, 206),
    "blue": (48, 104, 186),
    "navy": (38, 54, 104),
    "indigo": (66, 60, 142),
    "purple": (124, 72, 160),
    "violet": (134, 84, 178),
    "lilac": (178, 150, 206),
    "magenta": (196, 52, 132),
    "pink": (236, 134, 164),
    "brown": (124, 82, 54),
    "chestnut": (134, 74, 44),
    "tan": (200, 162, 114),
    "beige": (216, 198, 164),
    "cream": (240, 228, 200),
    "khaki": (164, 150, 104),
    "white": (240, 240, 236),
    "ivory": (242, 236, 218),
    "silver": (192, 200, 208),
    "grey": (132, 138, 146),
    "gray": (132, 138, 146),
    "charcoal": (70, 74, 82),
    "black": (44, 44, 54),
    "copper": (190, 104, 62),
    "rusty": (168, 92, 58),
}

DARKER = frozenset({"dark", "deep"})
LIGHTER = frozenset({"light", "pale", "bright"})

TOPS = {
    TopKind.COAT: "coat overcoat trenchcoat trench raincoat robe robes cloak cape mantle gown parka duster",
    TopKind.JACKET: "jacket blazer suit hoodie uniform vest waistcoat armour armor tunic spacesuit overalls",
    TopKind.SHIRT: "shirt tshirt sweater jumper pullover blouse top cardigan pyjamas pajamas apron",
    TopKind.DRESS: "dress sundress kimono sari frock",
}
BOTTOMS = ["trousers", "pants", "jeans", "shorts", "leggings", "breeches", "skirt"]
SHOES = ["boots", "shoes", "sneakers", "sandals", "wellies"]
HATS = {
    HatKind.BRIMMED: "hat fedora bonnet stetson sunhat sombrero",
    HatKind.BEANIE: "beanie toque turban headscarf",
    HatKind.CAP: "cap beret helmet",
    HatKind.HOOD: "hood hooded",
    HatKind.CROWN: "crown tiara",
}
SCARVES = ["scarf", "shawl", "bandana", "neckerchief", "necktie", "tie"]
HAIR_NOUNS = [
    "hair",
    "haired",
    "braids",
    "braid",
    "ponytail",
    "bun",
    "curls",
    "plaits",
    "pigtails",
    "bob",
    "locks",
]
HAIR_STYLES = {
    HairKind.LONG: "long braids braid plaits flowing locks pigtails",
    HairKind.PONYTAIL: "ponytail",
    HairKind.BUN: "bun",
    HairKind.CURLY: "curly curls wavy afro frizzy",
    HairKind.BOB: "bob",
    HairKind.SHORT: "short cropped",
    HairKind.BALD: "bald shaved",
}
BEARDS = ["beard", "bearded", "moustache", "mustache", "whiskers", "stubble"]
GLASSES = ["glasses", "spectacles", "goggles", "sunglasses"]
_TOLD_APART = frozenset({HeldKind.UMBRELLA, HeldKind.LANTERN, HeldKind.BALLOON})
HELD = {
    HeldKind.UMBRELLA: "umbrella parasol",
    HeldKind.LANTERN: "lantern torch lamp",
    HeldKind.BALLOON: "balloon",
    HeldKind.STICK: "stick cane staff walkingstick",
    **{kind: SMALL[kind.value][1] for kind in HeldKind if kind.value in SMALL and kind not in _TOLD_APART},
}

HAIR_COLOURS: dict[str, RGB] = {
    "blond": (226, 188, 112),
    "blonde": (226, 188, 112),
    "fair": (222, 190, 126),
    "ginger": (204, 106, 48),
    "red": (178, 74, 42),
    "auburn": (136, 62, 42),
    "brunette": (94, 60, 42),
    "brown": (94, 60, 42),
    "dark": (52, 40, 40),
    "black": (38, 34, 42),
    "grey": (168, 170, 174),
    "gray": (168, 170, 174),
    "silver": (200, 204, 210),
    "white": (232, 232, 230),
    **{name: COLOURS[name] for name in ("blue", "green", "pink", "purple", "teal", "turquoise", "orange")},
}

SKINS: tuple[RGB, ...] = (
    (250, 214, 186),
    (240, 196, 160),
    (222, 170, 130),
    (190, 134, 96),
    (148, 98, 68),
    (112, 74, 54),
)
SKIN_WORDS = {
    "pale": 0,
    "fair": 0,
    "tanned": 2,
    "olive": 2,
    "bronze": 3,
    "brown": 4,
    "dark": 4,
    "black": 5,
    "ebony": 5,
}

SPECIES = {
    Species.ROBOT: "robot android droid automaton cyborg",
    Species.DOG: "dog puppy hound terrier collie labrador retriever corgi poodle",
    Species.WOLF: "wolf husky coyote",
    Species.FOX: "fox vixen",
    Species.CAT: "cat kitten tomcat kitty",
    Species.LION: "lion tiger lioness leopard panther cheetah",
    Species.HORSE: "horse pony mare stallion foal unicorn donkey zebra",
    Species.DEER: "deer stag doe fawn reindeer elk moose",
    Species.BEAR: "bear",
    Species.RABBIT: "rabbit bunny hare",
    Species.MOUSE: "mouse mice rat hamster",
    Species.ELEPHANT: "elephant mammoth",
    Species.BIRD: """
        bird owl crow raven seagull gull parrot eagle hawk falcon sparrow robin pigeon duck duckling penguin
        heron chicken hen chick goose geese swan crane rooster
    """,
    Species.WHALE: "whale orca",
    Species.DOLPHIN: "dolphin porpoise",
    Species.SHARK: "shark",
}
UPRIGHT = frozenset({Species.PERSON, Species.ROBOT})
SWIMMERS = frozenset({Species.WHALE, Species.DOLPHIN, Species.SHARK})
"""Shown on the water, and nowhere else."""

UNDRAWN = """
    animal ape badger bat beast beaver bee beetle bison buffalo bull butterfly calf camel caterpillar cow
    creature crab crocodile alligator dinosaur dragon fish frog giraffe goat goldfish gorilla griffin hedgehog
    hippo hippopotamus insect jellyfish kangaroo koala kraken ladybug lamb lizard lobster lynx monkey
    monster moth octopus otter ox panda peacock phoenix pig piglet pterodactyl raccoon ram rhino rhinoceros
    salmon seahorse seal sheep skunk sloth snail snake spider squid squirrel starfish tadpole toad tortoise
    turtle walrus worm
"""
"""Kinds without a drawing: a place with nobody in it is better than a person in their stead."""
SIZES: dict[Species, float] = {
    Species.DOG: 0.74,
    Species.WOLF: 0.85,
    Species.FOX: 0.72,
    Species.CAT: 0.64,
    Species.RABBIT: 0.7,
    Species.MOUSE: 0.5,
    Species.BIRD: 0.7,
}
"""Against the proportions of the drawing; others are drawn to size."""

YOUNG_ANIMALS = ["puppy", "kitten", "foal", "fawn", "cub", "chick", "bunny", "sparrow", "robin"]

GROUPS: dict[str, int] = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 4,
    "couple": 2,
    "pair": 2,
    "twins": 2,
    "lovers": 2,
    "trio": 3,
    "several": 3,
    "some": 3,
    "group": 3,
    "pack": 3,
    "flock": 3,
    "herd": 3,
    "band": 3,
    "family": 3,
}
"""How many figures stand for them."""

CHILDREN = [
    "girl",
    "boy",
    "child",
    "children",
    "kid",
    "toddler",
    "schoolgirl",
    "schoolboy",
    "teenager",
    "teen",
    "daughter",
    "granddaughter",
    "son",
    "grandson",
]
OLD_WORDS = [
    "old",
    "elderly",
    "aged",
    "ancient",
    "grandmother",
    "grandma",
    "granny",
    "grandfather",
    "grandpa",
    "hermit",
    "keeper",
    "wizard",
    "elder",
]
FEMININE = [
    "woman",
    "women",
    "female",
    "girl",
    "lady",
    "she",
    "her",
    "grandmother",
    "grandma",
    "granny",
    "mother",
    "queen",
    "princess",
    "witch",
    "actress",
    "waitress",
    "daughter",
    "granddaughter",
    "sister",
    "aunt",
    "heroine",
    "nun",
    "schoolgirl",
    "fisherwoman",
    "policewoman",
    "bride",
    "ballerina",
]
MASCULINE = [
    "man",
    "men",
    "male",
    "boy",
    "gentleman",
    "he",
    "his",
    "him",
    "grandfather",
    "grandpa",
    "father",
    "king",
    "prince",
    "wizard",
    "fisherman",
    "sailor",
    "knight",
    "son",
    "grandson",
    "brother",
    "uncle",
    "monk",
    "schoolboy",
    "policeman",
    "cowboy",
    "butler",
    "lad",
    "guy",
]

OUTFITS: dict[str, str] = {
    "fisherman": "navy coat, grey beard, mustard beanie",
    "sailor": "navy jacket, white cap",
    "captain": "navy coat, white cap, white beard",
    "keeper": "navy coat, grey beard, dark beanie",
    "detective": "tan coat, brown hat",
    "cowboy": "brown jacket, tan hat",
    "wizard": "indigo robe, white beard",
    "witch": "black dress, green scarf",
    "knight": "silver armour, red scarf",
    "king": "crimson robe, gold crown, brown beard",
    "queen": "purple dress, gold crown",
    "astronaut": "white spacesuit, white trousers, grey boots",
    "cosmonaut": "white spacesuit, white trousers, grey boots",
    "spacesuit": "white trousers, grey boots",
    "doctor": "white coat, teal trousers",
    "chef": "white jacket, red scarf, white beanie",
    "monk": "orange robe, bald",
    "pilot": "brown jacket, white scarf, brown cap",
    "grandmother": "lilac cardigan, white bun hair, glasses",
    "grandfather": "olive cardigan, white hair, glasses",
}
"""What one expects of them; words of the description go before."""

POINTED_HATS = frozenset({"wizard", "witch"})
HELMETS = frozenset({"spacesuit", "astronaut", "cosmonaut"})
"""Whose head is in a bowl of glass."""

PLAIN_TOPS: tuple[RGB, ...] = (
    (206, 52, 46),
    (40, 100, 180),
    (240, 190, 50),
    (46, 134, 92),
    (226, 120, 44),
    (126, 74, 160),
    (32, 140, 146),
    (226, 112, 148),
    (234, 228, 210),
    (136, 40, 66),
    (116, 152, 60),
    (96, 134, 206),
)
"""For those whose clothes no word describes: twelve colours nobody confuses."""

PLAIN_HELD: dict[HeldKind, RGB] = {
    HeldKind.UMBRELLA: (206, 52, 46),
    HeldKind.FURLED_UMBRELLA: (206, 52, 46),
    HeldKind.LANTERN: (70, 62, 58),
    HeldKind.BALLOON: (214, 48, 48),
    HeldKind.STICK: (110, 78, 52),
    **{kind: SMALL[kind.value][0] for kind in HeldKind if kind.value in SMALL and kind not in _TOLD_APART},
}

PLAIN_BOTTOMS: tuple[RGB, ...] = (
    (52, 60, 88),
    (84, 70, 60),
    (60, 64, 70),
    (110, 98, 78),
    (44, 78, 92),
    (84, 52, 66),
)
PLAIN_HAIR: tuple[RGB, ...] = ((40, 36, 44), (94, 60, 42), (58, 42, 38), (190, 144, 84), (150, 76, 44))
PLAIN_ROBOTS: tuple[RGB, ...] = (
    (120, 158, 176),
    (226, 150, 62),
    (206, 204, 196),
    (104, 160, 128),
    (196, 92, 76),
)

FUR: dict[Species, tuple[RGB, ...]] = {
    Species.DOG: ((156, 104, 62), (216, 178, 120), (74, 62, 60), (226, 220, 206), (186, 126, 66)),
    Species.WOLF: ((122, 126, 136), (96, 98, 108)),
    Species.FOX: ((214, 104, 44),),
    Species.CAT: ((214, 138, 66), (62, 60, 68), (154, 150, 150), (228, 220, 208)),
    Species.LION: ((208, 160, 92),),
    Species.HORSE: ((124, 74, 46), (84, 58, 46), (196, 186, 172), (166, 108, 62)),
    Species.DEER: ((164, 110, 68),),
    Species.BEAR: ((104, 74, 54),),
    Species.RABBIT: ((190, 170, 146), (226, 222, 214), (140, 130, 122)),
    Species.MOUSE: ((150, 142, 140), (178, 150, 122)),
    Species.ELEPHANT: ((142, 142, 152),),
    Species.BIRD: ((70, 116, 168), (186, 72, 58), (92, 92, 104), (204, 156, 66)),
    Species.WHALE: ((62, 86, 116),),
    Species.DOLPHIN: ((104, 132, 158),),
    Species.SHARK: ((112, 124, 138),),
}
