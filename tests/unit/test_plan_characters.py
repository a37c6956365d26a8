"""Characters are recognised, described once, and found again by pronoun, kind or name."""

import pytest

from functions.keyframes.planners.casting import cast_story
from functions.keyframes.planners.sentences import split_moments


def cast(story: str) -> tuple[dict[str, str], list[list[str]]]:
    figures, texts = cast_story([moment.text for moment in split_moments(story)])
    shown = [[figures[index].name for index in text.figures] for text in texts]
    return {figure.name: figure.description for figure in figures}, shown


@pytest.mark.parametrize(
    ("story", "name", "description"),
    [
        ("Mara, a young woman in a red coat, walks.", "Mara", "young woman in a red coat"),
        ("An old fisherman named Tom mends a net.", "Tom", "old fisherman"),
        ("Her brother Max runs.", "Max", "brother"),
        ("Pip the robot wakes.", "Pip", "robot"),
        ("MARA (30s, red coat) walks in.", "Mara", "30s, red coat"),
        (
            "Dr. Ana Silva, 45, a biologist with grey hair, reads.",
            "Dr. Ana Silva",
            "biologist with grey hair",
        ),
        ("A detective named Jack Stone waits.", "Jack Stone", "detective"),
        ("Tom dances.", "Tom", ""),
        ("An old fisherman sleeps.", "the old fisherman", "old fisherman"),
        ("A girl with a yellow umbrella waits.", "the girl", "girl with a yellow umbrella"),
        ("Two brothers play.", "the two brothers", "two brothers"),
        ("A young man with a beard named Leo dances.", "Leo", "young man with a beard"),
        ("A boy called Tim, who wears a blue sweater, rows.", "Tim", "boy in a blue sweater"),
        ("A girl who has red hair and is late runs.", "the girl", "girl with red hair"),
        ("Tim, who carries a yellow umbrella, waits.", "Tim", "yellow umbrella"),
        ("A chef cooks soup.", "the chef", "chef"),
        ("Maria, a baker with flour on her apron, waits.", "Maria", "baker with flour on her apron"),
        ("A girl named Lily who carries a red balloon waits.", "Lily", "girl with a red balloon"),
        ("Grandmother Ida sings.", "Grandmother Ida", ""),
        (
            "His daughter Zoe, a little girl in a pink dress, sings.",
            "Zoe",
            "little girl in a pink dress",
        ),
        (
            "A guard, an old man in a navy uniform, shouts.",
            "the guard",
            "guard who is an old man in a navy uniform",
        ),
        ("Once upon a time Princess Ada, a girl with a crown, sang.", "Princess Ada", "girl with a crown"),
        ("The baker rests. She dreams.", "the baker", "female baker"),
        ("An old captain rests. He wears a red coat.", "the old captain", "old male captain in a red coat"),
        ("A red fox runs.", "the red fox", "red fox"),
        ("A boy named Ben with glasses plays guitar.", "Ben", "boy with glasses"),
        ("Ben, a boy with a red hat, plays guitar.", "Ben", "boy with a red hat"),
        (
            "A woman with black hair and a green scarf sings.",
            "the woman",
            "woman with black hair and a green scarf",
        ),
    ],
)
def test_a_character_is_described_by_the_words_given(story: str, name: str, description: str) -> None:
    assert cast(story)[0] == {name: description}


@pytest.mark.parametrize(
    "story",
    [
        "Rain falls over the fishing boats.",
        "Lightning strikes the lighthouse.",
        "A giant wave breaks over a pirate ship.",
        "Suddenly, darkness falls.",
        "In Paris, the lights go out.",
        "The fisherman's hut burns.",
        "It is raining.",
        "A statue of a lion falls.",
        "A book of songs about a dragon ends.",
    ],
)
def test_things_weather_and_places_are_no_characters(story: str) -> None:
    assert cast(story)[1] == [[]]


@pytest.mark.parametrize(
    ("story", "shown"),
    [
        (
            "Mara, a woman, meets Tom, a man. He smiles. She waves to him.",
            [["Mara", "Tom"], ["Tom"], ["Mara", "Tom"]],
        ),
        ("An old fisherman works. Rain falls. He rests.", [["the old fisherman"], [], ["the old fisherman"]]),
        ("An old fisherman works. The fisherman rests.", [["the old fisherman"]] * 2),
        ("A small white dog barks. The puppy runs.", [["the small white dog"]] * 2),
        ("Tom and Anna dance. They kiss.", [["Tom", "Anna"]] * 2),
        (
            "A red fox meets a grey fox. The grey fox runs.",
            [["the red fox", "the grey fox"], ["the grey fox"]],
        ),
        ("A monk prays. Another monk sings.", [["the monk"], ["the second monk"]]),
        ("A girl walks. Looks around in fear.", [["the girl"]] * 2),
        ("A girl cries. Close-up of her hands.", [["the girl"]] * 2),
        ("A girl walks. Her name is Lina. Lina sings.", [["Lina"]] * 3),
        ("Captain Reyes waits. The captain sings.", [["Captain Reyes"]] * 2),
        (
            "Two old friends, Anna and Otto, play chess. Otto wins and Anna laughs. They walk home.",
            [["Anna", "Otto"], ["Otto", "Anna"], ["Anna", "Otto"]],
        ),
        ("Anna and Otto, two tall sailors, sing. They laugh.", [["Anna", "Otto"]] * 2),
        ("Three sisters called Ann, Bea and Cleo sing.", [["Ann", "Bea", "Cleo"]]),
        (
            "A man with a beard named Leo and a woman called Nina dance. Leo sings. Nina hugs him.",
            [["Leo", "Nina"], ["Leo"], ["Nina", "Leo"]],
        ),
        (
            "A whale leaps. A girl draws a picture of a whale. The whale swims.",
            [["the whale"], ["the girl"], ["the whale"]],
        ),
        ("A girl reads a story about a dragon and a knight.", [["the girl"]]),
        ("Anna sings. Otto paints a portrait of Anna.", [["Anna"], ["Otto"]]),
        ("A boy draws a whale and the girl laughs.", [["the boy", "the girl"]]),
        ("Otto meets Anna. She laughs. He sings.", [["Otto", "Anna"], ["Anna"], ["Otto"]]),
        ("Pip the robot wakes. It rains. It looks up.", [["Pip"], [], ["Pip"]]),
    ],
)
def test_later_words_lead_back_to_the_same_character(story: str, shown: list[list[str]]) -> None:
    assert cast(story)[1] == shown


def test_the_same_character_told_anew_in_a_joined_text_is_not_another() -> None:
    figures, texts = cast_story(["A red fox runs. A red fox sleeps."])
    assert [figure.name for figure in figures] == ["the red fox"]
    assert texts[0].figures == (0,)


def test_looks_told_later_join_the_fixed_description() -> None:
    described, _ = cast("Mara walks. She wears a red coat. Mara has short black hair.")
    assert described == {"Mara": "red coat with short black hair"}


def test_each_of_a_named_group_looks_as_the_group_does() -> None:
    described, _ = cast("Two old sailors, Anna and Otto, sing in red hats.")
    assert described == {"Anna": "old sailor", "Otto": "old sailor"}
    assert cast("Two old friends, Anna and Otto, sing.")[0] == {"Anna": "friend", "Otto": "friend"}


def test_a_place_after_a_preposition_is_not_taken_for_a_name() -> None:
    assert cast("In Oslo, an old man, alone, rows.")[0] == {"the old man": "old man"}


def test_a_list_of_names_with_looks_is_so_many_people() -> None:
    figures, shown = cast(
        "Her friends were Bruno, a knight in silver armour, Mila, an old witch, and Otis, an owl."
    )
    assert figures == {"Bruno": "knight in silver armour", "Mila": "old witch", "Otis": "owl"}
    assert shown == [["Bruno", "Mila", "Otis"]]


def test_the_owner_of_a_place_need_not_be_there() -> None:
    figures, shown = cast("Kai finds a map in his grandfather's attic. He walks with his dog. They laugh.")
    assert figures.keys() == {"Kai", "the dog"}
    assert shown == [["Kai"], ["Kai", "the dog"], ["Kai", "the dog"]]


def test_they_do_something_to_others_and_not_to_themselves() -> None:
    figures, shown = cast("Ann and Bo sing. They dance. A guard calls them.")
    assert shown[-1] == ["the guard", "Ann", "Bo"]
    assert len(figures) == 3


def test_they_are_those_last_seen_together() -> None:
    _, shown = cast("Ann and Bo sing. Bo meets Tom. They dance.")
    assert shown[-1] == ["Bo", "Tom"]
