"""Common given names that hint at `he` or `she`. A table only; whatever the text says goes before it."""

from shared.board.vocabulary import phrases_of

HIS = frozenset(
    phrases_of("""
        adam, alan, albert, alex, alfred, ali, anton, arthur, ben, bill, billy, bob, boris, carl,
        carlos, charles, charlie, dan, daniel, dave, david, diego, ed, edgar, edward, emil, eric,
        erik, felix, finn, frank, fred, george, gus, gustav, hans, harry, henry, hugo, igor, ivan,
        jack, jacob, jake, james, jan, jim, joe, johan, john, jonas, jose, juan, karl, kenji, klaus,
        leo, leon, liam, louis, luca, lucas, luis, lukas, marc, marco, mario, mark, martin, matt,
        max, michael, miguel, mike, milo, mohammed, nick, nils, noah, oliver, oscar, oskar, otto,
        pablo, paul, pedro, peter, pierre, raj, ralph, ravi, ray, richard, rob, robert, sam, samuel,
        sergio, simon, stefan, steve, sven, ted, theo, thomas, tim, tobias, tom, tommy, tony,
        victor, viktor, walter, will, william, willy
""")
)
HERS = frozenset(
    phrases_of("""
        ada, agnes, aiko, aisha, alice, alma, amelia, amy, ana, anna, anne, annie, astrid, bea,
        beatrice, bella, betty, carla, carmen, carol, caroline, cathy, celia, charlotte, chloe,
        claire, clara, daisy, diana, dora, edith, elena, eliza, elizabeth, ella, elsa, emily, emma,
        erika, esther, eva, eve, fatima, fiona, flora, frida, frieda, gina, grace, greta, hana,
        hanna, hannah, heidi, helen, helena, holly, ida, ines, ingrid, irene, iris, isabel,
        isabella, ivy, jane, jasmine, jenny, jessica, julia, julie, karen, kate, katie, kelly, kim,
        lara, laura, lea, lena, lila, lily, lina, linda, lisa, lola, lotte, louise, lucia, lucy,
        luna, maja, mara, margaret, maria, marie, marta, martha, mary, maya, mei, mia, mila, mina,
        mira, molly, nadia, nancy, nina, nora, olga, olivia, paula, penelope, petra, pia, polly,
        priya, rita, rosa, rose, ruby, ruth, sally, sandra, sara, sarah, sofia, sophia, sophie,
        stella, susan, tanja, tina, ursula, vera, victoria, yuki, zara, zoe
""")
)


def pronoun_of_name(name: str) -> str:
    """`he` or `she` by the first common given name in it; empty where there is none."""
    for word in name.lower().split():
        if word in HIS or word in HERS:
            return "he" if word in HIS else "she"
    return ""
