// Runs that another process measured into a database of its own come home.

public import BenchRecords
internal import Foundation
internal import GRDB
internal import Measurements

extension RunStore {
    /// Stores `run`, which `other` holds, with every case and what the cases kept.
    ///
    /// The record may differ from the one in `other` in what it says about the run as a whole, its kind for example.
    ///
    /// - Throws: ``StoreError``; a run that is stored already is refused.
    public func adopt(_ run: RunRecord, from other: RunStore) throws {
        var begun = run
        (begun.status, begun.ended) = (.running, nil)
        begun.cases = run.cases.map {
            CaseRecord(id: $0.id, version: $0.version, tier: $0.tier, configuration: $0.configuration)
        }
        try begin(begun)
        for item in run.cases {
            try finish(item, in: run.uuid, artefacts: try other.artefacts(of: item.id, in: run.uuid))
        }
        try end(run.uuid, status: run.status, at: run.ended)
    }
}
