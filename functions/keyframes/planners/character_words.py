"""The words by which people, animals and their doings are recognised. Tables only; no rules."""

from shared.board.vocabulary import phrases_of

MEN = """
    man, boy, gentleman, king, prince, father, dad, grandfather, grandpa, brother, son, uncle, husband,
    fisherman, policeman, fireman, cowboy, monk, wizard, businessman, waiter, knight, samurai, groom,
    lad, guy, postman, snowman, craftsman, watchman, sailor boy, emperor, grandson, nephew
"""
WOMEN = """
    woman, girl, lady, queen, princess, mother, mom, mum, grandmother, grandma, sister, daughter, aunt,
    wife, bride, nun, witch, ballerina, businesswoman, waitress, actress, geisha, policewoman, empress,
    granddaughter, niece, schoolgirl, nurse, mermaid
"""
PEOPLE = """
    person, child, kid, toddler, baby, teenager, traveller, traveler, wanderer, stranger, farmer, baker,
    chef, cook, doctor, scientist, engineer, astronaut, pilot, sailor, captain, pirate, soldier,
    warrior, hunter, detective, spy, thief, artist, painter, musician, violinist, pianist, guitarist,
    singer, dancer, writer, poet, teacher, student, librarian, clockmaker, watchmaker, shopkeeper,
    keeper, lighthouse keeper, mechanic, gardener, shepherd, blacksmith, carpenter, explorer, climber,
    hiker, runner, cyclist, surfer, skater, skateboarder, diver, swimmer, driver, courier, messenger,
    magician, ninja, superhero, hero, heroine, elf, dwarf, fairy, photographer, journalist, barista,
    bartender, merchant, weaver, potter, tailor, postwoman, vendor, monarch, friend, neighbour,
    neighbor, orphan, apprentice, officer, guard, inventor, professor, archaeologist, elder, villager,
    skier, snowboarder, boxer, athlete, robot repairer, beekeeper, ranger, firefighter, paramedic,
    survivor, nomad, hacker, bounty hunter, figure
"""
CREATURES = """
    dog, puppy, cat, kitten, fox, wolf, bear, polar bear, rabbit, hare, deer, stag, horse, pony, donkey,
    cow, goat, sheep, lamb, pig, lion, lioness, tiger, leopard, snow leopard, elephant, giraffe, zebra,
    monkey, ape, gorilla, panda, koala, kangaroo, squirrel, hedgehog, mouse, rat, hamster, otter,
    beaver, badger, raccoon, seal, dolphin, whale, shark, octopus, turtle, tortoise, frog, toad, lizard,
    snake, crocodile, owl, eagle, hawk, falcon, raven, crow, sparrow, robin, parrot, penguin, duck,
    duckling, goose, swan, chicken, hen, rooster, peacock, crane, butterfly, bee, beetle, spider, snail,
    dragon, unicorn, phoenix, griffin, monster, creature, beast, ghost, alien, robot, android, cyborg,
    droid, golem, dinosaur, mammoth, corgi, husky, terrier, poodle, retriever, bird, camel, caterpillar,
    ladybug, bat, moth, goldfish, scarecrow, teddy bear, doll, puppet, troll, yeti
"""
GROUPS = """
    couple, twins, family, brothers, sisters, siblings, friends, children, kids, boys, girls, men,
    women, people, lovers, astronauts, soldiers, dancers, monks, knights, hikers, climbers, pirates,
    explorers, dogs, cats, puppies, kittens, foxes, wolves, wolf pack, horses, elephants, penguins,
    robots, sailors, fishermen, musicians, students, teenagers, travellers, travelers, strangers, cubs,
    ducklings, dolphins, detectives, scientists, warriors, skaters, surfers, dragons, rabbits, birds,
    owls, bears, mice
"""

SAME_KIND = (
    frozenset({"dog", "puppy", "corgi", "husky", "terrier", "poodle", "retriever", "pup", "hound"}),
    frozenset({"cat", "kitten"}),
    frozenset({"woman", "lady", "girl", "queen", "princess", "businesswoman", "bride", "mother", "heroine"}),
    frozenset({"man", "fisherman", "gentleman", "guy", "king", "father", "businessman", "hero"}),
    frozenset({"boy", "lad", "child", "kid", "toddler"}),
    frozenset({"girl", "child", "kid", "toddler"}),
    frozenset({"horse", "pony"}),
    frozenset({"robot", "android", "droid", "cyborg", "machine"}),
    frozenset({"bird", "owl", "sparrow", "robin", "eagle", "raven", "crow", "parrot", "penguin"}),
    frozenset({"deer", "stag"}),
    frozenset({"couple", "lovers", "pair"}),
    frozenset({"children", "kids", "siblings", "brothers", "sisters", "twins"}),
)
"""Words that may mean someone already met: `the puppy` is the dog."""

DETERMINERS = """
    a, an, the, this, that, another, one, two, three, four, five, several, some, his, her, their, its,
    my, our, your
"""
NEW_DETERMINERS = frozenset({"a", "an", "another", "one", "two", "three", "four", "five", "several", "some"})
GROUP_OF = "group, pack, flock, pair, herd, team, band, crew, gang, bunch, trio"
OTHER_WORDS = frozenset({"another", "second", "other", "third", "different"})

NOT_ADJECTIVES = """
    a, an, the, and, or, but, of, in, on, at, to, from, with, without, by, for, into, onto, over, under,
    through, along, across, behind, beside, between, near, towards, toward, around, past, as, while,
    when, where, who, which, that, this, his, her, their, its, my, our, your, is, are, was, were, has,
    have, had, be, been, he, she, it, they, him, them, then, named, called, wearing, holding, carrying,
    not, like, down, up, out, off, after, before, until
"""

CONTRASTS = tuple(
    frozenset(words.split())
    for words in (
        "old elderly aged ancient young teenage middle-aged little",
        "big large huge giant tall small tiny little short",
        "red orange yellow green blue purple pink brown black white grey gray silver golden",
    )
)
"""Two adjectives of one row mean two different characters: the red fox, the grey fox."""

COMPOUND_TAILS = """
    ship, town, planet, arm, park, truck, cage, race, house, hut, food, leash, wave, costume, mask,
    statue, story, book, toy, movie, film, city, world, village, song, shop, market, school, school bus,
    room, den, nest, hole, trail, track, tracks, carriage, suit, fish, factory, hospital, base, station,
    eye view, screen, door, window, tree, rock, mountain
"""
"""After a kind these make a thing of it: a `pirate ship`, a `giant wave`."""

LOOKS = """
    coat, raincoat, jacket, dress, shirt, blouse, sweater, jumper, hoodie, cloak, cape, robe, suit,
    spacesuit, uniform, armour, armor, skirt, trousers, pants, jeans, shorts, overalls, dungarees,
    apron, kimono, sari, tunic, vest, waistcoat, scarf, shawl, hat, cap, beret, hood, helmet, crown,
    bonnet, glove, gloves, mittens, boots, shoes, sandals, sneakers, socks, belt, tie, bow tie, ribbon,
    necklace, earrings, glasses, sunglasses, goggles, mask, eyepatch, collar, bandana, pyjamas, pajamas,
    swimsuit, parka, poncho, turban, veil, gown, outfit, clothes, leather, silk, wool, tweed, denim,
    hair, ponytail, braid, braids, curls, bun, beard, moustache, mustache, freckles, scar, tattoo, eyes,
    skin, fur, feathers, wings, tail, horns, antlers, mane, spots, stripes, ears, paws, scales, shell,
    beak, antenna, whiskers, umbrella, parasol, lantern, backpack, bag, satchel, suitcase, basket, cane,
    stick, staff, sword, shield, bow, guitar, violin, camera, book, notebook, balloon, kite, flute,
    accordion, skateboard, bicycle, pipe, torch, map, teddy bear, headphones, wheelchair
"""
COLOURS = """
    red, orange, yellow, green, blue, purple, violet, pink, brown, black, white, grey, gray, silver,
    gold, golden, crimson, scarlet, turquoise, teal, navy, beige, cream, maroon, indigo, olive, copper,
    bronze
"""
BODY = """
    face, hand, hands, eye, eyes, hair, finger, fingers, foot, feet, smile, lips, mouth, tears,
    shoulder, shoulders, back, arm, arms, head, voice, breath, silhouette, shadow, reflection, paw,
    paws, fist, cheek, cheeks, gaze, footsteps
"""
"""`Her eyes widen` shows her; `her phone` need not."""

ACTIONS = """
    walk, run, jump, leap, sit, stand, look, gaze, stare, watch, see, smile, laugh, cry, weep, sing,
    dance, speak, say, ask, whisper, shout, call, wave, turn, stop, pause, wait, enter, leave, arrive,
    reach, climb, crawl, swim, dive, ride, drive, sail, row, fly, hide, seek, search, find, discover,
    pick, take, hold, carry, lift, drop, throw, catch, grab, open, close, knock, push, pull, eat, drink,
    cook, bake, read, write, draw, paint, play, build, repair, mend, fix, plant, dig, water, feed, hug,
    kiss, embrace, follow, chase, escape, flee, fight, shelter, rest, sleep, wake, dream, stretch, yawn,
    kneel, bow, nod, stroll, wander, hurry, rush, sprint, stumble, trip, return, meet, greet, help,
    save, rescue, light, lean, hop, trot, gallop, bark, howl, sniff, dress, wear, remove, put, place,
    give, hand, show, share, learn, think, remember, wonder, decide, realize, realise, notice, spot,
    hear, listen, point, approach, cross, pass, explore, step, travel, trudge, sneak, creep, slip,
    slide, skate, ski, surf, float, drift, glide, soar, land, launch, work, study, examine, inspect,
    clean, wash, sweep, pour, stir, cut, tie, untie, board, buy, sell, offer, accept, bring, lead,
    guide, collect, gather, shiver, tremble, blink, wink, sigh, breathe, wipe, dry, come, go, get, make,
    start, begin, try, raise, lower, touch, press, adjust, warm, march, patrol, steer, anchor, tend,
    polish, grow, rise, fall, lie, pack, unpack
"""
IRREGULAR_PAST = """
    ran, sat, stood, saw, wept, sang, spoke, said, left, swam, dove, rode, drove, flew, hid, sought,
    found, took, held, threw, caught, ate, drank, read, wrote, drew, built, dug, fed, fled, fought,
    slept, woke, knelt, met, lit, wore, gave, thought, heard, crept, slid, led, brought, bought, sold,
    came, went, got, made, began, rose, fell, lay, put
"""
NOT_NAMES = """
    a, an, the, this, that, these, those, i, we, you, he, she, it, they, his, her, their, its, my, our,
    one, two, three, meanwhile, outside, inside, later, then, today, tomorrow, yesterday, once, nearby,
    above, below, elsewhere, somewhere, next, first, second, now, here, there, afterwards, far, away,
    overhead, behind, ahead, upstairs, downstairs, back, alone, autumn, winter, spring, summer, monday,
    tuesday, wednesday, thursday, friday, saturday, sunday, january, february, march, april, june, july,
    august, september, october, november, december, christmas, everyone, everybody, nobody, someone,
    something, nothing, everything, people, music, smoke, light, darkness, silence, time, wind, waves,
    birds, leaves, camera, cut, fade, close, wide, medium, shot, scene, int, ext, at, in, on, as, when,
    while, after, before, until, if, but, and, or, so, with, without, from, to, by, for, of, over,
    under, through, all, both, each, every, some, many, no, not, only, just, still, again, together,
    slowly, suddenly, finally, who, what, where, how, why, video, film, story, style, god, earth,
    europe, asia, africa, america, japan, china, france, italy, spain, germany, english, french,
    japanese, chinese, night, morning, evening, voice, narrator, title, end, act, part
"""
TITLES = """
    captain, doctor, dr, mr, mrs, ms, miss, professor, detective, inspector, king, queen, prince,
    princess, sir, lady, lord, commander, grandmother, grandfather, sister, brother, farmer, wizard,
    agent, officer, sergeant, grandma, grandpa, uncle, aunt, old, little, young, chef, saint
"""


def third_person(verb: str) -> str:
    """Form `watches` of `watch`."""
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return f"{verb}es"
    return f"{verb[:-1]}ies" if verb.endswith("y") and verb[-2] not in "aeiou" else f"{verb}s"


def past(verb: str) -> str:
    """Form the regular past: `walked`, `hurried`; an irregular verb gets a word nobody writes."""
    if verb.endswith("e"):
        return f"{verb}d"
    return f"{verb[:-1]}ied" if verb.endswith("y") and verb[-2] not in "aeiou" else f"{verb}ed"


def continuous(verb: str) -> str:
    """Form `running` of `run`, `taking` of `take`."""
    if verb.endswith("e") and verb not in {"see", "flee"}:
        return f"{verb[:-1]}ing"
    doubled = len(verb) == 3 and verb[1] in "aeiou" and verb[2] not in "wyx"
    return f"{verb}{verb[-1]}ing" if doubled else f"{verb}ing"


BASE_ACTIONS = frozenset(phrases_of(ACTIONS))
FINITE_ACTIONS = frozenset(
    {form(verb) for verb in BASE_ACTIONS for form in (third_person, past)}
    | {*phrases_of(IRREGULAR_PAST), "is", "has"}
)
"""Forms that can follow `she`: `walks`, `walked`, `ran`."""
CONTINUOUS_ACTIONS = frozenset(continuous(verb) for verb in BASE_ACTIONS)
