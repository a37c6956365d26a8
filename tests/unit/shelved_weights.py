"""Small folders of weights, laid out as presets and LoRAs are."""

import random
from pathlib import Path

from functions.render.video_backends.diffusers.manifest import Manifest, described

FILES = {
    "model_index.json": 300,
    "transformer/diffusion_pytorch_model-00001-of-00002.safetensors": 9_000_000,  # more than one piece
    "transformer/diffusion_pytorch_model-00002-of-00002.safetensors": 70_000,
    "vae/diffusion_pytorch_model.safetensors": 50_000,
    "tokenizer/empty.txt": 0,
}
LARGEST = "transformer/diffusion_pytorch_model-00001-of-00002.safetensors"
REVISION = "0123456789abcdef0123456789abcdef01234567"


def lay_preset(root: Path, preset: str = "ltx", *, seed: int = 1) -> Manifest:
    """Write a preset's folder with its manifest; another seed gives other weights."""
    random_bytes = random.Random(seed)  # noqa: S311 - contents, no secret
    for name, size in FILES.items():
        path = root / preset / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random_bytes.randbytes(size))
    manifest = Manifest.of_folder(
        root / preset, preset=preset, repository="studio/film", revision=f"{seed}{REVISION[1:]}"
    )
    manifest.write(root / preset)
    return manifest


def lay_lora(root: Path, name: str, content: bytes = b"a brand's own look") -> Path:
    """Write a LoRA with its entry."""
    file = root / "loras" / f"{name}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.with_suffix(".json").write_text(described(file, file.name).model_dump_json())
    return file


def spoil(path: Path) -> None:
    """Change one byte in the middle, and not the size."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
