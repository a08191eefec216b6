"""HiveServer2's protocol for one client; what a client opens ends with its connection."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyspark
from TCLIService import ttypes

from conf.refusal import Refusal
from serving_layer.sql import metadata, rows
from serving_layer.sql.engine import Engine, Failed
from serving_layer.sql.operations import Operation, Operations
from serving_layer.sql.status import OK, error_of

OLDEST = ttypes.TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V6
"""The first that sends columns."""
POLL_SECONDS = 1.0
"""Longest wait of a client that asks for the state of its question for the end of it."""
NO_DELEGATION = "There are no delegation tokens here."
ROWS_AT_ONCE = 10_000
SAID = {13: "Solera", 17: "Spark SQL", 18: pyspark.__version__, 29: "`"}
"""Answers to GetInfo: the server's, the database's and its version's names, and the quote around names."""


class Service:
    """Answers ``TCLIService``; one for each connection."""

    def __init__(self, engine: Engine, has_closed: Callable[[], bool], asked: Callable[[str], Engine]) -> None:
        """``asked`` is given each statement and returns who answers it; what it raises is the answer.

        ``engine`` bounds and ends the questions of all.
        """
        self._engine, self._asked = engine, asked
        self._has_closed = has_closed
        self._operations = Operations()

    def close(self) -> None:
        """End every question that is still open."""
        self._operations.close_all()

    def OpenSession(self, req: Any) -> Any:  # noqa: N802
        """A session; its settings are those of the server, whatever the client would set."""
        if req.client_protocol < OLDEST:
            return ttypes.TOpenSessionResp(
                error_of(Failed("This client is too old: it needs version 6 of the protocol.")), 0
            )
        handle = ttypes.TSessionHandle(_identifier(uuid.uuid4()))
        return ttypes.TOpenSessionResp(OK, req.client_protocol, handle, {})

    def CloseSession(self, req: Any) -> Any:  # noqa: N802
        """End the session."""
        self.close()
        return ttypes.TCloseSessionResp(OK)

    def GetInfo(self, req: Any) -> Any:  # noqa: N802
        """The names and versions of the server."""
        return ttypes.TGetInfoResp(OK, ttypes.TGetInfoValue(stringValue=SAID.get(req.infoType, "")))

    def ExecuteStatement(self, req: Any) -> Any:  # noqa: N802
        """Answer a statement, or refuse it where it does more than read."""
        operation = Operation(self._engine, lambda group: self._answer(req.statement, group))
        return self._begun(operation, ttypes.TExecuteStatementResp, bool(req.runAsync))

    def _answer(self, statement: str, group: str) -> pa.Table:
        return self._asked(statement).answer(statement, group)

    def GetOperationStatus(self, req: Any) -> Any:  # noqa: N802
        """The state of a question."""
        try:
            operation = self._of(req)
        except Failed as failed:
            return ttypes.TGetOperationStatusResp(error_of(failed))
        states = ttypes.TOperationState
        if not operation.done.wait(POLL_SECONDS):
            return ttypes.TGetOperationStatusResp(OK, states.RUNNING_STATE)
        if operation.error is not None:
            said = error_of(operation.error)
            return ttypes.TGetOperationStatusResp(OK, states.ERROR_STATE, said.sqlState, 0, said.errorMessage)
        return ttypes.TGetOperationStatusResp(OK, states.FINISHED_STATE, hasResultSet=True)

    def CancelOperation(self, req: Any) -> Any:  # noqa: N802
        """End a question; its state says so."""
        try:
            self._of(req).end()
        except Failed as failed:
            return ttypes.TCancelOperationResp(error_of(failed))
        return ttypes.TCancelOperationResp(OK)

    def CloseOperation(self, req: Any) -> Any:  # noqa: N802
        """Forget a question."""
        self._operations.close(req.operationHandle.operationId.guid)
        return ttypes.TCloseOperationResp(OK)

    def GetResultSetMetadata(self, req: Any) -> Any:  # noqa: N802
        """The columns of the answer."""
        try:
            found, _ = self._of(req).next_rows(0)
        except Refusal as refusal:
            return ttypes.TGetResultSetMetadataResp(error_of(refusal))
        return ttypes.TGetResultSetMetadataResp(OK, rows.schema_of(found.schema))

    def FetchResults(self, req: Any) -> Any:  # noqa: N802
        """The next rows; there are no logs."""
        if req.fetchType:
            return ttypes.TFetchResultsResp(OK, False, rows.row_set(rows.table_of(["log"], []), 0))
        try:
            operation = self._of(req)
            if req.orientation == ttypes.TFetchOrientation.FETCH_FIRST:
                operation.at = 0
            found, first = operation.next_rows(max(1, min(req.maxRows, ROWS_AT_ONCE)))
        except Refusal as refusal:
            return ttypes.TFetchResultsResp(error_of(refusal))
        return ttypes.TFetchResultsResp(OK, False, rows.row_set(found, first))

    def GetCatalogs(self, req: Any) -> Any:  # noqa: N802
        """Catalogues: none, there is one database."""
        return self._metadata(ttypes.TGetCatalogsResp, metadata.CATALOGS, lambda: [])

    def GetSchemas(self, req: Any) -> Any:  # noqa: N802
        """The one database."""
        return self._metadata(ttypes.TGetSchemasResp, metadata.SCHEMAS, lambda: metadata.schemas(req))

    def GetTableTypes(self, req: Any) -> Any:  # noqa: N802
        """Views alone."""
        return self._metadata(ttypes.TGetTableTypesResp, metadata.TABLE_TYPES, lambda: [("VIEW",)])

    def GetTables(self, req: Any) -> Any:  # noqa: N802
        """The views."""
        return self._listed(ttypes.TGetTablesResp, metadata.TABLES, metadata.tables, req)

    def GetColumns(self, req: Any) -> Any:  # noqa: N802
        """The columns of the views."""
        return self._listed(ttypes.TGetColumnsResp, metadata.COLUMNS, metadata.columns, req)

    def GetTypeInfo(self, req: Any) -> Any:  # noqa: N802
        """The types of columns."""
        return self._metadata(ttypes.TGetTypeInfoResp, metadata.TYPES, metadata.types)

    def GetFunctions(self, req: Any) -> Any:  # noqa: N802
        """Functions: none of our own; SHOW FUNCTIONS names Spark's."""
        return self._metadata(ttypes.TGetFunctionsResp, metadata.FUNCTIONS, lambda: [])

    def GetPrimaryKeys(self, req: Any) -> Any:  # noqa: N802
        """None."""
        return self._metadata(ttypes.TGetPrimaryKeysResp, ["TABLE_CAT"], lambda: [])

    def GetCrossReference(self, req: Any) -> Any:  # noqa: N802
        """None."""
        return self._metadata(ttypes.TGetCrossReferenceResp, ["PKTABLE_CAT"], lambda: [])

    def GetDelegationToken(self, req: Any) -> Any:  # noqa: N802
        """Delegation tokens are not given."""
        return ttypes.TGetDelegationTokenResp(error_of(Failed(NO_DELEGATION)))

    def CancelDelegationToken(self, req: Any) -> Any:  # noqa: N802
        """Delegation tokens are not given."""
        return ttypes.TCancelDelegationTokenResp(error_of(Failed(NO_DELEGATION)))

    def RenewDelegationToken(self, req: Any) -> Any:  # noqa: N802
        """Delegation tokens are not given."""
        return ttypes.TRenewDelegationTokenResp(error_of(Failed(NO_DELEGATION)))

    def _listed(self, answer: Any, names: Sequence[str], list_views: Callable[..., metadata.Rows], req: Any) -> Any:
        return self._metadata(answer, names, lambda: list_views(self._asked("SHOW VIEWS").spark, req))

    def _metadata(self, answer: Any, names: Sequence[str], rows_of: Callable[[], metadata.Rows]) -> Any:
        return self._begun(Operation(self._engine, lambda _: rows.table_of(names, rows_of())), answer, False)

    def _begun(self, operation: Operation, answer: Any, in_background: bool) -> Any:
        try:
            self._operations.add(operation)
        except Refusal as refusal:
            return answer(error_of(refusal))
        operation.start()
        while not in_background and not operation.done.wait(POLL_SECONDS):
            if self._has_closed():
                operation.end()
        if not in_background and operation.error is not None:
            self._operations.close(operation.guid.bytes)
            return answer(error_of(operation.error))
        kind = ttypes.TOperationType.EXECUTE_STATEMENT
        return answer(OK, ttypes.TOperationHandle(_identifier(operation.guid), kind, True))

    def _of(self, request: Any) -> Operation:
        return self._operations.of(request.operationHandle.operationId.guid)


def _identifier(guid: uuid.UUID) -> Any:
    return ttypes.THandleIdentifier(guid.bytes, guid.bytes)
