"""Columns of types that clients of HiveServer2 do not know, as text."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql.types import ArrayType, DataType, DayTimeIntervalType, MapType, StructType, YearMonthIntervalType


def sendable(frame: DataFrame) -> DataFrame:
    """Maps, lists and structs as JSON, intervals as text: HiveServer2's clients read them so."""
    written = [_written(field.dataType) for field in frame.schema]
    if not any(written):
        return frame
    names = frame.columns
    plain = frame.toDF(*(f"_{at}" for at in range(len(names))))
    return plain.select(
        *(
            (change(f.col(f"_{at}")) if change else f.col(f"_{at}")).alias(name)
            for at, (change, name) in enumerate(zip(written, names, strict=True))
        )
    )


def _written(type_: DataType) -> Callable[[Column], Column] | None:
    if isinstance(type_, ArrayType | MapType | StructType):
        return f.to_json
    if isinstance(type_, DayTimeIntervalType | YearMonthIntervalType):
        return lambda column: column.cast("string")
    return None
