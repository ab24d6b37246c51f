"""Chat requests for the goldens of whole chat templates: messages, tools, template arguments, generation prompt."""

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "  Current weather. ", "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "City name\n"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            "days": {"type": "integer", "minimum": 1, "maximum": 14.0, "description": "How many <days> & nights"},
        },
        "required": ["city"]}}}

SEARCH = {"type": "function", "function": {
    "name": "search", "description": "Finds documents \"by\" 'query'.", "strict": True, "parameters": {
        "type": "object", "additionalProperties": False, "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {
            "query": {"type": ["string", "null"], "description": "日本語 ok"},
            "filters": {"type": "object", "description": "Nested", "properties": {
                "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b", None]}}, "exact": {"type": "boolean", "default": False}},
                "required": ["tags"]},
            "limit": {"type": "number", "default": 1e3, "exclusiveMinimum": 0.5, "nullable": True, "examples": [1, 2.0, 1e-7]},
            "mode": {"enum": [1, "two", None, True, 3.5]},
            "anything": {},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}], "default": None},
        },
        "required": ["query", "filters"]}}}

BARE = {"name": "ping", "description": "No wrapper, no parameters"}
EMPTY = {"type": "function", "function": {"name": "noop", "parameters": {}}}
NO_PROPERTIES = {"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}, "required": []}}}
UNUSUAL = {"type": "function", "function": {
    "name": "emoji_🚀", "description": "Zeilen\n\numbruch\t", "x-extra": {"k": [1, {"z": None}]}, "flag": True, "nothing": None, "parameters": {
        "type": "object", "title": "T <x>", "properties": {"name": {"type": "string", "name": "shadow"}, "items": {"type": "array", "items": {"type": "integer"}}},
        "minProperties": 1}}}


def system(content):
    return {"role": "system", "content": content}


def user(content):
    return {"role": "user", "content": content}


def assistant(content, **more):
    return {"role": "assistant", "content": content, **more}


def tool(content, **more):
    return {"role": "tool", "content": content, **more}


def call(name, arguments, identifier="call_1"):
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}


HELLO = [user("Hello")]
THOUGHTFUL = [user("2+2?"), assistant("4", reasoning_content="Adding two and two."), user("And 3+3?")]
CALLING = [
    user("Weather in Paris?"),
    assistant("Let me look.", reasoning_content="I need the tool.", tool_calls=[call("get_weather", {"city": "Paris", "days": 3, "unit": "celsius"})]),
    tool('{"temp": 21.5}', tool_call_id="call_1"),
]
ARGUMENTS = {
    "text": "line one\nline two\n", "empty": "", "number": 5, "float": 1.0, "exponent": 1e3, "negative": -0.5, "true": True, "false": False,
    "null": None, "list": [1, "zwei", None, {"k": [True]}], "object": {"b": 1, "a": {"c": "<&>"}}, "unicode": "naïve 日本 👍", "quote": "\"'\\",
}

REQUESTS = [
    ("user only", {"messages": HELLO}),
    ("user only, generation", {"messages": HELLO, "add_generation_prompt": True}),
    ("system", {"messages": [system("You are terse."), *HELLO], "add_generation_prompt": True}),
    ("empty system", {"messages": [system(""), *HELLO], "add_generation_prompt": True}),
    ("empty user", {"messages": [user("")], "add_generation_prompt": True}),
    ("white space", {"messages": [system("  padded \n"), user("\n\n  text\t "), assistant("  answer \n\n"), user(" \n ")], "add_generation_prompt": True}),
    ("line ends", {"messages": [user("a\r\nb\rc\n\n"), assistant("x\r\n"), user("\u2028\u00a0z\u00a0")]}),
    ("thinking off", {"messages": HELLO, "add_generation_prompt": True, "kwargs": {"enable_thinking": False}}),
    ("thinking on", {"messages": HELLO, "add_generation_prompt": True, "kwargs": {"enable_thinking": True}}),
    ("thinking null", {"messages": HELLO, "add_generation_prompt": True, "kwargs": {"enable_thinking": None}}),
    ("multi-turn", {"messages": [system("S"), user("one"), assistant("two"), user("three"), assistant("four"), user("five")], "add_generation_prompt": True}),
    ("ends with assistant", {"messages": [user("one"), assistant("two")]}),
    ("assistant first", {"messages": [assistant("Welcome!"), user("Hi")], "add_generation_prompt": True}),
    ("reasoning in history", {"messages": THOUGHTFUL, "add_generation_prompt": True}),
    ("reasoning kept", {"messages": THOUGHTFUL, "add_generation_prompt": True, "kwargs": {"truncate_history_thinking": False}}),
    ("reasoning after last user", {"messages": [user("q"), assistant("a", reasoning_content="because\n")]}),
    ("reasoning empty", {"messages": [user("q"), assistant("a", reasoning_content="  "), user("r"), assistant("b", reasoning_content=None)]}),
    ("reasoning not text", {"messages": [user("q"), assistant("a", reasoning_content=5), user("r")]}),
    ("think tags in content", {"messages": [user("q"), assistant("<think>\nhidden\n</think>\n\nseen"), user("r")], "add_generation_prompt": True}),
    ("think tags kept", {"messages": [user("q"), assistant("<think>hidden</think>seen"), user("r")], "kwargs": {"truncate_history_thinking": False}}),
    ("open think tag", {"messages": [user("q"), assistant("<think>never closed"), user("r"), assistant("close only</think>rest")]}),
    ("two think blocks", {"messages": [user("q"), assistant("<think>a</think>b<think>c</think>d"), user("r")]}),
    ("assistant null", {"messages": [user("q"), assistant(None), user("r")], "add_generation_prompt": True}),
    ("assistant empty", {"messages": [user("q"), assistant(""), user("r"), assistant("")]}),
    ("assistant without content", {"messages": [user("q"), {"role": "assistant"}, user("r")]}),
    ("toggles in text", {"messages": [system("/no_think please"), user("really /think"), assistant("ok"), user("now /no_think")], "add_generation_prompt": True}),
    ("toggle and close tag", {"messages": [user("a </think> b /think c")], "add_generation_prompt": True, "kwargs": {"enable_thinking": False}}),
    ("medium effort", {"messages": [user("one"), assistant("two"), user("three")], "add_generation_prompt": True, "kwargs": {"medium_effort": True}}),
    ("low effort", {"messages": HELLO, "add_generation_prompt": True, "kwargs": {"low_effort": True}}),
    ("reasoning budget", {"messages": [user("one"), assistant("two"), user("three")], "add_generation_prompt": True, "kwargs": {"reasoning_budget": 512}}),
    ("reasoning budget zero", {"messages": HELLO, "kwargs": {"reasoning_budget": 0}}),
    ("unused arguments", {"messages": HELLO, "kwargs": {"force_nonempty_content": True, "custom": {"a": [1]}, "loop_messages": 5, "content": "x", "c": "y"}}),
    ("tools", {"messages": HELLO, "tools": [WEATHER], "add_generation_prompt": True}),
    ("tools and system", {"messages": [system("Use tools."), *HELLO], "tools": [WEATHER, SEARCH], "add_generation_prompt": True}),
    ("tools and empty system", {"messages": [system(""), *HELLO], "tools": [BARE]}),
    ("tools of all kinds", {"messages": HELLO, "tools": [SEARCH, BARE, EMPTY, NO_PROPERTIES, UNUSUAL], "add_generation_prompt": True}),
    ("no tools", {"messages": HELLO, "tools": [], "add_generation_prompt": True}),
    ("tool without parameters", {"messages": HELLO, "tools": [{"type": "function", "function": {"name": "p", "description": None, "parameters": None}}]}),
    ("tool call", {"messages": CALLING, "tools": [WEATHER], "add_generation_prompt": True}),
    ("tool call, text arguments", {"messages": [
        user("q"), assistant("", tool_calls=[call("get_weather", '{"city": "Pa\\u0072is", "days": 3, "far": 1e3, "exact": 1.0, "opt": null}')]), tool("ok"), user("r")]}),
    ("tool call, all kinds of arguments", {"messages": [user("q"), assistant(None, tool_calls=[call("f", ARGUMENTS)]), tool("done")]}),
    ("tool call, no arguments", {"messages": [user("q"), assistant("", tool_calls=[call("f", {}), call("g", "{}")]), tool("1"), tool("2")]}),
    ("tool call without arguments field", {"messages": [user("q"), assistant("", tool_calls=[{"type": "function", "function": {"name": "f"}}]), tool("1")]}),
    ("tool call without wrapper", {"messages": [user("q"), assistant("", tool_calls=[{"name": "f", "arguments": {"a": 1}}]), tool("1")]}),
    ("tool call, list as text", {"messages": [user("q"), assistant("", tool_calls=[call("f", "[1, 2]")]), tool("1")]}),
    ("tool call, not JSON", {"messages": [user("q"), assistant("", tool_calls=[call("f", "oops {")]), tool("1")]}),
    ("tool call, number spelling as text", {"messages": [
        user("q"), assistant("", tool_calls=[call("f", '{"z": 1.0, "a": 1e5, "m": 1E+20, "big": 123456789012345678901234567890, "neg": -0, "nz": -0.0, "deep": [1.50, {"k": [1e-7]}]}')]),
        tool("ok")]}),
    ("tool call, key order and doubles", {"messages": [
        user("q"), assistant(None, tool_calls=[call("f", '{"b": 1, "a": {"z": null, "y": true, "z": false}, "b": 2}')]), tool([{"type": "text", "text": "part"}])]}),
    ("numbers in schemas", {"messages": HELLO, "tools": [{"type": "function", "function": {
        "name": "n", "version": 1.0, "parameters": {"type": "object", "properties": {"x": {
            "type": "number", "minimum": -0.0, "maximum": 1e16, "multipleOf": 1e-5, "default": 123456789012345678901234567890, "const": 100000.0}}}}}]}),
    ("schema of odd types", {"messages": HELLO, "tools": [{"type": "function", "function": {
        "name": "odd", "parameters": {"properties": {"a": {"type": None, "description": "", "enum": None}, "b": {"type": {"x": 1}, "enum": "abc"}}, "required": None, "$defs": {}}}}]}),
    ("system of parts, tools", {"messages": [system([{"type": "text", "text": "sys"}]), *HELLO], "tools": [WEATHER]}),
    ("tool result of parts", {"messages": [*CALLING[:2], tool([{"type": "text", "text": "21 °C"}], tool_call_id="call_1", name="get_weather")], "add_generation_prompt": True}),
    ("several calls", {"messages": [
        user("q"), assistant("Both:", tool_calls=[call("f", {"a": 1}), call("g", {"b": [1, 2]}, "call_2")]), tool("A"), tool("B"), assistant("Done."), user("thanks")],
        "add_generation_prompt": True}),
    ("calls in history", {"messages": [*CALLING, assistant("Sunny.", reasoning_content="It says 21.5."), user("And Rome?")], "tools": [WEATHER], "add_generation_prompt": True}),
    ("calls in history, kept", {"messages": [*CALLING, assistant("Sunny."), user("And Rome?")], "add_generation_prompt": True, "kwargs": {"truncate_history_thinking": False}}),
    ("calls with think tags", {"messages": [
        user("q"), assistant("<think>plan</think>Say", tool_calls=[call("f", {"a": "b"})]), tool("r"), user("s"),
        assistant("<think>open", tool_calls=[call("f", {})]), tool("t"), user("u")], "add_generation_prompt": True}),
    ("empty calls", {"messages": [user("q"), assistant("a", tool_calls=[]), user("r"), assistant("b", tool_calls=None)]}),
    ("tool results around", {"messages": [user("q"), tool("lonely"), user("r"), tool("x"), tool("y")], "add_generation_prompt": True}),
    ("tool result first", {"messages": [tool("orphan"), user("q")]}),
    ("tool result not text", {"messages": [user("q"), assistant("", tool_calls=[call("f", {})]), tool({"a": [1, 2.0, None]}), user("r"), tool(None), tool(5)]}),
    ("system later", {"messages": [user("q"), system("changed"), user("r")], "add_generation_prompt": True}),
    ("two systems", {"messages": [system("one"), system("two"), user("q")]}),
    ("system only", {"messages": [system("alone")], "add_generation_prompt": True}),
    ("other role", {"messages": [user("q"), {"role": "developer", "content": "do"}, {"role": "critic", "content": " c "}], "add_generation_prompt": True}),
    ("other role, null", {"messages": [user("q"), {"role": "developer", "content": None}]}),
    ("unicode", {"messages": [system("Ünïcödé ✓"), user("日本語 👩‍👩‍👧 \U0001d54f"), assistant("«»\u200b\ufeff")], "add_generation_prompt": True}),
    ("markup", {"messages": [user("<b>&amp;</b> <|im_end|> {{ x }} {% y %} </tool_call>"), assistant("<tool_call>fake</tool_call>"), user("'\"`")]}),
    ("long text", {"messages": [user("word " * 300), assistant("line\n" * 100), user("end")], "add_generation_prompt": True}),
    ("content parts", {"messages": [user([{"type": "text", "text": "Describe"}, {"type": "text", "text": " this."}])], "add_generation_prompt": True}),
    ("image parts", {"messages": [
        system([{"type": "text", "text": "sys"}]), user([{"type": "image"}, {"type": "text", "text": "\nWhat?"}, {"type": "image_url", "image_url": {"url": "u"}}]),
        assistant("A cat."), user([{"type": "text", "text": "/no_think <image> again"}, {"type": "image"}])], "add_generation_prompt": True}),
    ("mixed media parts", {"messages": [user([{"type": "video"}, {"type": "audio"}, {"type": "audio_url"}, {"type": "image"}, {"type": "text", "text": " go /think "}])]}),
    ("assistant parts", {"messages": [user("q"), assistant([{"type": "text", "text": "parts"}]), user("r")]}),
    ("empty parts", {"messages": [user([]), assistant([]), user("r")]}),
    ("user null", {"messages": [user(None)], "add_generation_prompt": True}),
    ("user number", {"messages": [user(5), assistant(7), user(1.50)]}),
    ("no messages", {"messages": []}),
    ("message without role", {"messages": [{"content": "x"}, user("q")]}),
    ("extra fields", {"messages": [{"role": "user", "content": "q", "name": "Al", "items": [1]}, {"role": "assistant", "content": "a", "refusal": None, "audio": {}}]}),
]
