"""Makes the tokenizer fixtures: small tokenizer.json files, and what Hugging Face `tokenizers` makes of many texts with them.

    python3 tools/make_tokenizer_goldens.py --out tests/NemotronH.Tests/Fixtures/tokenizers

Runs on the CPU in about a minute. Each variant becomes OUT/NAME with `tokenizer.json` and `cases.json`, a list of cases:

    text            what was encoded
    ids             encode(text)
    ids_no_special  encode(text, add_special_tokens=False)       absent: equal to ids
    decoded         decode(ids, skip_special_tokens=False)       absent: equal to text
    decoded_skip    decode(ids, skip_special_tokens=True)        absent: equal to decoded

OUT/unicode-classes.json lists the code points, as ranges, that the regex engine puts into each class that pre-tokenizers
use; OUT/versions.json the library's version. Everything is seeded: the same version writes the same bytes again.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

import tokenizer_texts
from nemotron_hf import written_whole
from tokenizer_texts import NOT_SPECIAL, SPECIAL

SIZE_LIMIT = 1_200_000
RESERVED = ["<SPECIAL_18>", "<SPECIAL_19>"]

TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
POSSESSIVE = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s*[\r\n]|\s+(?!\S)|\s"
)


def split_then_bytes(pattern: str):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])


def train(corpus: list[str], pre_tokenizer, special: list[str], vocab_size: int, alphabet: bool = True, **model) -> dict:
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, min_frequency=2, show_progress=False, special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()) if alphabet else [])
    tokenizer.train_from_iterator(corpus, trainer=trainer)
    definition = json.loads(tokenizer.to_str())
    definition["model"].update(model)
    return definition


def reload(definition: dict) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(definition))


def nemotron(corpus: list[str]) -> dict:
    """The pipeline of Nemotron 3: Tekken's regex, ignore_merges, no token added, control tokens in the first ids."""
    definition = train(corpus, split_then_bytes(TEKKEN), SPECIAL + NOT_SPECIAL + RESERVED, 900, ignore_merges=True)
    for token in definition["added_tokens"]:
        token["special"] = token["content"] not in NOT_SPECIAL
    return definition


def gpt2(corpus: list[str]) -> dict:
    """GPT-2's regex inside ByteLevel, merges as strings, and a template that adds <s>: the dense family's habit."""
    definition = train(corpus, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True), ["<unk>", "<s>", "</s>"], 700)
    definition["model"]["merges"] = [merge if isinstance(merge, str) else " ".join(merge) for merge in definition["model"]["merges"]]
    tokenizer = reload(definition)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    definition["post_processor"] = json.loads(tokenizer.to_str())["post_processor"]
    return definition


def permuted(corpus: list[str]) -> dict:
    """Ids in no relation to the order of merges, and whole tokens that no merge makes."""
    definition = train(corpus, split_then_bytes(TEKKEN), ["<unk>", "<s>", "</s>"], 650, ignore_merges=True)
    model = definition["model"]
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    for word in [" Zyzzyva", "Zyzzyva", " Quokka", "------", "\n\n\n", "中文字", "😀😀😀", "       ", "qqqq", "𐌰𐌱𐌲", "e\u0301"]:
        written = "".join(piece for piece, _ in to_bytes.pre_tokenize_str(word))
        model["vocab"].setdefault(written, len(model["vocab"]))
    movable = sorted(id for id in model["vocab"].values() if id >= 3)
    shuffled = random.Random(tokenizer_texts.SEED).sample(movable, len(movable))
    moved = dict(zip(movable, shuffled))
    model["vocab"] = {token: moved.get(id, id) for token, id in model["vocab"].items()}
    return definition


def flags(corpus: list[str]) -> dict:
    """Added tokens with every flag, beyond the vocabulary."""
    tokenizer = reload(train(corpus, split_then_bytes(TEKKEN), SPECIAL, 650, ignore_merges=True))
    tokenizer.add_special_tokens([AddedToken("<l>", lstrip=True, normalized=False), AddedToken("<r>", rstrip=True, normalized=False)])
    tokenizer.add_tokens([
        AddedToken("<lr>", lstrip=True, rstrip=True), AddedToken("word", single_word=True, normalized=False), AddedToken("<norm>", normalized=True),
        AddedToken("<no", normalized=False, single_word=True), AddedToken("<norm>x", normalized=True), AddedToken("two words", single_word=True, lstrip=True),
        AddedToken("é"), AddedToken("Ġ"), AddedToken("𐌰𐌱"), AddedToken("😀", rstrip=True), AddedToken("\n\n\n", normalized=False),
    ])
    return json.loads(tokenizer.to_str())


def llama3(corpus: list[str]) -> dict:
    """Llama 3's regex, which ignores case in a group, and a template inside a Sequence."""
    definition = train(corpus, split_then_bytes(LLAMA3), ["<s>", "</s>"], 650, ignore_merges=True)
    tokenizer = reload(definition)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B", special_tokens=[("<s>", 0), ("</s>", 1)]),
    ])
    return json.loads(tokenizer.to_str())


def possessive(corpus: list[str]) -> dict:
    """Possessive quantifiers, and a repeated interval that looks like one."""
    return train(corpus, split_then_bytes(POSSESSIVE), ["<s>"], 600)


def partial(corpus: list[str]) -> dict:
    """A vocabulary without all 256 bytes but with an unknown token, and a space before every text."""
    ascii_only = [line for line in corpus if line.isascii()]
    pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)
    return train(ascii_only, pre_tokenizer, ["<unk>", "<s>"], 500, alphabet=False, unk_token="<unk>")


VARIANTS = [nemotron, gpt2, permuted, flags, llama3, possessive, partial]


def case(tokenizer: Tokenizer, text: str) -> dict:
    ids = tokenizer.encode(text).ids
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    decoded = tokenizer.decode(ids, skip_special_tokens=False)
    skipped = tokenizer.decode(ids, skip_special_tokens=True)
    made = {"text": text, "ids": ids}
    if plain != ids:
        made["ids_no_special"] = plain
    if decoded != text:
        made["decoded"] = decoded
    if skipped != decoded:
        made["decoded_skip"] = skipped
    return made


def lines_of(values: list) -> str:
    return "[\n" + ",\n".join(json.dumps(value, separators=(",", ":")) for value in values) + "\n]\n"


def write_variant(out: Path, make: Callable[[list[str]], dict], corpus: list[str]) -> None:
    definition = make(corpus)
    folder = out / make.__name__
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(definition, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8", newline="\n")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    cases = [case(tokenizer, text) for text in tokenizer_texts.all_texts(make.__name__)]
    (folder / "cases.json").write_text(lines_of(cases), encoding="utf-8", newline="\n")
    print(f"{make.__name__}: {tokenizer.get_vocab_size()} tokens, {len(cases)} cases")


def ranges_of(regex_class: str) -> list[list[int]]:
    """Code points of a class, found by letting the engine cut them out of a text that has them all in order."""
    splitter = pre_tokenizers.Split(Regex(regex_class), behavior="removed", invert=True)
    found = []
    for block in range(0, 0x110000, 0x1000):
        text = "".join(chr(value) for value in range(block, block + 0x1000) if not 0xD800 <= value < 0xE000)
        for piece, _ in splitter.pre_tokenize_str(text) if text else []:
            for value in map(ord, piece):
                if found and found[-1][1] == value - 1:
                    found[-1][1] = value
                else:
                    found.append([value, value])
    return found


def write_classes(out: Path) -> None:
    names = [r"\p{Lu}", r"\p{Ll}", r"\p{Lt}", r"\p{Lm}", r"\p{Lo}", r"\p{M}", r"\p{N}", r"\p{Cn}", r"\s"]
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(ranges_of(name), separators=(',', ':'))}" for name in names)
    (out / "unicode-classes.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8", newline="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the fixtures; replaced as a whole")
    parser.add_argument("--corpus", type=Path, help="text to train on instead of the generated one")
    arguments = parser.parse_args()
    corpus = arguments.corpus.read_text(encoding="utf-8").splitlines(keepends=True) if arguments.corpus else tokenizer_texts.generated_corpus()
    with written_whole(arguments.out) as out:
        for make in VARIANTS:
            write_variant(out, make, corpus)
        write_classes(out)
        (out / "versions.json").write_text(json.dumps({"tokenizers": tokenizers.__version__}) + "\n", encoding="utf-8")
        size = sum(file.stat().st_size for file in out.rglob("*.json"))
        if size > SIZE_LIMIT:
            raise SystemExit(f"The fixtures would take {size:,} bytes; at most {SIZE_LIMIT:,} are allowed.")
    print(f"tokenizers {tokenizers.__version__}: {size:,} bytes in {arguments.out}")


if __name__ == "__main__":
    main()
