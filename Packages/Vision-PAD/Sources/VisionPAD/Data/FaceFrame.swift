// One presentation before a camera: who, what, where, when; and the frame taken of it, with what only a renderer knows.

public import TensorIO

/// A class of attack instruments made the same way.
public enum Species: String, CaseIterable, Sendable, Codable {
    /// A photo on paper held up.
    case print
    /// A photo on a display.
    case replay
    /// A printed face worn around the head.
    case paperMask = "paper_mask"
    /// A flexible mask of the whole face.
    case silicone
}

/// Where a frame is taken; decides light and background.
public enum Place: String, CaseIterable, Sendable, Codable {
    case office, lobby, outdoor, night
}

/// What can make a live face look unusual without any attack; each is as frequent in attacks.
public enum Attribute: String, CaseIterable, Sendable, Codable {
    case beard, glasses, cap
    /// A hard shadow falls across the frame.
    case sunShade = "sun_shade"
    /// The camera has twice the noise, more blur and coarser JPEG.
    case lowGradeCamera = "low_grade_camera"
}

/// The ids of one presentation; equal ids give equal bits.
public struct Presentation: Sendable, Hashable {
    /// The person who is there, or who the instrument shows.
    public var subject: Int
    /// The attack's species; `nil` for a bona fide presentation.
    public var species: Species?
    /// The instrument among its species, from 1; 0 for a bona fide presentation.
    public var instrument: Int
    /// Where.
    public var place: Place
    /// When: light and background are those of the place's day.
    public var day: Int
    /// By what.
    public var camera: Camera
    /// Tells apart shots of the same ids: pose, hands, noise.
    public var shot: String

    /// A presentation from its ids.
    public init(
        subject: Int, species: Species?, instrument: Int, place: Place, day: Int, camera: Camera, shot: String
    ) {
        self.subject = subject
        self.species = species
        self.instrument = instrument
        self.place = place
        self.day = day
        self.camera = camera
        self.shot = shot
    }
}

/// The frame taken of a presentation.
public struct FaceFrame: Sendable, Equatable {
    /// What is shown.
    public let presentation: Presentation
    /// The whole photograph, 8-bit sRGB-like colours after JPEG.
    public let photograph: Picture
    /// The face with a little around it: what networks see.
    public let picture: Picture
    /// Where the face is in the photograph, live or shown.
    public let box: FaceBox
    /// The true depth of what `picture` shows, row by row at the map size: 1 is near, 0 is the background, all 0 for attacks.
    public let depth: [Float]
    /// The share of each map cell that an attack instrument covers, row by row; all 0 for a bona fide presentation.
    public let attackMask: [Float]
    /// What is unusual about person, light and camera.
    public let attributes: [Attribute]
    /// The camera's JPEG quality of this shot, 1...100.
    public let jpegQuality: Int

    /// Whether it is bona fide.
    public var isBonaFide: Bool { presentation.species == nil }
}
