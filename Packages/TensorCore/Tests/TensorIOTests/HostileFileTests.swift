import Foundation
import TensorTesting
import Testing

@testable import TensorIO

/// A row of one of the tables in ../shared/data/hostile.
struct HostileFile: Sendable, CustomTestStringConvertible {
    let folder: String
    let row: [String: String]
    var name: String { row["file"] ?? "" }
    var expectation: String { row["expect"] ?? "" }
    var testDescription: String { "\(folder)/\(name): \(expectation)" }
    func bytes() throws -> [UInt8] { try readFile(sharedData.appendingPathComponent("hostile/\(folder)/\(name)").path) }

    static func all(_ folder: String) -> [HostileFile] {
        ((try? table("hostile/\(folder)_expected.csv")) ?? []).map { HostileFile(folder: folder, row: $0) }
    }
}

@Suite(.enabled(if: isThere("hostile"), "needs ../shared/data/hostile"))
struct HostileFileTests {
    @Test func `the tables have all their rows`() {
        #expect(HostileFile.all("pngsuite").count == 175)
        #expect(HostileFile.all("png_extra").count == 44)
        #expect(HostileFile.all("jpeg").count == 49)
    }

    @Test(arguments: HostileFile.all("pngsuite") + HostileFile.all("png_extra"))
    func `a PNG is decoded to its digest or refused`(_ file: HostileFile) throws {
        let bytes = try file.bytes()
        do throws(TensorIOError) {
            let decoded = try RGBAPicture(decodingPNG: bytes, named: file.name)
            #expect(file.expectation != "reject")
            if let digest = file.row["rgba_sha256"], !digest.isEmpty {
                #expect(SHA256.hexDigest(of: decoded.bytes) == digest)
            }
            if let bits = file.row["out_bits"], !bits.isEmpty { #expect(String(decoded.bitsPerSample) == bits) }
            // The reduced picture: 16 bits scaled to 8, alpha dropped.
            let wide = decoded.bitsPerSample == 16
            let colours = stride(from: 0, to: decoded.bytes.count, by: wide ? 8 : 4).flatMap { start in
                (0..<3).map { channel in
                    let position = start + channel * (wide ? 2 : 1)
                    let high = Double(decoded.bytes[position])
                    return wide
                        ? UInt8(((high * 256 + Double(decoded.bytes[position + 1])) * 255 / 65535).rounded())
                        : decoded.bytes[position]
                }
            }
            let picture = try Picture(decoding: bytes, named: file.name)
            #expect(picture == Picture(width: decoded.width, height: decoded.height, pixels: colours))
        } catch {
            #expect(file.expectation != "accept", "\(error)")
            #expect(error.description.hasPrefix("\(file.name): "))
        }
    }

    @Test(arguments: HostileFile.all("jpeg"))
    func `a JPEG is decoded to its source or refused`(_ file: HostileFile) throws {
        let source = try Picture(contentsOf: sharedData.appendingPathComponent("hostile/jpeg/source_96x64.png").path)
        let bytes = try file.bytes()
        // A PNG under a JPEG's name is what its content says.
        if file.name == "png_named_jpg.jpg" {
            #expect(throws: TensorIOError.self) { try Picture.decodedJPEG(bytes, named: file.name) }
            #expect(try Picture(decoding: bytes, named: file.name).width > 0)
            return
        }
        do throws(TensorIOError) {
            let picture = try Picture(decoding: bytes, named: file.name, keepsStoredOrientation: true)
            #expect(file.expectation != "reject")
            #expect("\(picture.width) \(picture.height)" == "\(file.row["width"] ?? "") \(file.row["height"] ?? "")")
            let upright = try Picture(decoding: bytes, named: file.name)
            var reference = source.cropped(x: 0, y: 0, width: upright.width, height: upright.height)
            if file.name.hasPrefix("grey") {
                reference = Picture(
                    width: 96, height: 64,
                    pixels: stride(from: 0, to: source.pixels.count, by: 3).flatMap { start in
                        let rgb = source.pixels[start..<(start + 3)].map(Double.init)
                        let luma = (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]).rounded()
                        return [UInt8](repeating: UInt8(luma), count: 3)
                    })
            }
            let bound = Double(file.row["psnr_to_source_db"] ?? "") ?? .infinity
            #expect(psnr(upright.pixels, reference.pixels) > bound - 0.5)
        } catch {
            #expect(file.expectation != "accept", "\(error)")
            #expect(error.description.hasPrefix("\(file.name): "))
        }
    }
}
