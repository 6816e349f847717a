// Which presentations train, tune and test: protocols E0 to E4, and the other recipe for the same amount of training data.
// Source: the line's specification, sections 4.6 and 10.2. E5 to E8 are not here.

internal import Tensors

/// What differs between a test set and the training data; people and instruments are the same in all of them.
public enum TestCondition: String, CaseIterable, Sendable, Codable {
    /// New people only.
    case same = "E0"
    /// Days 7 and 8 in the places trained on.
    case newDay = "E1"
    /// Outdoors and at night, days 11 and 12.
    case newPlace = "E2"
    /// Cameras C and D.
    case newCamera = "E3"
    /// Both of the latter.
    case allNew = "E4"
}

/// What the training data is made of, at equal size.
public enum TrainingRecipe: String, CaseIterable, Sendable, Codable {
    /// Office and lobby, days 1 and 2, cameras A and B.
    case twoPlaces = "two_places"
    /// Half of these frames replaced by others outdoors and at night, days 21 and 22, cameras A and B.
    case fourPlaces = "four_places"
}

/// The presentations of all sets of one size.
public struct ProtocolSets: Sendable {
    private let sizes: ProtocolSizes
    private let streams: Philox

    /// Sets of the given sizes; the seed decides which frames the recipe `fourPlaces` replaces.
    public init(_ sizes: ProtocolSizes, seed: UInt64) {
        self.sizes = sizes
        streams = Philox(seed: seed, stream: "protocol sets")
    }

    /// The training set.
    public func training(_ recipe: TrainingRecipe) -> [Presentation] {
        let people = 0..<sizes.training.people
        let old = set("train", people, sizes.training, Self.known)
        if recipe == .twoPlaces { return old }
        let other = Condition(places: [.outdoor, .night], days: [21, 22], cameras: [.a, .b])
        let new = set("train/other", people, sizes.training, other)
        return classes(of: old).flatMap { range in
            var generator = streams.stream("replaced/\(range.lowerBound)")
            let replaced = Set(generator.sample(range.count / 2, of: range.count))
            return range.map { replaced.contains($0 - range.lowerBound) ? new[$0] : old[$0] }
        }
    }

    /// The set that thresholds come from: other people in the places of the training set.
    public var development: [Presentation] {
        let first = sizes.training.people
        return set("dev", first..<first + sizes.development.people, sizes.development, Self.known)
    }

    /// A test set.
    public func test(_ condition: TestCondition) -> [Presentation] {
        let first = sizes.training.people + sizes.development.people
        var what = Self.known
        if condition == .newDay { what.days = [7, 8] }
        if condition == .newPlace || condition == .allNew {
            (what.places, what.days) = ([.outdoor, .night], [11, 12])
        }
        if condition == .newCamera || condition == .allNew { what.cameras = [.c, .d] }
        return set("test/\(condition.rawValue)", first..<first + sizes.test.people, sizes.test, what)
    }

    /// Where, when and by what frames are taken; every combination equally often.
    private struct Condition {
        var places: [Place]
        var days: [Int]
        var cameras: [Camera]
    }

    private static let known = Condition(places: [.office, .lobby], days: [1, 2], cameras: [.a, .b])

    /// Bona fide presentations, then those of each species; classes share people and conditions in the same proportions.
    private func set(
        _ name: String, _ people: Range<Int>, _ size: ProtocolSizes.Size, _ condition: Condition
    ) -> [Presentation] {
        let combinations = condition.places.flatMap { place in
            condition.days.flatMap { day in condition.cameras.map { (place, day, $0) } }
        }
        let classes: [Species?] = [nil] + Species.allCases
        return classes.flatMap { species in
            (0..<(species == nil ? size.bonaFide : size.attacksPerSpecies)).map { number in
                let (round, person) = number.quotientAndRemainder(dividingBy: people.count)
                let subject = people.lowerBound + person
                // Eight rounds show a person all eight combinations, since 3 and 8 have no common divisor.
                let (place, day, camera) = combinations[(person + 3 * round) % combinations.count]
                // Two instruments of a species for each person, numbered across all sets.
                return Presentation(
                    subject: subject, species: species, instrument: species == nil ? 0 : 2 * subject + round % 2 + 1,
                    place: place, day: day, camera: camera,
                    shot: "\(name)/\(species?.rawValue ?? "bona_fide")/\(number)")
            }
        }
    }

    /// The ranges of bona fide presentations and of each species.
    private func classes(of presentations: [Presentation]) -> [Range<Int>] {
        let starts = presentations.indices.filter {
            $0 == 0 || presentations[$0].species != presentations[$0 - 1].species
        }
        return zip(starts, starts.dropFirst() + [presentations.count]).map { $0..<$1 }
    }
}
