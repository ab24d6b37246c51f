"""Small templates, one for each construct, filter, test and method that an interpreter of chat templates meets.

Every snippet sees VARIABLES. None of them prints an address, the time, or anything else that changes from run to run or
between the versions of Python and Jinja2 in use.
"""

VARIABLES = {
    "empty": "", "name": "Ada", "text": "Hello, World!", "padded": "  \t two words \n", "lines": "one\ntwo\r\n\nfour",
    "html": "<b>\"Tom\" & 'Jerry'</b>", "accents": "ÄÖÜ ß éàç ŁÓDŹ", "greek": "ΟΔΟΣ Σ ς", "emoji": "a👍🏽b🇩🇪c", "cjk": "你好,世界",
    "zero": 0, "one": 1, "seven": 7, "minus": -5, "big": 123456789012345678901234567890, "half": 0.5, "pi": 3.14159,
    "huge": 1e300, "tiny": 1e-7, "whole": 2.0, "yes": True, "no": False, "nil": None,
    "numbers": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"], "mixed": [1, "a", None, True, 2.5, [1], {"k": "v"}],
    "nested": [[1, 2], [3, [4]]], "nothing": [], "pairs": [["a", 1], ["b", 2]],
    "person": {"name": "Ada", "age": 36, "langs": ["en", "fr"], "items": "shadowed", "address": {"city": "London"}},
    "bag": {"b": 2, "a": 1, "C": 3}, "void": {},
    "people": [{"name": "Bob", "age": 20}, {"name": "ann", "age": 30}, {"name": "Cid"}, {"name": "Bob", "age": 5}],
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": None}],
}

OUTPUT = r"""
{{ name }}|{{ one }}|{{ minus }}|{{ big }}|{{ half }}|{{ whole }}|{{ huge }}|{{ tiny }}|{{ yes }}|{{ no }}|{{ nil }}|{{ missing }}|
{{ mixed }}
{{ person }}
{{ nested }} {{ nothing }} {{ void }}
{{ [html, accents, emoji, cjk, padded, lines] }}
{{ ['it\'s', 'say "x"', 'both \' and "', 'back\\slash', '\x00\x1f\x7f\xa0\u200b\u2028\ud7ff\U0001f600'] }}
{{ {'k': missing, 1: none, 2.5: true, none: 1, true: 'one'} }}
{{ (1,) }} {{ (1, 2) }} {{ () }} {{ 1, 'two' }}
{{ 1e3 }} {{ 1e15 }} {{ 1e16 }} {{ 1.5e-5 }} {{ 0.0001 }} {{ 0.00001 }} {{ 123456789.123 }} {{ 1e22 }} {{ 1e23 }} {{ -0.0 }} {{ 5e-324 }}
{{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1_000_000 }} {{ 00 }} {{ 1_0.2_5 }} {{ 2.5E+3 }}
{{ "a" "b" 'c' }} {{ "\t|\n|\\|\'|\"|\x41|\u00e9|\101|\q|\
x" }}
{{ namespace(a=1, b='x') }} {{ range(3) }} {{ range(1, 9, 2) }} {{ bag.items() }} {{ bag.keys() }} {{ bag.values() }}
{{ true }}{{ True }}{{ false }}{{ False }}{{ none }}{{ None }}
{{ missing.x }}
{{ missing.x.y }}
{{ name.nope }}|{{ person.nope }}|{{ numbers[99] }}|{{ numbers['x'] }}|{{ nil.x }}|{{ one[0] }}
{{ person.nope.nope }}
{{ missing() }}
{{ name() }}
{{ nil() }}
"""

OPERATORS = r"""
{{ 7 + 2 }} {{ 7 - 9 }} {{ 7 * 2 }} {{ 7 / 2 }} {{ 8 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }}
{{ 7.5 // 2 }} {{ -7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 7.5 % -2 }} {{ 2 ** 0.5 }} {{ 0.1 + 0.2 }} {{ 1 + 1.0 }} {{ 10 / 4 * 2 }}
{{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 1 - -1 }} {{ - 1 + 2 }} {{ +3 }} {{ -half }} {{ -yes }} {{ yes + yes }} {{ big * big }} {{ big // 7 }} {{ big % 97 }}
{{ big / 7 }} {{ big * 1.0 }} {{ big | float }} {{ 9007199254740993 * 1.0 }} {{ 9007199254740993 == 9007199254740992.0 }} {{ big < 1.2345678901234568e29 }}
{{ 1 ~ 2 }} {{ 'a' ~ 1 ~ none ~ true ~ missing ~ [1, 'x'] }} {{ 1 + (2 ~ 3) | int + 4 }} {{ 'a' ~ 2 * 3 }}
{{ 'a' + 'b' }} {{ 'ab' * 3 }} {{ 3 * 'ab' }} {{ 'ab' * -1 }}| {{ [1] + [2] }} {{ [1, 2] * 2 }} {{ (1,) + (2,) }} {{ 'ab' * yes }}
{{ 1 < 2 }} {{ 2 <= 2 }} {{ 1 > 2 }} {{ 2 >= 3 }} {{ 1 == 1.0 }} {{ 1 != 2 }} {{ true == 1 }} {{ 'a' < 'b' }} {{ 'Z' < 'a' }} {{ [1, 2] < [1, 3] }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 3 > 2 > 1 == 1 }} {{ 1 == 1 in [1] }} {{ '' == missing }} {{ missing == nope }} {{ none == missing }}
{{ 'a' in 'abc' }} {{ 'x' not in 'abc' }} {{ 1 in [1, 2] }} {{ 'a' in bag }} {{ 'z' in bag }} {{ 2 in (1, 2) }} {{ 3 in range(5) }} {{ 1.0 in [1] }} {{ 'a' in missing }}
{{ not true }} {{ not '' }} {{ not 1 in [1] }} {{ true and 'x' }} {{ 0 and 1/0 }} {{ '' or 'y' }} {{ 'a' or 1/0 }} {{ false or none }} {{ not not 5 }} {{ 1 and 2 or 3 }}
{{ 'yes' if one else 'no' }} {{ 'yes' if zero else 'no' }} {{ 'x' if false }}| {{ 1 if 0 else 2 if 0 else 3 }} {{ ('x' if false) is defined }}
{{ 'uff' ~ html ~ "&" }} {{ cjk < 'z' }} {{ '\uffff' < '\U0001f600' }} {{ '\ue000' < '\U0001f600' }}
{{ 10 is divisibleby 5 and 3 is odd or false }} {{ not 3 is even }} {{ 1 is defined == true }}
{{ "%s is %d years and %.2f%%" % ('Ada', 36, 1.005) }} {{ '%5d|%-5d|%05d|%+d|%x|%X|%o' % (42, 42, 42, 42, 255, 255, 8) }}
{{ '%s' % name }} {{ '%s %r' % ('a', 'b') }} {{ '%(a)s-%(b)03d' % {'a': 'x', 'b': 7} }} {{ '%s' % [1, 2] }} {{ '%e %.3e %E' % (12345.678, 0.00012, 1) }}
{{ '%5s|%-5s|%.2s' % ('ab', 'ab', 'abcdef') }} {{ '%c%c' % ('x', 65) }} {{ '%d' % 3.99 }} {{ '%s' % missing }}| {{ '%.0f %.0f' % (0.5, 1.5) }}
{{ 5 + 'a' }}
{{ 'a' + 5 }}
{{ [1] + (2,) }}
{{ none + 1 }}
{{ missing + 1 }}
{{ 'a' < 1 }}
{{ none < none }}
{{ missing < 1 }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1.5 % 0 }}
{{ 0 ** -1 }}
{{ -missing }}
{{ -'a' }}
{{ 1 in 5 }}
{{ 1 in 'abc' }}
{{ [] in bag }}
{{ '%d' % 'x' }}
{{ '%s %s' % ('a',) }}
{{ '%s' % ('a', 'b') }}
{{ {} + {} }}
"""

ACCESS = r"""
{{ person.name }} {{ person['name'] }} {{ person["address"].city }} {{ person.langs[0] }} {{ person.langs.1 }} {{ messages[-1].role }}
{{ numbers[0] }} {{ numbers[-1] }} {{ numbers[true] }} {{ text[0] }} {{ text[-1] }} {{ emoji[1] }} {{ emoji[-1] }} {{ (1, 2)[1] }} {{ range(10)[3] }} {{ range(10)[-1] }}
{{ text[1:4] }} {{ text[:5] }} {{ text[7:] }} {{ text[-6:-1] }} {{ text[::-1] }} {{ text[::2] }} {{ text[10:2:-3] }} {{ text[5:1] }}| {{ text[:] }} {{ text[-99:99] }}
{{ numbers[1:] }} {{ numbers[:-1] }} {{ numbers[::-1] }} {{ numbers[5:] }} {{ (1, 2, 3)[1:] }} {{ range(10)[2:8:3] | list }} {{ range(5)[::-1] | list }}
{{ emoji[::-1] }} {{ emoji[1:3] }} {{ emoji | length }} {{ emoji[2:] }} {{ cjk[1:3] }} {{ text[none:3] }} {{ text[1:none:2] }}
{{ person.items() | list | length }} {{ person['items'] }} {{ person.get('name') }} {{ person.get('x') }} {{ person.get('x', 'd') }}
{{ bag.keys() | list }} {{ bag.values() | list }} {{ bag.items() | list }} {{ bag.copy() }} {{ bag | length }} {{ bag.keys() | length }}
{{ numbers.index(2) }} {{ numbers.count(1) }} {{ words.copy() }} {{ (1, 1).count(1) }}
{{ bag['a', 'b'] }}|{{ bag[[1]] }}|{{ bag[1:2] is defined }}
{{ name['upper']() }} {{ name.upper() }} {{ person['name'].lower() }}
{{ numbers.append is defined }} {{ name.__class__ is defined }} {{ bag.update is defined }} {{ name.__class__ }}|{{ numbers.append }}|
{{ person.address.city.nope is defined }} {{ person.nope is defined }}
{{ numbers.append(4) }}
{{ bag.update({'x': 1}) }}
{{ bag.pop('a') }}
{{ numbers.sort() }}
{{ ''.__class__.__mro__ }}
{{ nil[1:] }}
{{ one[1:] }}
{{ missing[1:] }}
{{ missing[0] }}
{{ text['a':] }}
{{ text[::0] }}
{{ numbers.index(99) }}
{{ bag.nope() }}
"""

FILTERS = r"""
{{ missing | default('d') }} {{ missing | d }}| {{ empty | default('d') }}| {{ empty | default('d', true) }} {{ nil | default('d') }} {{ nil | default('d', boolean=true) }} {{ zero | d(1, true) }} {{ missing | default(default_value=5) }}
{{ text | length }} {{ numbers | count }} {{ bag | length }} {{ nothing | length }} {{ missing | length }} {{ range(4) | length }}
{{ text | upper }} {{ text | lower }} {{ 'hELLO wORLD' | capitalize }} {{ "they're bill's (friends) from-the [UK]" | title }} {{ accents | upper }} {{ accents | lower }} {{ accents | title }} {{ greek | lower }}
{{ padded | trim }}| {{ 'xxhixx' | trim('x') }} {{ 'abcba' | trim(chars='ab') }} {{ 5 | trim }} {{ nil | trim }} {{ missing | trim }}| {{ '\u00a0\u2003x\x1c\x85' | trim }}|
{{ 'a-b-c' | replace('-', '+') }} {{ 'aaaa' | replace('a', 'b', 2) }} {{ 'aaa' | replace('', '.') }} {{ 'ab' | replace('', '.', 2) }} {{ 121 | replace(1, 3) }} {{ 'x' | replace(old='x', new='y') }}
{{ [1, 2, 3] | join }} {{ [1, 'a', none, true] | join(', ') }} {{ people | join('/', attribute='name') }} {{ 'abc' | join('-') }} {{ bag | join(d='+') }} {{ missing | join(',') }}| {{ people | map(attribute='age') | join(',') }}
{{ numbers | first }} {{ numbers | last }} {{ nothing | first }}| {{ nothing | last }}| {{ 'xyz' | first }} {{ 'xyz' | last }} {{ bag | first }} {{ bag | last }} {{ range(3) | last }}
{{ 'abc' | list }} {{ bag | list }} {{ (1, 2) | list }} {{ missing | list }} {{ range(3) | list }} {{ emoji | list }}
{{ numbers | sort }} {{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ numbers | sort(reverse=true) }} {{ people | sort(attribute='name') | map(attribute='name') | list }} {{ [[2, 'b'], [1, 'z'], [2, 'a']] | sort }}
{{ people | selectattr('age', 'defined') | sort(attribute='name,age') | map(attribute='age') | list }} {{ [true, 0, 2.5, -1] | sort }} {{ [none, none] | sort }} {{ 'cab' | sort }}
{{ bag | dictsort }} {{ bag | dictsort(true) }} {{ bag | dictsort(by='value') }} {{ bag | dictsort(reverse=true) }} {{ bag | dictsort(false, 'value', true) }}
{{ words | unique | list }} {{ words | unique(case_sensitive=true) | list }} {{ people | unique(attribute='name') | map(attribute='name') | list }} {{ [1, 1.0, true, '1'] | unique | list }}
{{ numbers | min }} {{ numbers | max }} {{ words | min }} {{ words | max }} {{ nothing | min }}| {{ people | selectattr('age', 'defined') | max(attribute='age') }} {{ words | max(case_sensitive=true) }}
{{ numbers | sum }} {{ people | selectattr('age', 'defined') | sum(attribute='age') }} {{ [[1], [2]] | sum(start=[]) }} {{ nothing | sum }} {{ [1, 2] | sum(start=10) }}
{{ numbers | reverse | list }} {{ 'abc' | reverse }} {{ emoji | reverse }} {{ bag | reverse | list }} {{ numbers | map('string') | reverse | list if false else 'x' }}
{{ [1, 2, 3, 4, 5] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 'x') | list }} {{ [1, 2, 3, 4, 5] | slice(3) | list }} {{ [1, 2, 3, 4] | slice(3, 'x') | list }}
{{ words | map('upper') | list }} {{ people | map(attribute='age', default=0) | list }} {{ words | map('replace', 'p', 'P') | join }} {{ pairs | map('first') | list }} {{ nested | map(attribute=0) | list }} {{ nested | map(attribute='1.0') | list }}
{{ [1, 2, 3, 4] | select('odd') | list }} {{ [1, 2, 3, 4] | reject('odd') | list }} {{ mixed | select | list }} {{ mixed | select('string') | list }} {{ [1, 5, 9] | select('gt', 4) | list }} {{ [1, 2] | select('in', [2, 3]) | list }} {{ mixed | reject('none') | list | length }}
{{ people | selectattr('age') | map(attribute='name') | list }} {{ people | rejectattr('age', 'defined') | map(attribute='name') | list }} {{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list }} {{ people | selectattr('age', 'gt', 10) | list if false else 'lazy' }} {{ messages | rejectattr('content', 'none') | list | length }} {{ messages | selectattr('role', '==', 'user') | first }}
{{ '42' | int }} {{ '42.9' | int }} {{ 'x' | int }} {{ 'x' | int(-1) }} {{ '0x1f' | int(base=16) }} {{ '11' | int(0, 2) }} {{ 3.99 | int }} {{ -3.99 | int }} {{ true | int }} {{ nil | int }} {{ ' 12 ' | int }} {{ '1_000' | int }} {{ '1e3' | int }} {{ [] | int(7) }}
{{ '1.5' | float }} {{ '1e3' | float }} {{ 'x' | float }} {{ 'x' | float(2.5) }} {{ 3 | float }} {{ nil | float }} {{ 'inf' | float }} {{ ' -0.5 ' | float }} {{ true | float }} {{ 'nan' | float }} {{ '1_0' | float }}
{{ -5 | abs }} {{ -2.5 | abs }} {{ true | abs }} {{ minus | abs }} {{ -big | abs }}
{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 42.55 | round(1) }} {{ 42.55 | round(1, 'floor') }} {{ 42.51 | round(1, 'ceil') }} {{ 1234 | round(-2) }} {{ 1250 | round(-2) }} {{ 7 | round }} {{ -2.5 | round }} {{ 1e300 | round(2) }} {{ 2.5 | round | int }} {{ 5 | round(0, 'floor') }} {{ 1234.5678 | round(-2) }} {{ -0.4 | round }}
{{ 'a\nb\n\nc' | indent }}| {{ 'a\nb' | indent(2, true) }}| {{ 'a\n\nb' | indent(width='> ', blank=true) }}| {{ 'a\n' | indent(1) }}| {{ '' | indent(3, first=true) }}|
{{ 'foo bar baz qux' | truncate(9) }} {{ 'foo bar baz qux' | truncate(9, true) }} {{ 'foo bar baz qux' | truncate(11) }} {{ 'foo bar baz qux' | truncate(11, false, '...', 0) }} {{ 'foobarbazqux' | truncate(8, end='!', leeway=0) }}
{{ 'ab' | center(7) }}| {{ 'abc' | center(6) }}| {{ 'one two  three_four' | wordcount }} {{ 'a b' | center(1) }}
{{ '%s-%s' | format('a', 1) }} {{ '%(x)s' | format(x=5) }} {{ 5 | string }} {{ 5.0 | string ~ 'x' }} {{ none | string }} {{ missing | string }}|
{{ html | escape }} {{ html | e | e }} {{ html | safe }} {{ html | e | forceescape }} {{ (html | safe) is escaped }} {{ html is escaped }} {{ 5 | safe ~ 1 }}
{{ '<' + ('>' | safe) }} {{ ('<' | safe) + '>' }} {{ '<' ~ ('>' | safe) }} {{ ('<a>' | safe) * 2 }} {{ ('<%s>' | safe) % '<x>' }} {{ ['<', '>' | safe] }} {{ ['<', '>' | safe] | join('&') }} {{ ('a,b' | safe).split(',') }} {{ ('<' | safe).replace('<', '>') }} {{ (', ' | safe).join(['<', 1]) }} {{ ('<{}>' | safe).format('<') }} {{ ('ab' | safe)[0] + '<' }} {{ ('ab' | safe | upper) + '<' }} {{ ('a' | safe | trim) + '<' }} {{ ('x' | safe | string) + '<' }} {{ ('x' | safe | replace('x', 'y')) + '<' }}
{{ bag | items | list }} {{ person | items | map('first') | list }} {{ missing | items | list }} {{ bag | attr('a') }}| {{ name | attr('upper') is callable }}
{{ mixed | tojson }} {{ person | tojson }} {{ html | tojson }} {{ emoji | tojson }} {{ accents | tojson(ensure_ascii=true) }} {{ emoji | tojson(true) }} {{ 'a\x00\x1f\x7f\n\t\r\b\f\\"/\u2028' | tojson }}
{{ bag | tojson(sort_keys=true) }} {{ mixed | tojson(separators=(',', ':')) }} {{ [] | tojson(indent=2) }} {{ {} | tojson(indent=2) }} {{ {'a': [1, {'b': []}]} | tojson(indent=2) }} {{ {'a': [1, 2]} | tojson(indent='\t') }} {{ [1, 2] | tojson(indent=0) }} {{ {'a': 1} | tojson(indent=1, separators=(';', '=')) }}
{{ 1e3 | tojson }} {{ 1.0 | tojson }} {{ 5e-324 | tojson }} {{ big | tojson }} {{ 'inf' | float | tojson }} {{ (1, 2) | tojson }} {{ {1: 2, none: 3, true: 4, 2.5: 5} | tojson }} {{ nil | tojson }} {{ true | tojson }}
{% set gen = numbers | map('string') %}{{ gen | join }}|{{ gen | join }}|{{ gen is iterable }} {{ gen is sequence }} {{ gen is mapping }}
{% set gen = [1, 2, 3] | select('odd') %}{% for x in gen %}{{ x }}{{ loop.length }}{{ loop.revindex }}{% endfor %}|{% for x in gen %}{{ x }}{% endfor %}
{% for g, group in people | groupby('name') %}{{ g }}:{{ group | length }};{% endfor %} {{ people | groupby('age', default=0) }} {{ (messages | groupby('role') | first).grouper }} {{ (messages | groupby('role') | last).list }} {{ words | groupby(0) | list }} {{ words | groupby(0, case_sensitive=true) | map(attribute='list') | list }} {{ nothing | groupby('x') }}
{{ 'the quick brown fox jumps' | wordwrap(10) }} {{ 'abcdefghijklm no' | wordwrap(5) }} {{ 'abcdefghijklm no' | wordwrap(5, false) }} {{ 'a b\n\nc d e  f g ' | wordwrap(3, wrapstring='|') }} {{ 'a well-known--fact -- of a-b' | wordwrap(7) }} {{ 'a well-known fact-finding' | wordwrap(7, break_on_hyphens=false) }} {{ emoji | wordwrap(2, wrapstring='|') }} {{ '' | wordwrap }}|
{{ ('<b> a' | safe).split('>')[1] + '<' }} {{ ('x-' | safe).ljust(4, '<') }} {{ ('a<b' | safe).partition('<') | join('|') }} {{ ('<a' | safe).removeprefix('<') + '<' }} {{ ('<<a' | safe).strip('<') }} {{ ('-' | safe).join(['<', '>' | safe]) }}
{{ people | groupby('age') }}
{{ people | groupby }}
{{ 5 | groupby('x') }}
{{ 5 | wordwrap }}
{{ 'x' | wordwrap(0) }}
{{ 5 | length }}
{{ nil | length }}
{{ nil | list }}
{{ numbers | map('nope') | list }}
{{ numbers | nope }}
{{ numbers | map | list }}
{{ missing | int }}
{{ missing | abs }}
{{ missing | round }}
{{ missing | tojson }}
{{ namespace() | tojson }}
{{ range(3) | tojson }}
{{ [1, 'a'] | sort }}
{{ {'a': none, 'b': none} | dictsort(by='value') }}
{{ numbers | dictsort }}
{{ numbers | items | list }}
{{ ['a', 'b'] | sum }}
{{ ['a', 'b'] | sum(start='') }}
{{ [[1], [1]] | unique | list }}
{{ numbers | select('odd') | length }}
{{ numbers | map('string') | last }}
{{ 'abc' | truncate(1) }}
{{ 5 | indent }}
{{ 'x' | round }}
{{ 2.5 | round(1, 'up') }}
{{ name | upper(1) }}
{{ name | trim(chars=1) }}
{{ name | replace('a') }}
{{ name | default('a', 'b', 'c') }}
{{ name | join(nope=1) }}
{{ [1, 2] | slice(0) | list }}
{{ 'inf' | float | int }}
{{ {'a': 1, 2: 3} | tojson(sort_keys=true) }}
"""

TESTS = r"""
{{ name is defined }} {{ missing is defined }} {{ missing is undefined }} {{ nil is defined }} {{ name is not defined }} {{ person.x is defined }}
{{ nil is none }} {{ zero is none }} {{ missing is none }} {{ nil is not none }} {{ yes is true }} {{ one is true }} {{ no is false }} {{ zero is false }} {{ yes is boolean }} {{ one is boolean }}
{{ name is string }} {{ one is string }} {{ one is number }} {{ half is number }} {{ yes is number }} {{ name is number }} {{ one is integer }} {{ yes is integer }} {{ half is integer }} {{ half is float }} {{ one is float }}
{{ bag is mapping }} {{ numbers is mapping }} {{ missing is mapping }} {{ numbers is sequence }} {{ name is sequence }} {{ bag is sequence }} {{ one is sequence }} {{ nil is sequence }} {{ missing is sequence }} {{ (1,) is sequence }} {{ range(2) is sequence }} {{ bag.items() is sequence }}
{{ numbers is iterable }} {{ name is iterable }} {{ bag is iterable }} {{ one is iterable }} {{ nil is iterable }} {{ missing is iterable }} {{ bag.keys() is iterable }} {{ range(2) is iterable }}
{{ range is callable }} {{ name is callable }} {{ name.upper is callable }} {{ missing is callable }} {{ namespace is callable }}
{{ 3 is odd }} {{ 4 is odd }} {{ 4 is even }} {{ -1 is odd }} {{ 2.0 is even }} {{ 9 is divisibleby(3) }} {{ 9 is divisibleby 2 }} {{ 10 is divisibleby 5 }}
{{ 1 is eq 1 }} {{ 1 is equalto 2 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 1 is lessthan(2) }} {{ 3 is gt 2 }} {{ 3 is greaterthan 5 }} {{ 3 is ge 3 }} {{ 3 is le 2 }}
{{ 1 is in [1, 2] }} {{ 'a' is in 'abc' }} {{ 'q' is not in bag }} {{ nil is sameas none }} {{ numbers is sameas numbers }} {{ [1] is sameas [1] }} {{ one is sameas true }} {{ 1.0 is sameas 1 }}
{{ 'abc' is lower }} {{ 'ABC' is upper }} {{ 'aB' is lower }} {{ '1' is upper }} {{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ 'nope' is test }}
{{ name is string and one is integer or missing is defined }} {{ (name is string) ~ 'x' }}
{{ 'a' is odd }}
{{ nil is even }}
{{ name is nope }}
{{ one is lt 'a' }}
{{ one is in 5 }}
{{ one is divisibleby 0 }}
{{ missing is odd }}
{{ one is divisibleby }}
"""

METHODS = r"""
{{ padded.strip() }}| {{ padded.lstrip() }}| {{ padded.rstrip() }}| {{ 'xxaxx'.strip('x') }} {{ 'xxaxx'.lstrip('x') }} {{ 'xxaxx'.rstrip('x') }} {{ 'abcXcba'.strip('abc') }} {{ padded.strip(none) == padded.strip() }}
{{ 'a b  c '.split() }} {{ 'a,b,,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ ' a  b c '.split(none, 1) }} {{ 'a b c'.rsplit(' ', 1) }} {{ ' a b  c '.rsplit(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'aXXbXXc'.split('XX') }} {{ 'a,b,c'.split(sep=',', maxsplit=1) }} {{ 'a<b>c'.split('<b>')[-1] }}
{{ lines.splitlines() }} {{ lines.splitlines(true) }} {{ ''.splitlines() }} {{ 'a\x0bb\u2028c'.splitlines() }} {{ 'a\n'.splitlines() }}
{{ 'aXbXc'.replace('X', '-') }} {{ 'aaa'.replace('a', 'b', 1) }} {{ 'abc'.replace('', '-') }} {{ 'a'.replace('a', '') }}| {{ 'abc'.replace('abc', emoji) }}
{{ text.startswith('Hello') }} {{ text.startswith(('x', 'H')) }} {{ text.startswith('World', 7) }} {{ text.endswith('!') }} {{ text.endswith(('?', '!')) }} {{ text.endswith('o', 0, 5) }} {{ text.startswith('') }}
{{ text.find('o') }} {{ text.find('o', 5) }} {{ text.find('zzz') }} {{ text.rfind('o') }} {{ text.index('W') }} {{ text.rindex('l') }} {{ text.count('l') }} {{ text.count('') }} {{ text.count('l', 5) }} {{ emoji.find('b') }} {{ emoji.count('') }} {{ text.find('l', -3) }} {{ 'aaa'.count('aa') }} {{ text.find('', 99) }} {{ text.find('o', 0, 3) }}
{{ name.upper() }} {{ name.lower() }} {{ 'hello wORLD'.title() }} {{ 'hello WORLD'.capitalize() }} {{ 'aBc'.swapcase() }} {{ 'Straße'.upper() }} {{ 'ŉ ǰ ﬁ ΐ'.upper() }} {{ 'İI'.lower() }} {{ "they're".title() }} {{ 'ß'.casefold() }} {{ greek.casefold() }} {{ 'éa'.capitalize() }} {{ 'ǆ'.upper() }}
{{ 'abc'.isalpha() }} {{ 'ab1'.isalpha() }} {{ '123'.isdigit() }} {{ '1.5'.isdigit() }} {{ '²'.isdigit() }} {{ '²'.isdecimal() }} {{ '½'.isnumeric() }} {{ 'ab1'.isalnum() }} {{ ''.isalnum() }} {{ ' \t'.isspace() }} {{ ''.isspace() }} {{ 'ABC'.isupper() }} {{ 'abc'.islower() }} {{ '1'.isupper() }} {{ 'Ab Cd'.istitle() }} {{ 'Ab cd'.istitle() }} {{ 'é'.isascii() }} {{ cjk[0].isalpha() }} {{ '\n'.isprintable() }}
{{ ', '.join(['a', 'b']) }} {{ ''.join(['a']) }} {{ '-'.join('abc') }} {{ ','.join(bag) }} {{ ','.join([]) }}|
{{ 'ab'.center(6) }}| {{ 'ab'.center(7, '*') }} {{ 'ab'.ljust(5, '.') }} {{ 'ab'.rjust(5) }} {{ '42'.zfill(5) }} {{ '-42'.zfill(5) }} {{ 'abc'.ljust(2) }} {{ 'a\tb'.expandtabs(4) }}|
{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('=') }} {{ 'abc'.rpartition('=') }} {{ 'foobar'.removeprefix('foo') }} {{ 'foobar'.removesuffix('bar') }} {{ 'foo'.removeprefix('x') }} {{ 'foo'.removesuffix('') }}
{{ '{} {}'.format('a', 1) }} {{ '{1} {0}'.format('a', 'b') }} {{ '{x}-{y}'.format(x=1, y='z') }} {{ '{{}} {}'.format(1) }} {{ '{0.name} {0[age]} {1[0]}'.format(person, numbers) }} {{ '{!r} {!s}'.format('a', 'b') }} {{ '{:5}|{:<5}|{:>5}|{:^5}|{:*^5}'.format('a', 'b', 'c', 'd', 'e') }} {{ '{:5d}|{:05d}|{:,}|{:.2f}|{:+d}|{:x}|{:b}|{:%}|{:e}'.format(42, 42, 1234567, 3.14159, 5, 255, 5, 0.25, 12345.678) }} {{ '{}'.format(none) }} {{ '{:.2}'.format('abc') }} {{ '{:,.2f}'.format(1234567.891) }} {{ '{:=+6d}'.format(5) }}
{{ bag.items() | list }} {% for k, v in bag.items() %}{{ k }}={{ v }};{% endfor %} {{ bag.get('a', 0) }} {{ bag.values() | sum }} {{ dict(a=1, b='x') }} {{ dict([('a', 1)]) }} {{ dict(bag, z=9) }} {{ dict() }}
{{ '{:g} {:g} {:g} {:G} {:g} {:.3g} {:g}'.format(3, 1e6, 1234567, 1e-10, 0.0001, 2.0, 0.0) }} {{ '{:.3} {:.3} {:.1} {:.5} {:.2} {:.4}'.format(0.5, 1e300, 25.0, 25.0, 99.5, 0.00001) }} {{ '%g %g %.2g %G' % (0.1, 1e20, 12345, 1e-5) }} {{ '{:8g}|{:<8.2}|{:+g}'.format(1.5, 1.25, 7) }}
{{ name.nope() }}
{{ name.split('') }}
{{ ','.join([1, 2]) }}
{{ ','.join(5) }}
{{ text.index('zzz') }}
{{ name.replace('a') }}
{{ name.startswith(1) }}
{{ name.upper(1) }}
{{ '{} {0}'.format(1) }}
{{ '{}'.format() }}
{{ '{x}'.format(1) }}
{{ '{:d}'.format('a') }}
{{ '{0.__class__}'.format(1) }}|
{{ name.center('x') }}
"""

STATEMENTS = r"""
{% if one %}a{% elif two %}b{% else %}c{% endif %} {% if zero %}a{% elif one %}b{% else %}c{% endif %} {% if zero %}a{% elif no %}b{% else %}c{% endif %} {% if missing %}x{% endif %}|
{% for x in numbers %}{{ x }},{% endfor %} {% for x in nothing %}x{% else %}none{% endfor %} {% for x in missing %}x{% else %}none{% endfor %} {% for c in 'abc' %}{{ c }}.{% endfor %} {% for k in bag %}{{ k }}{% endfor %} {% for x in 1, 2, 3 %}{{ x }}{% endfor %}
{% for x in numbers %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}
{% for x in numbers %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }}{{ loop.previtem is defined }} {% endfor %} {% for x in numbers %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 2) }} {% endfor %}
{% for x in numbers if x > 1 %}{{ x }}{{ loop.index }}/{{ loop.length }}{{ loop.last }} {% else %}none{% endfor %} {% for x in numbers if x > 9 %}{{ x }}{% else %}none{% endfor %}
{% for a, b in pairs %}{{ a }}{{ b }}{% endfor %} {% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %} {% for k, v in bag | dictsort %}{{ k }}{{ v }}{% endfor %} {% for (a, b) in pairs %}{{ a }}{% endfor %}
{% for x in [1, 2, 3, 4] %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %} {% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %} {% for x in [1] %}{% break %}{% else %}else{% endfor %} {% for x in [1, 2] %}{% continue %}{% else %}else{% endfor %} {% for x in [1, 2] %}{% if x == 2 %}{% break %}{% endif %}{% else %}else{% endfor %}
{% for i in range(3) %}{% for j in range(i) %}{{ i }}{{ j }}{% if j == 1 %}{% break %}{% endif %}{{ loop.index }} {% endfor %}{{ loop.index }};{% endfor %}
{% for item in nested recursive %}{% if item is iterable %}[{{ loop(item) }}]{% else %}{{ item }}@{{ loop.depth }}{% endif %}{% endfor %}
{% set x = 1 %}{{ x }} {% set a, b = 1, 2 %}{{ a }}{{ b }} {% set y = 1, 2 %}{{ y }} {% set (c, d) = 'xy' %}{{ c }}{{ d }} {% set x = x + 1 %}{{ x }} {% set z %}block {{ x }}{% endset %}[{{ z }}] {% set w | upper | replace('A', 'o') %}a{{ name }}{% endset %}{{ w }}
{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }} {% if true %}{% set q = 7 %}{% endif %}{{ q }} {% with x = 9, k = 1 %}{{ x }}{{ k }}{% set x = 3 %}{{ x }}{% endwith %}{{ x }}{{ k }}
{% set ns = namespace(n=0, seen=[]) %}{% for x in numbers %}{% set ns.n = ns.n + x %}{% set ns.seen = ns.seen + [x] %}{% endfor %}{{ ns.n }} {{ ns.seen }} {{ ns.nope is defined }} {% set ns.t %}<{{ ns.n }}>{% endset %}{{ ns.t }} {{ ns['n'] }}
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }} {% set o = namespace(last='') %}{% for x in [1, 1, 2, 2, 1] if x != o.last %}{% set o.last = x %}{{ x }}{% endfor %}
{% macro m(a, b='B', c=none) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 2) }} {{ m(1, c=3) }} {{ m(b='x', a='y') }} {{ m() }} {{ m('<') | upper }} {{ m.name }} {{ m.arguments }} {{ m }}
{% macro outer() %}[{{ caller() }}]{% endmacro %}{% call outer() %}in {{ name }}{% endcall %} {% macro each(xs) %}{% for x in xs %}{{ caller(x, loop.index) }}{% endfor %}{% endmacro %}{% call(v, i) each(numbers) %}({{ i }}:{{ v }}){% endcall %}
{% macro va() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ va(1, 2, x=3) }} {% macro d(a, b=a ~ '!') %}{{ b }}{% endmacro %}{{ d('hi') }} {% macro opt() %}{{ caller() if caller else 'no caller' }}{% endmacro %}{{ opt() }}{% call opt() %}yes{% endcall %}
{% macro fact(n) %}{{ 1 if n <= 1 else n * (fact(n - 1) | int) }}{% endmacro %}{{ fact(10) }} {% macro scope() %}{{ later }}{% set inner = 1 %}{% endmacro %}{% set later = 'L' %}{{ scope() }}{{ inner }}
{{ m2() if false else 'unset' }}{% macro m3(x) %}{% set x = x ~ '!' %}{{ x }}{% endmacro %}{{ m3('a') }}{{ x }} {{ m3(*['b']) }} {{ m3(**{'x': 'c'}) }} {% set f = m3 %}{{ f('d') }}
{% filter upper %}shout {{ name }}{% endfilter %} {% filter replace('a', 'o') | trim %} banana {% endfilter %}| {% raw %}{{ not }} {% if %}{% endraw %} {# comment {{ x }} #}|{% print 1, 'a' %} {% generation %}{% set g = 1 %}gen{% endgeneration %}{{ g }}
{% set j = joiner(', ') %}{% for x in numbers %}{{ j() }}{{ x }}{% endfor %} {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{% set _ = c.reset() %}{{ c.next() }}
{{ range(5) | list }} {{ range(2, 5) | list }} {{ range(5, 0, -2) | list }} {{ range(0) | list }} {{ range(3) == range(0, 3) }} {{ range(3) | sum }}
{% set loop_messages = messages[1:] if messages[0].role == 'system' else messages %}{% for m in loop_messages %}{{ m['role'] }}:{{ m.content or '-' }};{% endfor %}
{% set _ = numbers %}{{ _ }} {% set ünï = 'ok' %}{{ ünï }} {% if name == "Ada": %}colon{% endif %} {{ "{{ no }}" }} {{ '%}' }} {{ {'a': {'b': 1}}.a.b }}
{{ raise_exception('stop here') }}
{% if false %}{{ raise_exception('x') }}{% endif %}fine
{% set numbers.x = 1 %}
{% set missing.x = 1 %}
{% set a, b = [1] %}
{% for a, b in [1] %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in nil %}{% endfor %}
{% set true = 1 %}
{% for x in numbers %}{% set loop = 1 %}{% endfor %}
{% for loop in numbers %}{% endfor %}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
{% for a, in [[1], [2]] %}{{ a }}{% endfor %}
{{ 1 is == 1 }}
{{ 1 + 2 ~ 3 + 4 }}
{{ people | map(attribute='address.city') | list }}
{% macro m(a=1, b) %}{% endmacro %}
{% for x in numbers %}{{ loop(x) }}{% endfor %}
{{ loop.index }}
{% break %}
{% for x in numbers %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
{% do x %}
{% include 'x' %}
{% nope %}
{% if x %}
{% endif %}
{% for x in y %}{% endif %}
{% if %}{% endif %}
{{ }}
{{ 1 + }}
{{ (1 }}
{{ 1) }}
{{ 'abc }}
{{ a b }}
{{ 1 is odd is even }}
{{ f(a=1, 2) }}
{{ "\x4" }}
{{ a ? b }}
{{ range(999999) | length }}
{{ range(1, 2, 0) }}
{# open
{% raw %} open
{{ "\N{BULLET}" if false else '' }}{{ nope.x }}
"""

WHITESPACE = [
    "a\n{% if true %}\nb\n{% endif %}\nc\n",
    "a\n  {% if true %}  \n  b\n  {% endif %}\nc\n\n",
    "a\n  {%- if true -%}  \n  b  \n  {%- endif -%}\n c",
    "a\n  {%+ if true %}\n  b\n  {%+ endif +%}\nc",
    "a {{- ' b ' -}} c {{ ' d ' }}\n{{ 'e' }}\n",
    "  {{ 'x' }}\n\t{% set y = 1 %}\t\n {{ y }}",
    "{# c #}\nx\n  {# c #}\ny {# c #}\nz",
    "x  {#- c -#}  y\n {#+ c +#}\nz",
    "{% for i in [1, 2] %}\n  {{ i }}\n{% endfor %}\nend",
    "{% for i in [1, 2] -%}\n  {{ i }}\n{%- endfor %}\nend",
    "{%- for i in [1, 2] %}{{ i }}\n\n{% endfor -%}\n\n end \n",
    "{% raw %}\n  {{ x }}\n{% endraw %}\nend",
    "a\n  {%- raw -%}\n  {{ x }}  \n  {%- endraw -%}\n b",
    "a\n  {% raw %}{% x %}\n  {% endraw %}  b",
    "\n\nlead {% if true %}\n\n\nkept{% endif %}\n\n",
    "line\r\n{% if true %}\r\nwin\r\n{% endif %}\r\nend\r\n",
    "old\r{% if true %}\rmac{% endif %}\r",
    "{% set x %}\n  in\n{% endset %}\n[{{ x }}]",
    "{% macro m() %}\n  in\n{% endmacro %}\n[{{ m() }}]",
    "{% macro m() -%}\n  in\n{%- endmacro %}[{{ m() }}]",
    "a{% if true %} {% endif %}b {%- if true %} {% endif -%} c",
    "  {% if true %}x{% endif %}  {% if true %}y{% endif %}\n",
    "{{ 'a' -}}\n\n{{- 'b' }}\n{{+ 'c' }}",
    "\u00a0{% if true %}nbsp{% endif %}\u2003\n{%- if true %}em{% endif %}",
    "{{\n  name\n  ~ '!'\n}}\n{%\n if true\n%}\nmulti{% endif %}",
    "trailing\n\n\n",
    "",
    "\n",
    "{{ '\n' }}|\n",
    "{%- set a = 1 -%}\n{%- set b = 2 -%}\n\n{{ a }}\n\n\n{{- b }}",
    "}} %} #} {x} { { % } {",
    "{{ {'a': 1}['a'] }}{{ [{'b': {'c': 2}}][0].b.c }}{{ {} }}",
    "x{#- a\nb -#}\n{{ 'y' }}{##}{#--#}z",
]

GROUPS = {"output": OUTPUT, "operators": OPERATORS, "access": ACCESS, "filters": FILTERS, "tests": TESTS, "methods": METHODS,
          "statements": STATEMENTS}


def templates():
    """Yields (group, template). A line is a template; a backslash at its end keeps the line break inside."""
    for group, text in GROUPS.items():
        for line in text.strip("\n").replace("\\\n", "\0").split("\n"):
            yield group, line.replace("\0", "\\\n")
    for template in WHITESPACE:
        yield "whitespace", template
