"""Holds a JSON document against a schema of golden/: python3 support_schema.py SCHEMA [DOCUMENT]. What the schemas use of JSON Schema is known here;
anything else in them is an error, so that nothing goes unchecked."""
# SPDX-License-Identifier: Apache-2.0
import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "integer": int}
TOLD = {"$schema", "$id", "$defs", "title", "description"}


def check(root, schema, value, where):
    def wrong(why):
        sys.exit(f"{where}: {why}: {str(value)[:80]}")

    if "$ref" in schema:
        at = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            at = at[step]
        check(root, at, value, where)
    for key, want in schema.items():
        if key in TOLD or key in ("$ref", "properties", "additionalProperties"):
            continue
        if key == "type":
            if not isinstance(value, TYPES[want]) or isinstance(value, bool):
                wrong(f"no {want}")
        elif key == "const":
            if value != want or type(value) is not type(want):
                wrong(f"not {want}")
        elif key == "enum":
            if value not in want:
                wrong(f"none of {want}")
        elif key == "pattern":
            if not re.search(want, value):
                wrong(f"does not match {want}")
        elif key == "minimum":
            if value < want:
                wrong(f"less than {want}")
        elif key == "minItems":
            if len(value) < want:
                wrong(f"fewer than {want}")
        elif key == "required":
            for name in want:
                if name not in value:
                    wrong(f"no {name}")
        elif key == "items":
            for i, item in enumerate(value):
                check(root, want, item, f"{where}[{i}]")
        else:
            sys.exit(f"the schema uses {key}, which is not known here")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name, item in value.items():
            if name in known:
                check(root, known[name], item, f"{where}.{name}")
            elif schema.get("additionalProperties") is False:
                wrong(f"unexpected {name}")
            elif isinstance(schema.get("additionalProperties"), dict):
                check(root, schema["additionalProperties"], item, f"{where}.{name}")


schema = json.load(open(sys.argv[1]))
check(schema, schema, json.load(open(sys.argv[2]) if len(sys.argv) > 2 else sys.stdin), "$")
