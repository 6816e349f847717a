// The line's tables as functions: a model and images in, per-image scores out; the formulas are in ImageMetrics.swift.

public import Measurements
public import Tensors

extension GeneralizableINR {
    /// Encodes images and decodes them on a grid, batch by batch and in chunks of coordinates, so that memory stays bounded.
    ///
    /// - Parameters:
    ///   - images: `[image, side, side, 3]` in 0...1, of the side the model was made for.
    ///   - side: Pixels per side of the decoded pictures; the input's own by default.
    ///   - batchSize: Images at a time; the result does not depend on it.
    ///   - chunk: Coordinates at a time; the result does not depend on it.
    /// - Returns: `[image, side, side, 3]`, not clamped.
    public func reconstructed(_ images: Tensor, side: Int? = nil, batchSize: Int = 50, chunk: Int = 1024) -> Tensor {
        let side = side ?? images.shape[1]
        let coordinates = cellCentres(height: side, width: side)
        let batches = stride(from: 0, to: images.shape[0], by: batchSize).map { start in
            let batch = images.sliced(along: 0, start..<min(start + batchSize, images.shape[0]))
            let field = field(encode(batch))
            let values = stride(from: 0, to: side * side, by: chunk).map {
                field(coordinates.sliced(along: 0, $0..<min($0 + chunk, side * side)))  // [batch, point, 3]
            }
            return Tensor.concatenated(values, along: 1).reshaped(to: [-1, side, side, 3])
        }
        return .concatenated(batches, along: 0)
    }
}

/// The quality metrics of the image tables.
public enum ImageQuality: String, CaseIterable, Sendable {
    /// PSNR as the papers compute it: the prediction is not clamped.
    case psnr
    /// PSNR of the prediction clamped to 0...1.
    case psnrClamped = "psnr_clamped"
    /// SSIM of the clamped prediction.
    case ssim

    /// What the score is computed from and with.
    public struct Configuration: Sendable, Codable {
        /// Whether the prediction is clamped to 0...1 first.
        public var isClamped: Bool
        /// The largest value a picture can have.
        public var peak = 1.0
        /// The side of SSIM's Gaussian window.
        public var window: Int?
    }

    /// What the score is computed from and with.
    public var configuration: Configuration {
        Configuration(isClamped: self != .psnr, window: self == .ssim ? 11 : nil)
    }

    /// The metric's definition; `suffix` names a second test set of one case, for example `_kodak`.
    public func metric(suffix: String = "") -> Metric {
        switch self {
        case .psnr, .psnrClamped:
            Metric(
                rawValue + suffix, .quality, unit: "dB", direction: .higherIsBetter, decimals: 2, finaliser: .mean,
                smallestEffect: 0.05, configuration: configuration)
        case .ssim:
            Metric(
                rawValue + suffix, .quality, direction: .higherIsBetter, decimals: 3, finaliser: .mean,
                smallestEffect: 0.002, configuration: configuration)
        }
    }
}

extension ImageSet {
    /// Per-image scores of reconstructions of these images, `[image, height, width, 3]`, as measurements.
    public func quality(of reconstructions: Tensor, suffix: String = "") -> [Measurement] {
        let clamped = reconstructions.clamped(to: 0...1)
        return ImageQuality.allCases.map { quality in
            let pictures = quality.configuration.isClamped ? clamped : reconstructions
            let values = quality == .ssim ? ssim(of: pictures, against: images) : psnr(of: pictures, against: images)
            return Measurement(
                quality.metric(suffix: suffix), scores: Scores(items: names, groups: groups, values: values))
        }
    }
}
