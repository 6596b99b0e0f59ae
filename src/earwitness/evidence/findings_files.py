"""Findings as JSON, as a table, and as the JSON Schema that describes them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from earwitness.errors import BadInput
from earwitness.evidence.finding import SCHEMA, Findings
from earwitness.evidence.whole_files import write_whole


def to_json(findings: Findings, *, indent: int = 2) -> bytes:
    """Findings as JSON text in UTF-8, `schema` first, with a line end.

    Args:
        findings: of one analysis.
        indent: spaces a level; 0 = one line.
    """
    fields = msgspec.to_builtins(findings)
    text = msgspec.json.encode({"schema": fields.pop("schema"), **fields})
    return (msgspec.json.format(text, indent=indent) if indent else text) + b"\n"


def from_json(content: bytes) -> Findings:
    """Findings out of their JSON.

    Raises:
        BadInput: when the text does not follow the schema.
    """
    try:
        return msgspec.json.decode(content, type=Findings)
    except msgspec.DecodeError as error:
        raise BadInput(f"not {SCHEMA}: {error}") from error


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of findings, made from the types themselves.

    Example:
        >>> json_schema()["title"]
        'earwitness.findings/1'
    """
    (reference,), components = msgspec.json.schema_components([Findings], ref_template="#/$defs/{name}")
    components["Findings"]["required"].append("schema")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **reference,
        "$defs": {name: _described(definition) for name, definition in components.items()},
    }


def _described(definition: dict[str, Any]) -> dict[str, Any]:
    """What the docstring says of each field goes to the field."""
    text, _, arguments = definition.get("description", "").partition("\n\n    Args:\n")
    fields = re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", arguments, re.MULTILINE)
    words = {name.rstrip("_"): re.sub(r"\s+", " ", said) for name, said in fields}
    properties = {
        name: {**field, "description": words[name]} for name, field in definition["properties"].items()
    }
    return {**definition, "description": text, "properties": properties}


def write_table(findings: Findings, path: Path) -> None:
    """One row a recording as Parquet; recordings that could not be analysed have `error` set.

    Args:
        findings: of one analysis.
        path: of the file.

    Raises:
        BadInput: when it cannot be written.
    """
    import polars as pl  # heavy, and only a folder's findings need a table

    from earwitness.evidence.table_columns import columns, rows

    table = pl.DataFrame(rows(findings), schema=columns(pl))
    write_whole(path, lambda temporary: table.write_parquet(temporary, compression="zstd"))


def write_json(findings: Findings, path: Path) -> None:
    """Findings as a JSON file.

    Raises:
        BadInput: when it cannot be written.
    """
    write_whole(path, lambda temporary: temporary.write_bytes(to_json(findings)))


if __name__ == "__main__":  # python -m earwitness.evidence.findings_files docs/findings.schema.json
    _content = msgspec.json.format(msgspec.json.encode(json_schema()), indent=2) + b"\n"
    write_whole(Path(sys.argv[1]), lambda temporary: temporary.write_bytes(_content))
