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
from serving_layer.sql.engine import Engine, Failed, Malformed
from serving_layer.sql.operations import Operation, Operations
from serving_layer.sql.readonly import NotReadOnly

OLDEST = ttypes.TProtocolVersion.HIVE_CLI_SERVICE_PROTOCOL_V6
"""The first that sends columns."""
POLL_SECONDS = 1.0
"""So long a client that asks for the state of its question waits for the end of it."""
ROWS_AT_ONCE = 10_000
OK = ttypes.TStatus(statusCode=ttypes.TStatusCode.SUCCESS_STATUS)
STATES = {NotReadOnly: "42501", Malformed: "42000"}
"""SQL's states for what is not allowed, and for what is no SQL; any other error has HY000."""
SAID = {13: "Solera", 17: "Spark SQL", 18: pyspark.__version__, 29: "`"}
"""What GetInfo tells: the server's, the database's and its version's names, and the quote around names."""


class Service:
    """Answers ``TCLIService``; one for each connection."""

    def __init__(self, engine: Engine, has_gone: Callable[[], bool], note: Callable[[str], None]) -> None:
        """``note`` is given each statement before it is answered; what it raises is the answer."""
        self._engine, self._note = engine, note
        self._has_gone = has_gone
        self._operations = Operations()

    def close(self) -> None:
        """End every question that is still open."""
        self._operations.close_all()

    def OpenSession(self, req: Any) -> Any:  # noqa: N802
        """A session; its settings are those of the server, whatever the client would set."""
        if req.client_protocol < OLDEST:
            return ttypes.TOpenSessionResp(
                _error(Failed("This client is too old: it needs version 6 of the protocol.")), 0
            )
        handle = ttypes.TSessionHandle(_identifier(uuid.uuid4()))
        return ttypes.TOpenSessionResp(OK, req.client_protocol, handle, {})

    def CloseSession(self, req: Any) -> Any:  # noqa: N802
        """End the session."""
        self.close()
        return ttypes.TCloseSessionResp(OK)

    def GetInfo(self, req: Any) -> Any:  # noqa: N802
        """Who answers."""
        return ttypes.TGetInfoResp(OK, ttypes.TGetInfoValue(stringValue=SAID.get(req.infoType, "")))

    def ExecuteStatement(self, req: Any) -> Any:  # noqa: N802
        """Answer a statement, or refuse it where it does more than read."""
        operation = Operation(self._engine, lambda group: self._answer(req.statement, group))
        return self._begun(operation, ttypes.TExecuteStatementResp, bool(req.runAsync))

    def _answer(self, statement: str, group: str) -> pa.Table:
        self._note(statement)
        return self._engine.answer(statement, group)

    def GetOperationStatus(self, req: Any) -> Any:  # noqa: N802
        """How far it is."""
        try:
            operation = self._of(req)
        except Failed as failed:
            return ttypes.TGetOperationStatusResp(_error(failed))
        states = ttypes.TOperationState
        if not operation.done.wait(POLL_SECONDS):
            return ttypes.TGetOperationStatusResp(OK, states.RUNNING_STATE)
        if operation.error is not None:
            said = _error(operation.error)
            return ttypes.TGetOperationStatusResp(OK, states.ERROR_STATE, said.sqlState, 0, said.errorMessage)
        return ttypes.TGetOperationStatusResp(OK, states.FINISHED_STATE, hasResultSet=True)

    def CancelOperation(self, req: Any) -> Any:  # noqa: N802
        """End it; its state says so."""
        try:
            self._of(req).end()
        except Failed as failed:
            return ttypes.TCancelOperationResp(_error(failed))
        return ttypes.TCancelOperationResp(OK)

    def CloseOperation(self, req: Any) -> Any:  # noqa: N802
        """Forget it."""
        self._operations.close(req.operationHandle.operationId.guid)
        return ttypes.TCloseOperationResp(OK)

    def GetResultSetMetadata(self, req: Any) -> Any:  # noqa: N802
        """The columns of the answer."""
        try:
            found, _ = self._of(req).next_rows(0)
        except Refusal as refusal:
            return ttypes.TGetResultSetMetadataResp(_error(refusal))
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
            return ttypes.TFetchResultsResp(_error(refusal))
        return ttypes.TFetchResultsResp(OK, False, rows.row_set(found, first))

    def GetCatalogs(self, req: Any) -> Any:  # noqa: N802
        """None: there is one database."""
        return self._told(ttypes.TGetCatalogsResp, metadata.CATALOGS, lambda: [])

    def GetSchemas(self, req: Any) -> Any:  # noqa: N802
        """The one database."""
        return self._told(ttypes.TGetSchemasResp, metadata.SCHEMAS, lambda: metadata.schemas(req))

    def GetTableTypes(self, req: Any) -> Any:  # noqa: N802
        """Views alone."""
        return self._told(ttypes.TGetTableTypesResp, metadata.TABLE_TYPES, lambda: [("VIEW",)])

    def GetTables(self, req: Any) -> Any:  # noqa: N802
        """The views."""
        return self._told(ttypes.TGetTablesResp, metadata.TABLES, lambda: metadata.tables(self._engine.spark, req))

    def GetColumns(self, req: Any) -> Any:  # noqa: N802
        """Their columns."""
        return self._told(ttypes.TGetColumnsResp, metadata.COLUMNS, lambda: metadata.columns(self._engine.spark, req))

    def GetTypeInfo(self, req: Any) -> Any:  # noqa: N802
        """The types of columns."""
        return self._told(ttypes.TGetTypeInfoResp, metadata.TYPES, metadata.types)

    def GetFunctions(self, req: Any) -> Any:  # noqa: N802
        """None of our own; SHOW FUNCTIONS names Spark's."""
        return self._told(ttypes.TGetFunctionsResp, metadata.FUNCTIONS, lambda: [])

    def GetPrimaryKeys(self, req: Any) -> Any:  # noqa: N802
        """None."""
        return self._told(ttypes.TGetPrimaryKeysResp, ["TABLE_CAT"], lambda: [])

    def GetCrossReference(self, req: Any) -> Any:  # noqa: N802
        """None."""
        return self._told(ttypes.TGetCrossReferenceResp, ["PKTABLE_CAT"], lambda: [])

    def GetDelegationToken(self, req: Any) -> Any:  # noqa: N802
        """Not given."""
        return ttypes.TGetDelegationTokenResp(_error(Failed("There are no delegation tokens here.")))

    def CancelDelegationToken(self, req: Any) -> Any:  # noqa: N802
        """Not given."""
        return ttypes.TCancelDelegationTokenResp(_error(Failed("There are no delegation tokens here.")))

    def RenewDelegationToken(self, req: Any) -> Any:  # noqa: N802
        """Not given."""
        return ttypes.TRenewDelegationTokenResp(_error(Failed("There are no delegation tokens here.")))

    def _told(self, answer: Any, names: Sequence[str], found: Callable[[], metadata.Rows]) -> Any:
        return self._begun(Operation(self._engine, lambda _: rows.table_of(names, found())), answer, False)

    def _begun(self, operation: Operation, answer: Any, in_background: bool) -> Any:
        try:
            self._operations.add(operation)
        except Refusal as refusal:
            return answer(_error(refusal))
        operation.start()
        while not in_background and not operation.done.wait(POLL_SECONDS):
            if self._has_gone():
                operation.end()
        if not in_background and operation.error is not None:
            self._operations.close(operation.guid.bytes)
            return answer(_error(operation.error))
        kind = ttypes.TOperationType.EXECUTE_STATEMENT
        return answer(OK, ttypes.TOperationHandle(_identifier(operation.guid), kind, True))

    def _of(self, request: Any) -> Operation:
        return self._operations.of(request.operationHandle.operationId.guid)


def _identifier(guid: uuid.UUID) -> Any:
    return ttypes.THandleIdentifier(guid.bytes, guid.bytes)


def _error(refusal: Refusal) -> Any:
    state = STATES.get(type(refusal), "HY000")
    return ttypes.TStatus(ttypes.TStatusCode.ERROR_STATUS, [str(refusal)], state, 0, str(refusal))
