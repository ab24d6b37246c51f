"""The texts of the tokenizer fixtures: a corpus to train small vocabularies on, and texts on which tokenizers go wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator

SEED = 20261122

# The first ids of the Nemotron 3 vocabulary; those from <think> on are added tokens but not special ones.
SPECIAL = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]",
           "[TOOL_CALLS]", "<|im_start|>", "<|im_end|>"]
NOT_SPECIAL = ["<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]

WORDS = """the of and to in is that it was for on are as with his they at be this from have or by one had not but what all were when we there
can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see
time could no make than first been its who now people my made over did down only way find use may water long little very after words called
just where most know Nemotron Mamba state attention expert token model layer hidden kernel tensor Hello World OpenAI HTTP GPU""".split()
FOREIGN = """größer Straße übermäßig garçon élève naïve señor España ação coração Привет мир как дела Καλημέρα κόσμε שלום עולם مرحبا بالعالم
नमस्ते दुनिया สวัสดีชาวโลก こんにちは世界 今日は良い天気 你好世界 人工智能 안녕하세요 세계 𝒜𝓁𝓅𝒽𝒶 𐌰𐌹𐌲𐌴𐌹𐌽𐍃 😀😀 👍 🎉🎉 ✓ → €""".split()
CODE = ["def main(argc, argv):\n    return argc + 1\n", "for (int i = 0; i < n; i++) {\n\tsum += a[i];\n}\n", "// comment\n/* block */\n",
        "if (x != null && y >= 0) throw new ArgumentException(\"x\");\r\n", "    <div class=\"row\">\n      </div>\n", "SELECT * FROM t WHERE id = 42;\n",
        "https://example.com/a/b?c=d&e=f#g\n", "{\"key\": [1, 2.5, -3e10, true, null]}\n"]


def generated_corpus() -> list[str]:
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


def runs() -> Iterator[str]:
    for character, count in [("a", 700), ("A", 300), (" ", 500), ("\n", 300), ("0", 200), ("-", 400), ("é", 150), ("中", 120), ("😀", 100), ("𐌰", 80), ("\u0301", 100), ("<", 200)]:
        yield character * count
        yield character * (count // 4) + "x" + character * 7
    yield "ab" * 300
    yield " \n" * 120
    yield "the " * 120
    yield "<s>" * 60
    yield "".join(WORDS)


def random_texts(rng: random.Random, count: int) -> Iterator[str]:
    pieces = list(CHARACTERS) + WORDS[:40] + FOREIGN + SPECIAL + NOT_SPECIAL + ["<l>", "<r>", "<lr>", "word", "<norm>", "<norm>x", "'s", "\r\n", "  ", "    "]
    for _ in range(count):
        kind = rng.random()
        if kind < 0.5:
            yield "".join(rng.choice(CHARACTERS) for _ in range(rng.randint(1, 16)))
        elif kind < 0.9:
            yield "".join(rng.choice(pieces) for _ in range(rng.randint(1, 12)))
        else:
            yield "".join(chr(code_point(rng)) for _ in range(rng.randint(1, 8)))


def code_point(rng: random.Random) -> int:
    while True:
        value = rng.randrange(rng.choice([0x250, 0x3000, 0x10000, 0x20000, 0x110000]))
        if not 0xD800 <= value < 0xE000:
            return value


def all_texts(name: str) -> list[str]:
    """The handmade texts, long runs, and random ones that differ from variant to variant; none twice."""
    return list(dict.fromkeys([*HANDMADE, *runs(), *random_texts(random.Random(f"{SEED} {name}"), 100)]))
