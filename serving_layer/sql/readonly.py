"""Statements that may be asked in SQL: SELECT, SHOW, DESCRIBE, EXPLAIN and USE on database ``solera``, nothing else.

Spark's own parser reads the statement, and the plan that it makes is looked through before anything is done with it:
every node must be of a kind that only reads, and every name one of database ``solera``. What is not listed is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from py4j.java_gateway import JavaObject  # type: ignore[import-untyped]

from conf.refusal import Refusal

DATABASE = "solera"
USE = "plans.logical.SetCatalogAndNamespace"
CATALYST = "org.apache.spark.sql.catalyst."

READS = frozenset(
    f"plans.logical.{name}"
    for name in (
        *("Project", "Filter", "Aggregate", "Sort", "Distinct", "GlobalLimit", "LocalLimit", "Offset", "Sample"),
        *("Join", "LateralJoin", "Union", "Intersect", "Except", "SubqueryAlias", "UnresolvedWith", "OneRowRelation"),
        *("WithWindowDefinition", "Generate", "Pivot", "Unpivot", "UnresolvedHint", "DescribeRelation"),
        *("DescribeColumn", "DescribeNamespace", "DescribeFunction", "ShowTables", "ShowViews", "ShowColumns"),
        *("ShowFunctions", "ShowNamespaces", "ShowCreateTable", "SetCatalogAndNamespace"),
    )
) | frozenset(
    f"analysis.{name}"
    for name in (
        *("UnresolvedAlias", "UnresolvedHaving", "UnresolvedInlineTable", "UnresolvedSubqueryColumnAliases"),
        *("UnresolvedExtractValue", "UnresolvedTVFAliases", "MultiAlias"),
    )
)
"""Nodes that are looked into and do nothing of their own."""
TUPLES = frozenset({"scala.Some", "scala.Tuple2"})
COMMANDS = frozenset(
    f"org.apache.spark.sql.execution.command.{name}" for name in ("ExplainCommand", "DescribeQueryCommand")
)
RELATIONS = frozenset({"analysis.UnresolvedRelation", "analysis.UnresolvedTableOrView"})
NAMESPACE = "analysis.UnresolvedNamespace"
FUNCTIONS = {
    "analysis.UnresolvedFunction": "nameParts",
    "analysis.UnresolvedTableValuedFunction": "name",
    "analysis.UnresolvedFunctionName": "multipartIdentifier",
    "analysis.UnresolvedGenerator": "name",
}
"""Nodes that name a function, with the field that does."""
EXPRESSION = re.compile(r"expressions\.(aggregate\.)?\w+\$?")
"""Expressions that the parser itself makes of operators, casts, windows and subqueries; functions are looked up."""
LEAF = re.compile(
    r"expressions\.(Literal|AttributeReference|ExprId|UnresolvedNamedLambdaVariable)"
    r"|analysis\.(UnresolvedAttribute|UnresolvedStar|UnresolvedOrdinal)|AliasIdentifier|FunctionIdentifier"
    r"|plans\.\w+\$?|plans\.logical\.(JoinHint|HintInfo)"
    r"|org\.apache\.spark\.(unsafe\.types\.\w+|sql\.(types\.\w+\$?|util\.CaseInsensitiveStringMap|execution\.\w+Mode\$))"
    r"|scala\.(None\$|Enumeration\$Val)"
)
"""Names, values, types and ways: there is nothing to look for inside."""
REACHES_OUT = re.compile(r"reflect|java_method|try_reflect|identifier|xpath\w*|input_file_\w+")
"""Functions of Spark that call any Java method, name a table, read what XML names, or speak of files."""


class NotReadOnly(Refusal):
    """A statement that does more than read database ``solera``, or may do so."""

    kind = "not-read-only"
    status = 403


def check(plan: Any, functions: Collection[str]) -> None:
    """Look through a plan as parsed. ``functions`` are Spark's own, in small letters. Raises :class:`NotReadOnly`."""
    left = [plan]
    while left:
        node = left.pop()
        if isinstance(node, JavaObject):
            left += _inside(node, functions)


def is_use(plan: Any) -> bool:
    """Whether it is ``USE``: drivers say it; there is one database, so that nothing is to be done."""
    return str(plan.getClass().getName()) == CATALYST + USE


def _inside(node: JavaObject, functions: Collection[str]) -> Iterator[Any]:
    full = str(node.getClass().getName())
    kind = full.removeprefix(CATALYST)
    if full.startswith("scala.collection."):
        found = node.toSeq()
        return (found.apply(at) for at in range(found.size()))
    if LEAF.fullmatch(kind):
        return iter(())
    if kind in RELATIONS:
        _check_relation(_parts(node.multipartIdentifier()))
    elif kind == NAMESPACE:
        _check_database(_parts(node.multipartIdentifier()))
    elif field := FUNCTIONS.get(kind):
        _check_function(_parts(getattr(node, field)()), functions)
    elif not (kind in READS or EXPRESSION.fullmatch(kind) or full in COMMANDS | TUPLES):
        raise NotReadOnly(
            f"{kind.rpartition('.')[2]}: only SELECT, SHOW, DESCRIBE and EXPLAIN on {DATABASE} are answered."
        )
    return (node.productElement(at) for at in range(node.productArity()))


def _parts(name: Any) -> list[str]:
    """The parts of a name in small letters; one that is no sequence is a function's."""
    if not str(name.getClass().getName()).startswith("scala.collection."):
        return [str(name.toString()).lower()]
    return [str(name.apply(at)).lower() for at in range(name.size())]


def _check_relation(parts: list[str]) -> None:
    # One part alone is a name of WITH, or a view of the session's database, which is solera and stays so.
    if len(parts) > 1 and parts[:-1] != [DATABASE]:
        raise NotReadOnly(f"{'.'.join(parts)} is not in database {DATABASE}, which is all that can be asked.")


def _check_database(parts: list[str]) -> None:
    # Drivers begin with the database "default".
    if parts not in ([], [DATABASE], ["default"]):
        raise NotReadOnly(f"{'.'.join(parts)} is not open; the database is {DATABASE}.")


def _check_function(parts: list[str], functions: Collection[str]) -> None:
    (*qualifier, name) = parts
    if qualifier or name not in functions or REACHES_OUT.fullmatch(name):
        raise NotReadOnly(f"{'.'.join(parts)}(…) is not among the functions that may be called here.")
