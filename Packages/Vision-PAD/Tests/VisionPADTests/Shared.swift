// Where the tests find the published weights and pictures.

import Foundation
import TensorTesting

/// The data folder beside the repository; its tests are skipped where it is absent.
let padData = Golden.repository.appendingPathComponent("../shared/data/pad").standardizedFileURL.path

let hasPADData = FileManager.default.fileExists(atPath: padData)
