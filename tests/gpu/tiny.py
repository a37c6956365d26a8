"""Tiny models of random numbers in the real pipelines' classes, saved as fetched weights are.

They draw noise, but take as many frames, steps, keyframes and adapters as the real ones do.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLLTXVideo,
    AutoencoderKLWan,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    LTXConditionPipeline,
    LTXVideoTransformer3DModel,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanTransformer3DModel,
)
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel, UMT5Config, UMT5EncoderModel

from functions.render.video_backends.diffusers.manifest import Manifest, described, write_whole
from functions.render.video_backends.diffusers.presets import PRESETS

WORDS = 300
"""Of the vocabulary: every byte, and a few marks."""
WIDTH = 32
"""Of what the text encoders say of a word."""

HEEDING = 300.0
"""How much louder keyframes are than noise, for a model that is given them beside it."""

LOUD = 8.0
"""How much larger an adapter's numbers are than they need be: its doing is to be seen in 8 bits."""


def write_weights(root: Path, preset: str) -> Path:
    """Save a tiny model as the weights of a preset, and return its folder."""
    folder = root / preset
    torch.manual_seed(0)
    MODELS[preset]().save_pretrained(str(folder))
    told = PRESETS[preset]
    Manifest.of_folder(folder, preset=preset, repository=told.repository, revision="0" * 40).write(folder)
    return folder


def write_lora(root: Path, name: str, preset: str, *, down: float = LOUD, up: float = LOUD) -> Path:
    """Save an adapter for the tiny model of a preset, and return its file.

    Args:
        down, up: what the numbers of its two matrices, of about 1, are multiplied with.
    """
    layer, wide = ("transformer_blocks.0.attn1.to_q", 32) if preset == "ltx" else ("blocks.0.attn1.to_q", 24)
    torch.manual_seed(1)
    numbers = {
        f"transformer.{layer}.lora_A.weight": torch.randn(2, wide) * down,
        f"transformer.{layer}.lora_B.weight": torch.randn(wide, 2) * up,
    }
    file = root / "loras" / f"{name}.safetensors"
    file.parent.mkdir(exist_ok=True)
    save_file(numbers, str(file))
    write_whole(file.with_suffix(".json"), described(file, file.name).model_dump_json().encode())
    return file


def _ltx() -> DiffusionPipeline:
    text = T5Config(vocab_size=WORDS, d_model=WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4)
    return LTXConditionPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=AutoencoderKLLTXVideo(
            latent_channels=8,
            block_out_channels=(8, 8, 8, 8),
            decoder_block_out_channels=(8, 8, 8),
            layers_per_block=(1, 1, 1, 1, 1),
            decoder_layers_per_block=(1, 1, 1, 1),
            spatio_temporal_scaling=(True, True, True, False),
            decoder_spatio_temporal_scaling=(True, True, True),
            decoder_inject_noise=(False, False, False, False),
            upsample_residual=(False, False, False),
            upsample_factor=(1, 1, 1),
            timestep_conditioning=False,
        ),
        text_encoder=T5EncoderModel(text).eval(),
        tokenizer=_tokenizer(),
        transformer=LTXVideoTransformer3DModel(
            in_channels=8,
            out_channels=8,
            num_attention_heads=4,
            attention_head_dim=8,
            cross_attention_dim=WIDTH,
            num_layers=1,
            caption_channels=WIDTH,
        ),
    )


def _wan(*, is_large: bool) -> DiffusionPipeline:
    text = UMT5Config(vocab_size=WORDS, d_model=WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4)
    small_vae = {
        "in_channels": 12,
        "out_channels": 12,
        "is_residual": True,
        "patch_size": 2,
        "latents_mean": [0.0] * 48,
        "latents_std": [1.0] * 48,
        "scale_factor_spatial": 16,
    }
    channels = 16 if is_large else 48

    def transformer() -> WanTransformer3DModel:
        model = WanTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=2 * channels + 4 if is_large else channels,  # what it is to continue comes beside
            out_channels=channels,
            text_dim=WIDTH,
            ffn_dim=WIDTH,
            num_layers=1,
            rope_max_seq_len=128,
        )
        with torch.no_grad():  # else keyframes count for less than a step of brightness
            model.patch_embedding.weight[:, channels:] *= HEEDING
        return model

    return WanImageToVideoPipeline(
        transformer=transformer(),
        transformer_2=transformer() if is_large else None,
        vae=AutoencoderKLWan(
            base_dim=3,
            z_dim=channels,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            **({} if is_large else small_vae),
        ),
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
        text_encoder=UMT5EncoderModel(text).eval(),
        tokenizer=_tokenizer(),
        boundary_ratio=0.9 if is_large else None,
        expand_timesteps=not is_large,
    )


def _tokenizer() -> PreTrainedTokenizerFast:
    """Return one that takes any text: a word for each byte."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {"<pad>": 0, "</s>": 1, "<unk>": 2} | {letter: at + 3 for at, letter in enumerate(letters)}
    tokenizer = Tokenizer(models.BPE(vocab=words, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


MODELS: Mapping[str, Callable[[], DiffusionPipeline]] = {
    "ltx": _ltx,
    "wan_5b": lambda: _wan(is_large=False),
    "wan_14b": lambda: _wan(is_large=True),
}
