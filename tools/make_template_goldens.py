#!/usr/bin/env python3
"""Renders chat templates and template snippets as transformers does, for the tests of the C# interpreter.

    python3 tools/make_template_goldens.py --out tests/NemotronH.Tests/Fixtures/templates TEMPLATE.jinja...

writes `snippets.json` (small templates with variables and output) and `chats.json` (requests, and for every template given its SHA-256 and the
prompt of each request). An output that could not be rendered is recorded as {"error": EXCEPTION}. The templates themselves are not written.

Where transformers can be imported its own code compiles and renders; else jinja2 alone does, in an environment set up the same way (the
settings are those of transformers 5.17). The files say which it was. Nothing in them depends on the time or the machine.
"""

import argparse
import copy
import hashlib
import json
import platform
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import jinja2
import jinja2.ext
import jinja2.sandbox

from template_cases import REQUESTS
from template_snippets import VARIABLES, templates

try:
    import transformers
    from transformers.utils import chat_template_utils
except ImportError:
    transformers = None


class GenerationTag(jinja2.ext.Extension):
    """`{% generation %}`: the body as a call block whose caller gives it back as it is."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


@lru_cache
def compile_template(source):
    if transformers is not None:
        return chat_template_utils._compile_jinja_template(source)
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[GenerationTag, jinja2.ext.loopcontrols])
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment.from_string(source)


def render_chat(source, request):
    """As transformers' apply_chat_template without a tokenizer's special tokens."""
    messages, tools = request["messages"], request.get("tools")
    generation, kwargs = request.get("add_generation_prompt", False), request.get("kwargs", {})
    if transformers is not None:
        return chat_template_utils.render_jinja_template(
            conversations=[messages], tools=tools, chat_template=source, add_generation_prompt=generation, **kwargs)[0][0]
    return compile_template(source).render(messages=messages, tools=tools, documents=None, add_generation_prompt=generation, **kwargs)


def parsed_arguments(text):
    """The object whose JSON a text is; no arguments for a blank text; any other text as it is."""
    try:
        value = json.loads(text) if text.strip() else {}
    except ValueError:
        return text
    return value if isinstance(value, dict) else text


def with_parsed_arguments(request):
    """A request whose tool calls have their arguments as objects, where they stood as text: what the C# code does first."""
    request = copy.deepcopy(request)
    messages = [message for message in request["messages"] if isinstance(message, dict) and isinstance(message.get("tool_calls"), list)]
    for call in (call for message in messages for call in message["tool_calls"] if isinstance(call, dict)):
        holder = call["function"] if isinstance(call.get("function"), dict) else call
        if isinstance(holder.get("arguments"), str):
            holder["arguments"] = parsed_arguments(holder["arguments"])
    return request


def outcome(render):
    try:
        return render()
    except Exception as error:  # whatever it is, the template does not render
        return {"error": type(error).__name__}


def write(path, content):
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for snippets.json and chats.json")
    parser.add_argument("templates", type=Path, nargs="+", help="chat templates")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)

    made_with = {"python": platform.python_version(), "jinja2": jinja2.__version__, "markupsafe": version("markupsafe"),
                 "transformers": transformers.__version__ if transformers else None}
    print("rendered with", ", ".join(f"{name} {number}" for name, number in made_with.items()))
    snippets = [{"group": group, "template": source, "expected": outcome(lambda: compile_template(source).render(**VARIABLES))}
                for group, source in templates()]
    write(arguments.out / "snippets.json", {"made_with": made_with, "variables": VARIABLES, "cases": snippets})

    sources = {path.name: path.read_bytes() for path in sorted(arguments.templates)}
    chats = [{"name": name, **request,
              "expected": {template: outcome(lambda: render_chat(source.decode(), with_parsed_arguments(request)))
                           for template, source in sources.items()}}
             for name, request in REQUESTS]
    write(arguments.out / "chats.json", {
        "made_with": made_with, "sha256": {name: hashlib.sha256(source).hexdigest() for name, source in sources.items()}, "cases": chats})
    for kind, cases in (("snippets", [case["expected"] for case in snippets]),
                        ("chats", [expected for case in chats for expected in case["expected"].values()])):
        print(f"{kind}: {len(cases)}, of which {sum(isinstance(case, dict) for case in cases)} fail")


if __name__ == "__main__":
    main()
