"""Makes the tokenizer fixtures: small tokenizer.json files, and what Hugging Face `tokenizers` makes of many texts with them.

Needs `tokenizers` (made with 0.23) and no network:

    python tools/make_tokenizer_goldens.py --out tests/NemotronH.Tests/Fixtures/tokenizers [--corpus FILE]

Each variant is a folder with `tokenizer.json` and `cases.json`. A case has

    text            what was encoded
    ids             encode(text)
    ids_no_special  encode(text, add_special_tokens=False)       absent: equal to ids
    decoded         decode(ids, skip_special_tokens=False)       absent: equal to text
    decoded_skip    decode(ids, skip_special_tokens=True)        absent: equal to decoded

`unicode-classes.json` beside them lists the code points, as ranges, that the regex engine puts into each class that pre-tokenizers use.
Everything is seeded: the same library version writes the same bytes again.
"""

import argparse
import json
import pathlib
import random

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

SEED = 20261122
MAX_BYTES = 1_200_000

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

# The first ids of the Nemotron 3 vocabulary; those from <think> on are added tokens but not special ones.
SPECIAL = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]",
           "[TOOL_CALLS]", "<|im_start|>", "<|im_end|>"]
NOT_SPECIAL = ["<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]
RESERVED = ["<SPECIAL_18>", "<SPECIAL_19>"]

WORDS = """the of and to in is that it was for on are as with his they at be this from have or by one had not but what all were when we there
can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see
time could no make than first been its who now people my made over did down only way find use may water long little very after words called
just where most know Nemotron Mamba state attention expert token model layer hidden kernel tensor Hello World OpenAI HTTP GPU""".split()
FOREIGN = """größer Straße übermäßig garçon élève naïve señor España ação coração Привет мир как дела Καλημέρα κόσμε שלום עולם مرحبا بالعالم
नमस्ते दुनिया สวัสดีชาวโลก こんにちは世界 今日は良い天気 你好世界 人工智能 안녕하세요 세계 𝒜𝓁𝓅𝒽𝒶 𐌰𐌹𐌲𐌴𐌹𐌽𐍃 😀😀 👍 🎉🎉 ✓ → €""".split()
CODE = ["def main(argc, argv):\n    return argc + 1\n", "for (int i = 0; i < n; i++) {\n\tsum += a[i];\n}\n", "// comment\n/* block */\n",
        "if (x != null && y >= 0) throw new ArgumentException(\"x\");\r\n", "    <div class=\"row\">\n      </div>\n", "SELECT * FROM t WHERE id = 42;\n",
        "https://example.com/a/b?c=d&e=f#g\n", "{\"key\": [1, 2.5, -3e10, true, null]}\n"]


def generated_corpus():
    rng = random.Random(SEED)
    lines = []
    for _ in range(1500):
        words = [rng.choice(WORDS if rng.random() < 0.8 else FOREIGN) for _ in range(rng.randint(3, 14))]
        words[0] = words[0].capitalize()
        lines.append(" ".join(words) + rng.choice([".", "?", "!", ", ", ":", "...", " - ", "'s", "'ll go"]) + rng.choice(["", "\n", "\n\n"]))
        if rng.random() < 0.3:
            lines.append(rng.choice(CODE))
        if rng.random() < 0.2:
            lines.append(f"{rng.randint(0, 9999)} + {rng.random():.3f} = {rng.randint(0, 10**9)}\n")
    return lines


SPACES = "\t\n\x0b\x0c\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
NOT_SPACES = "\x1c\x1d\x1e\x1f\u180e\u200b\u200c\u200d\u2060\ufeff"
CHARACTERS = (
    "aAzZ09 _-/'.,:;<>|()[]{}\"\\\t\n\r\0\x1b\x7f" + SPACES + NOT_SPACES
    + "éÉßſ\u212aÅªºǅʰƻ中文あアก\u0e31\u0301\u0308\u0903\u20ddשاش٣१²½Ⅷ〇①ⒶⅰΣςσİıﬀﬆ€^~©°+×±«»“”…—–·¿\u00ad\ue000\ufffd\uffff\u0378\ufdd0"
    + "\U00010330\U00010331\U00010400\U00010428\U0001d49c\U0001d7d8\U0001d6fc\U00020000\U0002a6d6\U0001e900\U0001e922\U00011013\U00011038"
    + "\U00011066\U00010107\U00012400\U00016fe0\U00010ead\U00011fdd\U0001d165\U0001f600\U0001f468\U0001f3fd\U0001f1e9\U0001f1ea\U0001f130"
    + "\U000e0001\U000e0100\U000f0000\U0010fffd\U000dffff\U00031350\U0001fae9\U0002ebf0"
)

HANDMADE = [
    "", " ", "  ", "a", "Hello, world!", "The quick brown fox jumps over the lazy dog.", "don't we'll they've I'm you're he'd she's it'S WE'LL 'ſ '\u212a",
    "HTTPServer getHTTPResponse camelCase PascalCase snake_case SCREAMING_CASE kebab-case iPhone McDonald", "ǅungla ǅUNGLA aǅb Ǆ ǆ",
    "0 1 12 123 1234 12345678901234567890 3.14159 1,000,000 -42 1e-10 0xFF ٣٤٥ १२३ ²³ ½ Ⅷ ①②", "a1b2c3", "2024-12-31T23:59:59Z",
    "x = y*z + w/(a-b) != c && d || !e;", "/usr/local/bin//x", "a/\n/b", "//\n//\r\n///\r", "...\n\n...", "!!\r\n/?", " !\n", " \n!", ")\n/(",
    "one\ntwo\r\nthree\rfour\n\n\nfive\r\n\r\nsix", "\n", "\r\n", "\n ", " \n", " \n ", "\n\n  \n\n", "a \n b", "a  \n  b", "tail   ", "   head", "a\t\tb", "\t \t", "a \t\u3000b",
    "a b  c   d    e     f", "x\u00a0y \u00a0 z\u00a0\u00a0", "\u00a0\n", " \u00a0x", "\u200b\u200b", "a\u200db", "\ufeffBOM", "soft\u00adhyphen", "nul\0nul\0\0", "\x01\x02\x1b[31mred\x1b[0m\x7f",
    "😀", "a😀", "😀a", "😀😀a", " 😀", "😀 😀", "👨‍👩‍👧‍👦 family", "👍🏽👍🏿", "🇩🇪🇫🇷", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥", "1️⃣2️⃣", "x😀1", "(😀)", "😀\n/😀",
    "𐌰𐌱𐌲", "a𐌰", "𐌰a", " 𐌰", "😀𐌰", "1𐌰2", "𝒜𝒷𝒸", "𝒜𝒜𝒷𝒷𝒜", "𝐇𝐞𝐥𝐥𝐨 𝐖𝐨𝐫𝐥𝐝", "𝟘𝟙𝟚", "a𝟘", "𐐀𐐨𐐀𐐨", "𐐔𐐯𐑅𐐨𐑉𐐯𐐻", "𞤀𞤢𞤣 𞤁𞤢", "𠀀𠀁𪛖", "中𠀀文", "𠮷野家", "\U00031350\U0002ebf0",
    "𑀓𑀸", "𝅘𝅥𝅮", "𒐀𒐁", "𐄇𐄈", "\U000e0001x", "\U0010fffd\U000f0000", "\U000dffff", "\uffff\ufdd0\u0378", "\ue000",
    "e\u0301 é n\u0303 ñ", "\u0301", "a\u0301\u0302\u0303b", " \u0301x", "\n\u0301", "1\u0301", "\u0903\u20dd", "Z̤͔͎a̘͉͠l̠̯g̦o͓",
    "שלום עולם", "مرحبا بالعالم، كيف حالك؟", "abc אבג def", "\u202eabc\u202c", "नमस्ते दुनिया", "สวัสดีชาวโลก", "こんにちは、世界！", "你好，世界。", "안녕하세요", "Привет, МИР!", "ΣΑΣ σας", "İstanbul ışık",
    "<s>", "</s>", "<s></s>", "<s>hi</s>", "<s><s><s>", " <s> x </s> ", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n", "<think></think>", "<|im_start|", "|im_end|>", "<|im_end|>|>",
    "<tool_call>\n<function=f>\n<parameter=x>\n1\n</parameter>\n</function>\n</tool_call>\n", "<tool_response></tool_response>", "<tool_call></tool_call", "[INST][/INST]", "[INST] x [/INST]", "[[INST]]", "<unk>", "<SPECIAL_18><SPECIAL_19><SPECIAL_20>", "<<s>>", "<s</s>>",
    "<l>", "a <l> b", "a \t\n<l>\u3000b", "<l><l>", "  <l>", "a<l>", "<r>", "a <r> b", "<r> \u2028\u00a0b", "<r>  <l>", "<r> <r>  x", "<lr>", "a <lr> b", " <lr> <lr> ", "<r> <lr> <l> x",
    "word", "a word here", "sword words word-word word.", "_word word_ éword wordé", "wordⒶ Ⓐword ☃word☃", "word\u200d \u0301word 𐌰word word😀", "(word)", "word word",
    "<norm>", "x<norm>y", "<norm>x", "<norm>xy", "a<no", "<no><norm>", "<norm> <s>", "two words", "twowords two  words two wordss", "Ġ", "Ġthe ĊĊ", "Ā",
    " Zyzzyva", "Zyzzyva", " Quokka Quokkas", "------", "-----", "\n\n\n", "\n\n\n\n", "中文字", "中文字字", "😀😀😀", "        x", "qqqq", " qqqq qqqqq",
]


def runs():
    for character, count in [("a", 700), ("A", 300), (" ", 500), ("\n", 300), ("0", 200), ("-", 400), ("é", 150), ("中", 120), ("😀", 100), ("𐌰", 80), ("\u0301", 100), ("<", 200)]:
        yield character * count
        yield character * (count // 4) + "x" + character * 7
    yield "ab" * 300
    yield " \n" * 120
    yield "the " * 120
    yield "<s>" * 60
    yield "".join(WORDS)


def random_texts(rng, count):
    pieces = list(CHARACTERS) + WORDS[:40] + FOREIGN + SPECIAL + NOT_SPECIAL + ["<l>", "<r>", "<lr>", "word", "<norm>", "<norm>x", "'s", "\r\n", "  ", "    "]
    for _ in range(count):
        kind = rng.random()
        if kind < 0.5:
            yield "".join(rng.choice(CHARACTERS) for _ in range(rng.randint(1, 16)))
        elif kind < 0.9:
            yield "".join(rng.choice(pieces) for _ in range(rng.randint(1, 12)))
        else:
            yield "".join(chr(code_point(rng)) for _ in range(rng.randint(1, 8)))


def code_point(rng):
    while True:
        value = rng.randrange(rng.choice([0x250, 0x3000, 0x10000, 0x20000, 0x110000]))
        if not 0xD800 <= value < 0xE000:
            return value


def split_then_bytes(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])


def train(corpus, pre_tokenizer, special, vocab_size, alphabet=True, **model):
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


def reload(definition):
    return Tokenizer.from_str(json.dumps(definition))


def nemotron(corpus):
    """The pipeline of Nemotron 3: Tekken's regex, ignore_merges, no token added, control tokens in the first ids."""
    definition = train(corpus, split_then_bytes(TEKKEN), SPECIAL + NOT_SPECIAL + RESERVED, 900, ignore_merges=True)
    for token in definition["added_tokens"]:
        token["special"] = token["content"] not in NOT_SPECIAL
    return definition


def gpt2(corpus):
    """GPT-2's regex inside ByteLevel, merges as strings, and a template that adds <s>: the dense family's habit."""
    definition = train(corpus, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True), ["<unk>", "<s>", "</s>"], 700)
    definition["model"]["merges"] = [merge if isinstance(merge, str) else " ".join(merge) for merge in definition["model"]["merges"]]
    tokenizer = reload(definition)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    definition["post_processor"] = json.loads(tokenizer.to_str())["post_processor"]
    return definition


def permuted(corpus):
    """Ids in no relation to the order of merges, and whole tokens that no merge makes."""
    definition = train(corpus, split_then_bytes(TEKKEN), ["<unk>", "<s>", "</s>"], 650, ignore_merges=True)
    model = definition["model"]
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    for word in [" Zyzzyva", "Zyzzyva", " Quokka", "------", "\n\n\n", "中文字", "😀😀😀", "       ", "qqqq", "𐌰𐌱𐌲", "e\u0301"]:
        written = "".join(piece for piece, _ in to_bytes.pre_tokenize_str(word))
        model["vocab"].setdefault(written, len(model["vocab"]))
    movable = sorted(id for id in model["vocab"].values() if id >= 3)
    shuffled = random.Random(SEED).sample(movable, len(movable))
    moved = dict(zip(movable, shuffled))
    model["vocab"] = {token: moved.get(id, id) for token, id in model["vocab"].items()}
    return definition


def flags(corpus):
    """Added tokens with every flag, beyond the vocabulary."""
    tokenizer = reload(train(corpus, split_then_bytes(TEKKEN), SPECIAL, 650, ignore_merges=True))
    tokenizer.add_special_tokens([AddedToken("<l>", lstrip=True, normalized=False), AddedToken("<r>", rstrip=True, normalized=False)])
    tokenizer.add_tokens([
        AddedToken("<lr>", lstrip=True, rstrip=True), AddedToken("word", single_word=True, normalized=False), AddedToken("<norm>", normalized=True),
        AddedToken("<no", normalized=False, single_word=True), AddedToken("<norm>x", normalized=True), AddedToken("two words", single_word=True, lstrip=True),
        AddedToken("é"), AddedToken("Ġ"), AddedToken("𐌰𐌱"), AddedToken("😀", rstrip=True), AddedToken("\n\n\n", normalized=False),
    ])
    return json.loads(tokenizer.to_str())


def llama3(corpus):
    """Llama 3's regex, which ignores case in a group, and a template inside a Sequence."""
    definition = train(corpus, split_then_bytes(LLAMA3), ["<s>", "</s>"], 650, ignore_merges=True)
    tokenizer = reload(definition)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B", special_tokens=[("<s>", 0), ("</s>", 1)]),
    ])
    return json.loads(tokenizer.to_str())


def possessive(corpus):
    """Possessive quantifiers, and a repeated interval that looks like one."""
    return train(corpus, split_then_bytes(POSSESSIVE), ["<s>"], 600)


def partial(corpus):
    """A vocabulary without all 256 bytes but with an unknown token, and a space before every text."""
    ascii_only = [line for line in corpus if line.isascii()]
    pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)
    return train(ascii_only, pre_tokenizer, ["<unk>", "<s>"], 500, alphabet=False, unk_token="<unk>")


VARIANTS = [nemotron, gpt2, permuted, flags, llama3, possessive, partial]


def case(tokenizer, text):
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


def lines_of(values):
    return "[\n" + ",\n".join(json.dumps(value, separators=(",", ":")) for value in values) + "\n]\n"


def write_variant(out, make, corpus):
    definition = make(corpus)
    folder = out / make.__name__
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(definition, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8", newline="\n")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    rng = random.Random(f"{SEED} {make.__name__}")
    texts = dict.fromkeys([*HANDMADE, *runs(), *random_texts(rng, 100)])
    cases = [case(tokenizer, text) for text in texts]
    (folder / "cases.json").write_text(lines_of(cases), encoding="utf-8", newline="\n")
    print(f"{make.__name__}: {tokenizer.get_vocab_size()} tokens, {len(cases)} cases")


def ranges_of(regex_class):
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


def write_classes(out):
    names = [r"\p{Lu}", r"\p{Ll}", r"\p{Lt}", r"\p{Lm}", r"\p{Lo}", r"\p{M}", r"\p{N}", r"\p{Cn}", r"\s"]
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(ranges_of(name), separators=(',', ':'))}" for name in names)
    (out / "unicode-classes.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8", newline="\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the fixtures; files of the same names are overwritten")
    parser.add_argument("--corpus", type=pathlib.Path, help="text to train on instead of the generated one")
    arguments = parser.parse_args()
    corpus = arguments.corpus.read_text(encoding="utf-8").splitlines(keepends=True) if arguments.corpus else generated_corpus()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for make in VARIANTS:
        write_variant(arguments.out, make, corpus)
    write_classes(arguments.out)
    size = sum(file.stat().st_size for file in arguments.out.rglob("*.json"))
    print(f"tokenizers {tokenizers.__version__}: {size:,} bytes in {arguments.out}")
    if size > MAX_BYTES:
        raise SystemExit(f"The fixtures are larger than {MAX_BYTES:,} bytes.")


if __name__ == "__main__":
    main()
