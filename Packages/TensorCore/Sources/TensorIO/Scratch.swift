internal import Foundation
public import Tensors
public struct SafeTensors {
    public let metadata: [String: String]
    let all: [String: Tensor]
    public init(contentsOf path: String) throws {
        let d = try Data(contentsOf: URL(fileURLWithPath: path))
        let n = (0..<8).reduce(0) { $0 | Int(d[$1]) << (8 * $1) }
        let o = try JSONSerialization.jsonObject(with: d[8..<(8 + n)]) as? [String: Any] ?? [:]
        metadata = o["__metadata__"] as? [String: String] ?? [:]
        var r: [String: Tensor] = [:]
        for (k, v) in o where k != "__metadata__" {
            guard let v = v as? [String: Any], let s = v["shape"] as? [Int], let off = v["data_offsets"] as? [Int] else { continue }
            let bytes = [UInt8](d[(8 + n + off[0])..<(8 + n + off[1])])
            r[k] = Tensor((0..<(bytes.count / 4)).map { i in Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[4 * i + $1]) << (8 * UInt32($1)) }) }, shape: s)
        }
        all = r
    }
    public func tensors() throws -> [String: Tensor] { all }
    public init(_ t: [String: Tensor], metadata: [String: String]) { all = t; self.metadata = metadata }
    public func write(to: String) throws {}
}
public enum SHA256 { public static func hexDigest(of: [UInt8]) -> String { "" } }
