"""Names in a template that nobody gives: told where they stand, before a client's turn comes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from generator.base.model import suggestion
from generator.send.messages.fields import AMOUNTS, NAME, POLICY, REASONS, ReasonKind

PICKING = ("first", "last")
LISTS = ("sort", "reverse", "list", "unique", "selectattr", "rejectattr")
ONE = {"reasons": "reason", "policies": "policy"}
"""What lists are made of."""
OUTSIDE = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class Unknown(NamedTuple):
    """A name, the line on which it stands, what is wrong with it and how to mend it."""

    name: str
    line: int
    sentence: str
    hint: str


def unknown_names(
    tree: nodes.Template, known: frozenset[str], kind: ReasonKind
) -> Iterator[Unknown]:
    """Every value in ``tree`` that a message of this kind does not get."""
    undeclared = find_undeclared_variables(tree) - known
    for node in tree.find_all(nodes.Name):
        if node.name in undeclared and node.ctx == "load":
            yield Unknown(
                node.name, node.lineno, f"there is no value {node.name}", _near(node.name, known)
            )
    scope = _Scope({"reason": "reason", "reasons": "reasons", "name": "name"})
    scope.bind(tree)
    fields = {"reason": REASONS[kind], "name": NAME, "policy": POLICY}
    yield from scope.wrong_fields(tree, fields)
    for other in tree.find_all(OUTSIDE):
        yield Unknown("", other.lineno, "a message stands alone", "write the text here")


def amounts(tree: nodes.Template) -> Iterator[Unknown]:
    """Every amount that ``tree`` names."""
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        if _field(node) in AMOUNTS:
            hint = "name no amount: a locked screen shows it to anybody"
            yield Unknown(_field(node), node.lineno, "an amount in a push", hint)


def _near(name: str, known: frozenset[str]) -> str:
    return suggestion(name, sorted(known))


@dataclass(slots=True)
class _Scope:
    """What kind of value each variable holds, as far as it can be told."""

    kinds: dict[str, str]

    def bind(self, tree: nodes.Template) -> None:
        """Learn the variables of loops and assignments."""
        for node in tree.find_all((nodes.For, nodes.Assign)):
            if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
                if one := ONE.get(self.kind_of(node.iter)):
                    self.kinds[node.target.name] = one
            elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
                self.kinds.setdefault(node.target.name, self.kind_of(node.node))

    def kind_of(self, node: nodes.Node | None) -> str:
        """The kind of an expression's value; empty when nobody can tell."""
        if isinstance(node, nodes.Name):
            return self.kinds.get(node.name, "")
        if not isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Filter):
            return ""
        of = self.kind_of(node.node)
        if of == "reason" and _field(node) == "policies":
            return "policies"
        if of not in ONE or isinstance(node, nodes.Getattr):
            return ""
        if isinstance(node, nodes.Getitem):
            return of if isinstance(node.arg, nodes.Slice) else ONE[of]
        return of if node.name in LISTS else ONE[of] if node.name in PICKING else ""

    def wrong_fields(
        self, tree: nodes.Template, fields: Mapping[str, frozenset[str]]
    ) -> Iterator[Unknown]:
        """Fields that reasons of this kind, or names, do not have."""
        for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
            field = _field(node)
            known = fields.get(self.kind_of(getattr(node, "node", None)))
            if field and known is not None and field not in known:
                sentence = f"there is no field {field}"
                yield Unknown(field, node.lineno, sentence, suggestion(field, sorted(known)))


def _field(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return node.arg.value if isinstance(node.arg.value, str) else ""
    return ""
