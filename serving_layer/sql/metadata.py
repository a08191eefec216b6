"""Answers to what drivers ask about the database other than by SQL: its views and their columns, as JDBC lists them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

from pyspark.sql import SparkSession

from serving_layer.sql.readonly import DATABASE

CATALOGS = ("TABLE_CAT",)
SCHEMAS = ("TABLE_SCHEM", "TABLE_CATALOG")
TABLE_TYPES = ("TABLE_TYPE",)
TABLES = ("TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE", "REMARKS")
TYPES = ("TYPE_NAME", "DATA_TYPE")
FUNCTIONS = ("FUNCTION_CAT", "FUNCTION_SCHEM", "FUNCTION_NAME", "REMARKS", "FUNCTION_TYPE", "SPECIFIC_NAME")
COLUMNS = (
    "TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "BUFFER_LENGTH",
    "DECIMAL_DIGITS", "NUM_PREC_RADIX", "NULLABLE", "REMARKS", "COLUMN_DEF", "SQL_DATA_TYPE", "SQL_DATETIME_SUB",
    "CHAR_OCTET_LENGTH", "ORDINAL_POSITION", "IS_NULLABLE", "SCOPE_CATALOG", "SCOPE_SCHEMA", "SCOPE_TABLE",
    "SOURCE_DATA_TYPE", "IS_AUTO_INCREMENT",
)  # fmt: skip
SQL_TYPES = {
    "boolean": 16, "tinyint": -6, "smallint": 5, "int": 4, "bigint": -5, "float": 6, "double": 8, "date": 91,
    "timestamp": 93, "binary": -2,
}  # fmt: skip
"""Numbers of ``java.sql.Types``; anything else is VARCHAR's 12."""

Rows = list[tuple[Any, ...]]


def schemas(request: Any) -> Rows:
    """The one database, where the pattern fits."""
    return [(DATABASE, "")] if _like(request.schemaName, DATABASE) else []


def tables(spark: SparkSession, request: Any) -> Rows:
    """The views whose names are like the client's pattern."""
    if request.tableTypes and "VIEW" not in request.tableTypes:
        return []
    return [("", DATABASE, name, "VIEW", "") for name in _views(spark, request)]


def columns(spark: SparkSession, request: Any) -> Rows:
    """The columns of those views."""
    return [
        _column(table, field.name, field.dataType.simpleString(), place)
        for table in _views(spark, request)
        for place, field in enumerate(spark.table(f"{DATABASE}.{table}").schema, 1)
        if _like(request.columnName, field.name)
    ]


def types() -> Rows:
    """The types of the columns, by their numbers in JDBC."""
    return list(SQL_TYPES.items())


def _views(spark: SparkSession, request: Any) -> Iterator[str]:
    if _like(request.schemaName, DATABASE):
        for row in spark.sql(f"SHOW VIEWS IN {DATABASE}").collect():
            if _like(request.tableName, row.viewName):
                yield row.viewName


def _column(table: str, name: str, type_: str, place: int) -> tuple[Any, ...]:
    known: dict[str, Any] = {
        "TABLE_CAT": "", "TABLE_SCHEM": DATABASE, "TABLE_NAME": table, "COLUMN_NAME": name,
        "DATA_TYPE": SQL_TYPES.get(type_, 12), "TYPE_NAME": type_.upper(), "NULLABLE": 1, "ORDINAL_POSITION": place,
        "IS_NULLABLE": "YES", "IS_AUTO_INCREMENT": "NO",
    }  # fmt: skip
    return tuple(known.get(each) for each in COLUMNS)


def _like(pattern: str | None, name: str) -> bool:
    """Whether ``name`` is like a pattern of JDBC: % for any letters, _ for one."""
    if pattern in (None, "", "%", "*"):
        return True
    plain = str(pattern).replace("\\_", "\0").replace("%", "*").replace("_", "?").replace("\0", "_")
    return fnmatch.fnmatchcase(name.lower(), plain.lower())
