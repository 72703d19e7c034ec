"""Requests and answers held against a published description of an API (OpenAPI 2.0)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft4Validator

PAGES = {"page", "per_page"}
"""Queries that every list of Netlify takes, whether its description names them or not."""


class Request(NamedTuple):
    """What was asked, as it came over the wire; ``path`` is quoted and below the base path."""

    method: str
    path: str
    query: dict[str, str]
    kind: str
    """The type of the body."""
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """What the body says."""
        return json.loads(self.body)


class Operation(NamedTuple):
    """One thing that can be asked."""

    id: str
    parameters: list[dict[str, Any]]
    consumes: list[str]
    responses: dict[str, Any]


class Description:
    """A description, from its file."""

    def __init__(self, path: Path) -> None:
        self._spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.base: str = self._spec["basePath"]

    def operation(self, request: Request) -> tuple[Operation, list[str]] | None:
        """What is asked for and the values in its path, or None where there is no such thing."""
        for template, item in self._spec["paths"].items():
            values = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", template), request.path)
            found = item.get(request.method.lower())
            if values and found:
                shared = [*item.get("parameters", ()), *found.get("parameters", ())]
                parameters = [self._resolved(one) for one in shared]
                consumes = found.get("consumes", self._spec["consumes"])
                named = Operation(found["operationId"], parameters, consumes, found["responses"])
                return named, list(values.groups())
        return None

    def faults_of_request(self, operation: Operation, request: Request) -> Iterator[str]:
        """What is not as described."""
        queries = {one["name"]: one for one in operation.parameters if one["in"] == "query"}
        yield from (f"query {name}" for name in request.query.keys() - queries.keys() - PAGES)
        for name, value in request.query.items():
            allowed = queries.get(name, {}).get("enum", [value])
            yield from [] if value in allowed else [f"query {name}: {value}"]
        body = next((one for one in operation.parameters if one["in"] == "body"), None)
        if body is None:
            yield from ["a body"] if request.body else []
        elif request.kind not in operation.consumes:
            yield f"type {request.kind}"
        elif request.kind == "application/json":
            yield from self._faults(body["schema"], request.json)

    def faults_of_answer(self, operation: Operation, status: int, data: object) -> Iterator[str]:
        """What is not as described."""
        codes = operation.responses
        response = self._resolved(codes.get(str(status)) or codes["default"])
        if "schema" in response:
            yield from self._faults(response["schema"], data)
        elif data is not None:
            yield "a body"

    def _faults(self, schema: dict[str, Any], data: object) -> Iterator[str]:
        whole = {**schema, "definitions": self._spec["definitions"]}
        yield from (error.message for error in Draft4Validator(whole).iter_errors(data))
        known = self._resolved(schema).get("properties")
        if known and isinstance(data, dict):
            yield from (f"field {name}" for name in data.keys() - known.keys())

    def _resolved(self, thing: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in thing:
            return thing
        found: Any = self._spec
        for step in thing["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return dict(found)
