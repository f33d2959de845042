"""Events made from their JSON schema: every value that a publisher of that schema could write."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
_TEXT = st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"])
"""What people write; the gateway lets no control characters through."""
_FIRST, _SECONDS = datetime(2000, 1, 2, tzinfo=UTC), 99 * 365 * 24 * 3600
_FORMATS = {
    "uuid": st.uuids().map(str),
    "date": st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(date.isoformat),
    "date-time": st.integers(0, _SECONDS).map(lambda seconds: (_FIRST + timedelta(seconds=seconds)).isoformat()),
}


def written_by(schema: Schema) -> st.SearchStrategy[Any]:
    """Values of a schema. An optional field is there or not."""
    return _written_by(json.dumps(schema))


@cache
def _written_by(schema: str) -> st.SearchStrategy[Any]:
    """Made once for all examples: to make it takes longer than to draw from it."""
    read: Schema = json.loads(schema)
    return _values(read, read.get("$defs", {}))


def one_behind(schema: Schema) -> Schema:
    """The schema as it was before its optional fields were added."""
    required = set(schema.get("required", []))
    older = {
        **schema,
        "properties": {name: field for name, field in schema.get("properties", {}).items() if name in required},
    }
    if "$defs" in schema:
        older["$defs"] = {
            name: one_behind(definition) if "properties" in definition else definition
            for name, definition in schema["$defs"].items()
        }
    return older


def _values(schema: Schema, known: dict[str, Schema]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _values(known[schema["$ref"].rpartition("/")[2]], known)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([_values(choice, known) for choice in schema["anyOf"]])
    match schema["type"]:
        case "string":
            return _strings(schema)
        case "integer":
            return st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            return st.lists(
                _values(schema["items"], known),
                min_size=schema.get("minItems", 0),
                max_size=min(schema.get("maxItems", 3), schema.get("minItems", 0) + 3),
            )
        case "object":
            return _objects(schema, known)
    raise ValueError(f"no values for {schema}")


def _strings(schema: Schema) -> st.SearchStrategy[str]:
    if "format" in schema:
        return _FORMATS[schema["format"]]
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 40)
    if "pattern" in schema:
        printable = st.characters(min_codepoint=32, max_codepoint=126)
        matching = st.from_regex(schema["pattern"], alphabet=printable, fullmatch=True)
        return matching.filter(lambda text: shortest <= len(text) <= longest)
    return st.text(_TEXT, min_size=shortest, max_size=min(longest, shortest + 40))


def _objects(schema: Schema, known: dict[str, Schema]) -> st.SearchStrategy[dict[str, Any]]:
    required = set(schema.get("required", []))
    fields = {name: _values(field, known) for name, field in schema.get("properties", {}).items()}
    optional = {name: values for name, values in fields.items() if name not in required}
    return st.fixed_dictionaries(
        {name: values for name, values in fields.items() if name in required}, optional=optional
    ).map(_in_order)


def _in_order(made: dict[str, Any]) -> dict[str, Any]:
    """A session ends after it starts."""
    if "starts_at" in made:
        made["ends_at"] = (datetime.fromisoformat(made["starts_at"]) + timedelta(hours=2)).isoformat()
    return made
