"""A user's picture: refused when it is not a plain, whole one of moderate size, and never kept as it came."""

import io
import random
import struct
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from functions.submit import pictures
from functions.submit.given import GivenPicture
from functions.submit.headers import MAX_JPEG_SCANS, MAX_JPEG_SEGMENTS, MAX_PNG_CHUNKS
from functions.submit.pictures import initial_png, reference_png
from shared.domain.errors import InvalidInput
from tests.unit.drawn_pictures import PNG_SIGNATURE, decoded, encoded, noise, png_chunk, png_of, quarters

KINDS = ("PNG", "JPEG", "WEBP")


def given(data: bytes) -> GivenPicture:
    return GivenPicture("reference_images.0.data", data)


def as_reference(data: bytes) -> Image.Image:
    return decoded(reference_png(given(data)))


def refusal(data: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        reference_png(given(data))
    assert refused.value.field == "reference_images.0.data"
    return refused.value


def pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def far(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


# What is taken in


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_out_as_a_plain_png_that_looks_the_same(kind: str) -> None:
    taken = reference_png(given(encoded(quarters(), kind)))
    picture = decoded(taken)
    assert (picture.format, picture.mode, picture.size, picture.info) == ("PNG", "RGB", (160, 90), {})
    for at, colour in (((20, 20), (255, 0, 0)), ((140, 20), (0, 255, 0)), ((20, 80), (0, 0, 255))):
        assert far(pixel(picture, *at), colour) < 12


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_every_usual_mode_is_taken(mode: str) -> None:
    assert as_reference(encoded(quarters().convert(mode))).mode == "RGB"


def test_sixteen_bits_of_grey_are_scaled_and_not_cut_off() -> None:
    ramp = np.linspace(0, 65535, 100 * 100).reshape(100, 100).astype(np.uint16)
    assert abs(np.asarray(as_reference(encoded(Image.fromarray(ramp)))).mean() - 127.5) < 1


def test_the_colours_of_a_print_are_turned_into_those_of_a_screen() -> None:
    assert far(pixel(as_reference(encoded(quarters().convert("CMYK"), "JPEG")), 20, 20), (255, 0, 0)) < 60


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_one_colour_that_means_transparent_is_laid_over_white(mode: str) -> None:
    logo = Image.new(mode, (100, 100), 0)
    how: dict[str, Any] = {"transparency": (0, 0, 0) if mode == "RGB" else 0}
    assert pixel(as_reference(encoded(logo, **how)), 50, 50) == (255, 255, 255)


def test_transparency_is_laid_over_white() -> None:
    logo = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    logo.paste((255, 0, 0, 255), (0, 0, 50, 100))
    picture = as_reference(encoded(logo))
    assert (pixel(picture, 20, 50), pixel(picture, 80, 50)) == ((255, 0, 0), (255, 255, 255))


def test_a_large_reference_is_scaled_down_and_a_small_one_is_left_alone() -> None:
    assert as_reference(encoded(Image.new("RGB", (4096, 1024)))).size == (2048, 512)
    assert as_reference(encoded(Image.new("RGB", (64, 100)))).size == (64, 100)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_says_before_that_is_dropped(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = as_reference(encoded(quarters(), kind, exif=exif.tobytes()))
    turns = {1: "red", 2: "lime", 3: "white", 4: "blue", 5: "red", 6: "blue", 7: "white", 8: "lime"}
    corners = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
    assert picture.size == ((160, 90) if orientation < 5 else (90, 160))
    assert far(pixel(picture, 10, 10), corners[turns[orientation]]) < 12


def test_colours_are_converted_from_the_profile_of_the_picture() -> None:
    """In a profile whose red and green have changed places, red is meant to be seen as green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    data = encoded(Image.new("RGB", (100, 100), (255, 0, 0)), icc_profile=bytes(profile))
    assert far(pixel(as_reference(data), 50, 50), (0, 255, 0)) < 12


@pytest.mark.parametrize("profile", [b"", b"no profile", b"\xff" * 4000])
def test_a_profile_that_is_none_is_passed_over(profile: bytes) -> None:
    data = encoded(Image.new("RGB", (100, 100), "red"), "JPEG", icc_profile=profile)
    assert far(pixel(as_reference(data), 50, 50), (255, 0, 0)) < 12


# The initial image


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (1920, 1080), (643, 360)])
def test_an_initial_image_gets_exactly_the_size_of_the_video(size: tuple[int, int]) -> None:
    picture = decoded(initial_png(given(encoded(quarters(*size))), 640, 360))
    assert (picture.size, picture.mode, picture.info) == ((640, 360), "RGB", {})
    assert far(pixel(picture, 600, 100), (0, 255, 0)) < 12


def test_the_shape_of_an_initial_image_is_judged_as_it_is_seen() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = encoded(quarters(360, 640), "JPEG", exif=exif.tobytes())
    assert decoded(initial_png(given(upright), 640, 360)).size == (640, 360)
    with pytest.raises(
        InvalidInput, match=r"'640x360' is not permitted; permitted: the shape of .*, 360x640"
    ):
        initial_png(given(upright), 360, 640)


@pytest.mark.parametrize("size", [(640, 368), (630, 360), (360, 640), (500, 500)])
def test_an_initial_image_of_another_shape_is_refused_and_never_cropped(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput) as refused:
        initial_png(given(encoded(Image.new("RGB", size))), 640, 360)
    assert refused.value.value == "{}x{}".format(*size)
    assert "640x360" in refused.value.permitted


# What is refused


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO", "JPEG2000"])
def test_other_kinds_are_refused_and_what_is_permitted_is_said(kind: str) -> None:
    assert refusal(encoded(quarters(), kind)).permitted == "PNG, JPEG, WebP"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"<svg/>", b"%PDF-1.7", b"\x89PNG", b"%!PS-Adobe-3.0 EPSF-3.0", b"RIFF\0\0\0\0AVI "],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert refusal(data).permitted == "PNG, JPEG, WebP"


def test_no_other_decoder_is_ever_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:  # noqa: ANN401 - whatever it is called with
        raise AssertionError("Image.open offers the data to every decoder there is")

    monkeypatch.setattr(Image, "open", never)
    monkeypatch.setattr(Image, "init", never)
    for kind in KINDS:
        reference_png(given(encoded(quarters(), kind)))
        refusal(encoded(noise(), kind)[:9000])


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_cut_short_anywhere_is_refused(kind: str) -> None:
    whole = encoded(noise(), kind)
    for length in {*range(12, len(whole), 997), *range(len(whole) - 20, len(whole))}:
        why = str(refusal(whole[:length]))
        assert kind == "JPEG" or "cut short" in why, "only JPEG needs a decoder to tell"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (PNG_SIGNATURE + png_chunk(b"tEXt", b"a\0b") + png_of(64, 64)[8:], "does not begin with its header"),
        (png_of(64, 64, png_chunk(b"IHDR", png_of(4000, 4000, pixels=b"")[16:29])), "contradicts itself"),
    ],
)
def test_a_picture_that_says_two_things_of_itself_is_refused(data: bytes, why: str) -> None:
    assert why in str(refusal(data))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kind: str) -> None:
    moving = encoded(quarters(), kind, save_all=True, append_images=[quarters().rotate(180)])
    assert "animated" in str(refusal(moving))


SMALL, LARGE, LONG = "at least 64 pixels a side", "at most 16.8 megapixels", "a shape of at most 32:1"


@pytest.mark.parametrize(
    ("width", "height", "permitted"),
    [
        *((63, 100, SMALL), (100, 63, SMALL), (1, 1, SMALL), (0, 100, SMALL)),
        *((4097, 4096, LARGE), (65535, 64, LONG), (64, 2100, LONG)),
    ],
)
def test_a_picture_too_small_or_too_large_or_too_long_is_refused(
    width: int, height: int, permitted: str
) -> None:
    assert refusal(png_of(width, height, pixels=b"")).permitted == permitted


def vast(kind: str) -> bytes:
    """A few bytes that claim a picture of 16,383 by 16,383 pixels."""
    if kind == "PNG":
        return png_of(16383, 16383, pixels=b"")
    if kind == "JPEG":
        small = encoded(Image.new("RGB", (64, 64)), "JPEG")
        return small.replace(struct.pack(">HH", 64, 64), struct.pack(">HH", 16383, 16383), 1)
    canvas = bytes(4) + (16382).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + canvas


@pytest.mark.parametrize("kind", KINDS)
def test_what_would_unpack_to_gigabytes_is_refused_before_any_decoder_sees_it(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_DECODERS", {})
    assert refusal(vast(kind)).permitted == "at most 16.8 megapixels"


def test_text_that_unpacks_to_megabytes_is_not_unpacked() -> None:
    text = png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000), 9))
    assert "decoded" in str(refusal(png_of(64, 64, *[text] * 100)))


def test_more_pixels_than_the_header_says_are_left_packed() -> None:
    rows = zlib.compress(bytes(20_000_000), 1)
    assert as_reference(png_of(64, 64, pixels=rows)).size == (64, 64)


@pytest.mark.parametrize(
    ("data", "excess"),
    [
        (png_of(64, 64, *[png_chunk(b"prVt", b"")] * MAX_PNG_CHUNKS), "chunks"),
        (b"\xff\xd8" + b"\xff\xe0\0\2" * (MAX_JPEG_SEGMENTS + 1), "segments"),
        (encoded(noise(), "JPEG") + b"\xff\xda" * MAX_JPEG_SCANS, "scans"),
    ],
)
def test_what_is_built_to_keep_a_decoder_busy_is_refused(data: bytes, excess: str) -> None:
    assert "more than" in str(refusal(data))
    assert excess in str(refusal(data))


def test_no_damage_is_anything_but_refused_or_a_plain_picture() -> None:
    """Thousands of damaged files, the same every time: no error but ours, nothing but pixels comes out."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wholes = [encoded(noise(), kind, exif=exif.tobytes(), icc_profile=profile) for kind in KINDS]
    wholes += [encoded(noise().convert(mode)) for mode in ("1", "L", "LA", "P", "RGBA")]
    chance, taken = random.Random(7), 0  # noqa: S311 - damage, not secrets
    for _ in range(3000):
        data = bytearray(chance.choice(wholes))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(min(len(data), 900))
            data[at : at + chance.choice((0, 1, 4))] = chance.randbytes(chance.choice((0, 1, 4)))
        try:
            picture = as_reference(bytes(data))
        except InvalidInput:
            continue
        taken += 1
        assert (picture.mode, picture.info) == ("RGB", {})
    assert taken > 200


# What never survives

SECRET = b"nobody must read this again"


def zipped() -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("payload.txt", SECRET)
    return into.getvalue()


def carrying(kind: str) -> bytes:
    """A picture with everything in it that is no picture."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x8825] = {1: "N", 2: (52.0, 22.0, 13.0)}
    how: dict[str, Any] = {"exif": exif.tobytes()}
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", SECRET.decode())
        notes.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        notes.add(b"plYR", SECRET)
        how["pnginfo"] = notes
    elif kind == "JPEG":
        how["comment"] = SECRET
    else:
        how["xmp"] = SECRET
    return encoded(noise(), kind, **how) + b"<script>" + SECRET + zipped()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_pixels_survives(kind: str) -> None:
    data = carrying(kind)
    assert data.count(SECRET) >= 3
    for taken in (reference_png(given(data)), initial_png(given(data), 160, 90)):
        assert SECRET not in taken
        assert not zipfile.is_zipfile(io.BytesIO(taken))
        chunks, at = [], 8
        while at < len(taken):
            length, name = struct.unpack_from(">I4s", taken, at)
            chunks.append(name)
            at += 12 + length
        assert set(chunks) == {b"IHDR", b"IDAT", b"IEND"}
        assert decoded(taken).getexif() == {}


def test_no_more_than_two_are_decoded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decode, at_once, most = pictures._decoded, [], [0]

    def slow(*what: Any) -> Any:  # noqa: ANN401 - as the function it stands for
        at_once.append(1)
        most[0] = max(most[0], len(at_once))
        time.sleep(0.02)
        result = decode(*what)
        at_once.pop()
        return result

    monkeypatch.setattr(pictures, "_decoded", slow)
    data = encoded(noise())
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: reference_png(given(data)), range(16)))
    assert most == [2]
