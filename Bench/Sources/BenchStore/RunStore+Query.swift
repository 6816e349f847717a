// Queries of a person's own, which can only read.

public import BenchRecords
internal import GRDB

extension RunStore {
    /// The rows of one statement.
    ///
    /// - Throws: ``StoreError/badQuery(detail:)`` for what is no single statement or would write.
    public func query(_ sql: String) throws -> QueryRecord {
        do {
            return try queue.read { database in
                let statement = try database.makeStatement(sql: sql)
                guard statement.isReadonly else { throw StoreError.badQuery(detail: "the statement would write") }
                let rows = try Row.fetchAll(statement).map { row in Array(row.databaseValues).map(value) }
                return QueryRecord(columns: statement.columnNames, rows: rows)
            }
        } catch let error as DatabaseError
            where [.SQLITE_ERROR, .SQLITE_MISUSE, .SQLITE_READONLY].contains(error.resultCode)
        {
            throw StoreError.badQuery(detail: error.message ?? "it cannot be understood")
        } catch let error as DatabaseError {
            return try translating(path) { throw error }
        }
    }

    /// The documented views.
    public func views() throws -> [ViewRecord] {
        try read { database in
            try View.all.map { view in
                ViewRecord(
                    name: view.name, meaning: view.meaning,
                    columns: try database.columns(in: view.name).map(\.name))
            }
        }
    }

    private func value(_ value: DatabaseValue) -> QueryValue {
        switch value.storage {
        case .null: .null
        case .int64(let number): .integer(number)
        case .double(let number): .real(number)
        case .string(let text): .text(text)
        case .blob(let data): .blob([UInt8](data))
        }
    }
}
