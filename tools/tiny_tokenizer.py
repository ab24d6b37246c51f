"""The tiny model's tokenizer: byte-level BPE with the pre-tokenizer and the special ids of Nemotron 3."""

from __future__ import annotations

import json

# The pre-tokenizer of the family (Tekken): words with at most one leading non-letter, single digits, punctuation runs
# with the line ends and slashes behind them, line ends, spaces.
PATTERN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)

ADDED_TOKENS = (
    "<unk>", "<s>", "</s>",
    "<SPECIAL_3>", "<SPECIAL_4>", "<SPECIAL_5>", "<SPECIAL_6>", "<SPECIAL_7>", "<SPECIAL_8>", "<SPECIAL_9>",
    "<|im_start|>", "<|im_end|>", "<think>", "</think>",
    "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
)
PLAIN_ADDED = range(12, 18)  # added tokens that survive skip_special_tokens
PAD, BOS, EOS, TURN_START, TURN_END, THINK_END = 0, 1, 2, 10, 11, 13


def added_tokens() -> list[dict]:
    return [
        {"id": index, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": index not in PLAIN_ADDED}
        for index, content in enumerate(ADDED_TOKENS)]


def train(text: str, vocab_size: int) -> dict:
    """tokenizer.json of a BPE trained on the text: the added tokens, the 256 bytes, then merges up to `vocab_size`."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, min_frequency=2, show_progress=False, special_tokens=list(ADDED_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([text], trainer=trainer)
    trained = json.loads(tokenizer.to_str())
    return document(trained["model"]["vocab"], trained["model"]["merges"])


def document(vocab: dict[str, int], merges: list) -> dict:
    """The whole of tokenizer.json around a vocabulary and its merges."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added_tokens(),
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False},
            byte_level]},
        "post_processor": byte_level | {"trim_offsets": False},
        "decoder": byte_level,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
            "vocab": dict(sorted(vocab.items(), key=lambda entry: entry[1])), "merges": merges},
    }


def tokenizer_config(max_length: int) -> dict:
    return {
        "added_tokens_decoder": {
            str(token["id"]): {name: value for name, value in token.items() if name != "id"}
            for token in added_tokens()},
        "add_bos_token": False,
        "add_eos_token": False,
        "bos_token": ADDED_TOKENS[BOS],
        "clean_up_tokenization_spaces": False,
        "eos_token": ADDED_TOKENS[TURN_END],
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": max_length,
        "pad_token": ADDED_TOKENS[PAD],
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": ADDED_TOKENS[0],
    }


def check(tokenizer, sample: str) -> None:
    """Raises AssertionError unless the tokenizer keeps the contract of the family."""
    for index, content in enumerate(ADDED_TOKENS):
        assert tokenizer.token_to_id(content) == index, f"{content} is not id {index}"
    vocabulary = tokenizer.get_vocab()
    assert sorted(vocabulary.values()) == list(range(len(vocabulary))), "the ids have holes"
    assert all(symbol in vocabulary for symbol in byte_symbols()), "a byte has no token"
    for text in (sample, "".join(map(chr, range(0x20, 0x250))), "  two\n\n spaces\t\r\n 1234 😀 naïve"):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert tokenizer.decode(ids, skip_special_tokens=False) == text, "text does not survive the tokenizer"
        assert tokenizer.encode(text).ids == ids, "the post-processor adds tokens"
    turn = tokenizer.encode("<|im_start|>assistant\n<think></think>Ay.<|im_end|>\n", add_special_tokens=False).ids
    assert turn[0] == TURN_START and {12, 13, TURN_END} <= set(turn), f"markup is not recognised: {turn}"
    assert "<think>" in tokenizer.decode(turn, skip_special_tokens=True)


def byte_symbols() -> list[str]:
    """The 256 characters that byte-level BPE writes for the bytes 0..255."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) if byte in printable else chr(256 + others.index(byte)) for byte in range(256)]
