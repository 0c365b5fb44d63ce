"""Make models of random weights that engines load in seconds: nothing is downloaded, and what they say has no meaning.

A Qwen2 of two layers with a tokenizer and a chat template, the same as GGUF for llama.cpp, and a LoRA adapter.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

Obj = dict[str, Any]
WIDTH, INNER, LAYERS, HEADS = 64, 128, 2, 2
CONTEXT: Final = 32768
_SPECIAL: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_SAMPLE: Final = "Hello! How can I help you today? A gateway sends each request to an engine that serves its model."
_TEMPLATE: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_RANK: Final = 8


def make_model(folder: Path) -> None:
    """Write the files of a model without weights, which engines make by chance (`--load-format dummy`)."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    _write(
        folder / "tokenizer_config.json",
        tokenizer_class="PreTrainedTokenizerFast",
        eos_token=_SPECIAL[2],
        pad_token=_SPECIAL[0],
        model_max_length=CONTEXT,
        chat_template=_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )
    _write(
        folder / "config.json",
        architectures=["Qwen2ForCausalLM"],
        model_type="qwen2",
        hidden_act="silu",
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        rms_norm_eps=1e-6,
        rope_theta=1e6,
        tie_word_embeddings=True,
        vocab_size=_rounded(tokenizer.get_vocab_size()),
        torch_dtype="float32",
        bos_token_id=0,
        eos_token_id=2,
    )


def make_gguf(folder: Path, file: Path) -> None:
    """Write the model of a folder as one file, with weights."""
    config = json.loads((folder / "config.json").read_text())
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    names = [tokenizer.id_to_token(number) or "" for number in range(tokenizer.get_vocab_size())]
    unused = [f"[PAD{number}]" for number in range(len(names), config["vocab_size"])]
    kinds = [gguf.TokenType.CONTROL if name in _SPECIAL else gguf.TokenType.NORMAL for name in names]
    writer = gguf.GGUFWriter(str(file), "qwen2")
    writer.add_name("tiny")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_file_type(0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(names + unused)
    writer.add_token_types(kinds + [gguf.TokenType.UNUSED] * len(unused))
    writer.add_token_merges(_merges(folder))
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template(_TEMPLATE)
    for name, tensor in _tensors(config["vocab_size"]).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def make_adapter(folder: Path) -> None:
    """Write a LoRA adapter for the model."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    weights: dict[str, NDArray[np.float32]] = {}
    for layer in range(LAYERS):
        place = f"base_model.model.model.layers.{layer}.self_attn.q_proj"
        weights[f"{place}.lora_A.weight"] = random.standard_normal((_RANK, WIDTH), np.float32)
        weights[f"{place}.lora_B.weight"] = random.standard_normal((WIDTH, _RANK), np.float32)
    save_file(weights, str(folder / "adapter_model.safetensors"))
    _write(
        folder / "adapter_config.json",
        peft_type="LORA",
        task_type="CAUSAL_LM",
        r=_RANK,
        lora_alpha=2 * _RANK,
        target_modules=["q_proj"],
        base_model_name_or_path="base",
        bias="none",
    )


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=list(_SPECIAL), initial_alphabet=letters)
    tokenizer.train_from_iterator([_SAMPLE] * 4, trainer)
    return tokenizer


def _rounded(size: int) -> int:
    return (size + 63) // 64 * 64


def _merges(folder: Path) -> list[str]:
    merges = json.loads((folder / "tokenizer.json").read_text())["model"]["merges"]
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]


def _tensors(vocabulary: int) -> dict[str, NDArray[np.float32]]:
    """Return the weights of the model by name: small random ones, and ones for norms."""
    random = np.random.default_rng(0)
    shapes = {"token_embd.weight": (vocabulary, WIDTH)}
    norms = ["output_norm.weight"]
    for layer in range(LAYERS):
        place = f"blk.{layer}"
        norms += [f"{place}.attn_norm.weight", f"{place}.ffn_norm.weight"]
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"{place}.{part}.weight"] = (WIDTH, WIDTH)
        shapes |= {f"{place}.{part}.weight": (INNER, WIDTH) for part in ("ffn_gate", "ffn_up")}
        shapes[f"{place}.ffn_down.weight"] = (WIDTH, INNER)
    biases = {f"blk.{layer}.attn_{part}.bias": (WIDTH,) for layer in range(LAYERS) for part in "qkv"}
    weights = {name: random.standard_normal(shape, np.float32) * 0.02 for name, shape in (shapes | biases).items()}
    return weights | {name: np.ones(WIDTH, np.float32) for name in norms}


def _write(path: Path, **content: Any) -> None:
    path.write_text(json.dumps(content, indent=2))
