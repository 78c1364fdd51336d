#!/usr/bin/env python3
"""Groups the output of mysql_compare --list-differences by cause, most frequent first: the emulator's work list.
   test_differential.sh mariadb --list-differences | causes.py [EXAMPLES]"""
import collections
import re
import sys


def column_cause(a, b):
    def field(line):
        return dict(re.findall(r"(db|table|org_table|name|org_name|charset|length|type|flags|decimals)=(\S*)", line))
    fa, fb = field(a), field(b)
    differ = sorted(k for k in fa.keys() | fb.keys() if fa.get(k) != fb.get(k))
    told = ("charset", "type", "flags", "decimals")
    return "column definition: " + ", ".join(
        f"{k} {fb.get(k)} should be {fa.get(k)}" if k in told else k for k in differ)


def cause(a, b):
    if not b:
        return "reply too short"
    if not a:
        return "reply too long"
    kind_a, kind_b = a.split(" ")[0], b.split(" ")[0]
    if kind_b == "greeting" and kind_a != "greeting":
        return "login refused"
    if kind_a == kind_b == "column":
        return column_cause(a, b)
    if kind_b == "ERR":
        error = b.split(" ")[1]
        if kind_a == "ERR":
            same = a.split(" ")[1] == error
            return f"ERR {error}: the text differs" if same else f"ERR {error} should be ERR {a.split(' ')[1]}"
        if error == "1064":
            return "not parsed (1064)"
        text = re.sub(r"'[^']*'(@'[^']*')?", "…", b.split(" ", 2)[2])
        if error in ("1109", "1193", "1305"):
            text = b.split(" ", 2)[2]
        return f"ERR {error} {text[:70]} should be {kind_a}"
    if kind_a == "ERR":
        return f"{kind_b} should be ERR {a.split(' ')[1]}"
    if kind_a == kind_b:
        return f"{kind_a}: another value"
    return f"{kind_b} should be {kind_a}"


def main():
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    count, seen = collections.Counter(), collections.defaultdict(list)
    for block in re.split(r"^--- ", text, flags=re.M)[1:]:
        head, *lines = block.split("\n")
        side = {s: next((re.sub(r"^[-+]\d+ (seq \d+ )?", "", x) for x in lines if re.match(re.escape(s) + r"\d+ ", x)), "")
                for s in "-+"}
        why = cause(side["-"], side["+"])
        count[why] += 1
        seen[why].append(head[head.find("["):][:110])
    for why, n in count.most_common():
        print(f"{n:5} {why}")
        for example in seen[why][:examples]:
            print(f"        {example}")


try:
    main()
except BrokenPipeError:
    sys.stderr.close()
