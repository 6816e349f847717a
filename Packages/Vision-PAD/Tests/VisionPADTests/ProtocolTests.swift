// Who, where, when and by what: the sets' sizes, what they share and what they do not.

import Testing

@testable import VisionPAD

private let sets = ProtocolSets(PADConfiguration.reduced.sizes, seed: 1)

private func people(_ set: [Presentation]) -> Set<Int> { Set(set.map(\.subject)) }

private func count<Key: Hashable>(_ set: [Presentation], by key: (Presentation) -> Key) -> [Key: Int] {
    Dictionary(grouping: set, by: key).mapValues(\.count)
}

@Suite struct ProtocolTests {
    @Test func `the sets have the sizes of the specification`() {
        let classes: (Int, Int) -> [Species?: Int] = { bonaFide, attacks in
            [nil: bonaFide, .print: attacks, .replay: attacks, .paperMask: attacks, .silicone: attacks]
        }
        for recipe in TrainingRecipe.allCases {
            #expect(count(sets.training(recipe), by: \.species) == classes(360, 90))
        }
        for set in [sets.development] + TestCondition.allCases.map(sets.test) {
            #expect(count(set, by: \.species) == classes(90, 30))
        }
        #expect(people(sets.training(.fourPlaces)) == Set(0..<36))
        #expect(people(sets.development) == Set(36..<51))
        #expect(people(sets.test(.same)) == Set(51..<66))
    }

    @Test func `every shot is one of its kind`() {
        let all =
            sets.training(.twoPlaces) + sets.development + TestCondition.allCases.flatMap(sets.test)
            + sets.training(.fourPlaces)
        // 360 shots are in both recipes.
        #expect(Set(all.map(\.shot)).count == Set(all).count)
        #expect(Set(all).count == all.count - 360)
    }

    @Test(
        arguments: [
            (.same, [.office, .lobby], [1, 2], [.a, .b]), (.newDay, [.office, .lobby], [7, 8], [.a, .b]),
            (.newPlace, [.outdoor, .night], [11, 12], [.a, .b]), (.newCamera, [.office, .lobby], [1, 2], [.c, .d]),
            (.allNew, [.outdoor, .night], [11, 12], [.c, .d]),
        ] as [(TestCondition, Set<Place>, Set<Int>, Set<Camera>)])
    func `a test set differs in what its name says, not in people and instruments`(
        condition: TestCondition, places: Set<Place>, days: Set<Int>, cameras: Set<Camera>
    ) {
        let set = sets.test(condition)
        for species in [nil] + Species.allCases {
            let some = set.filter { $0.species == species }
            #expect(Set(some.map(\.place)) == places)
            #expect(Set(some.map(\.day)) == days)
            #expect(Set(some.map(\.camera)) == cameras)
        }
        struct Item: Hashable { let subject, instrument: Int, species: Species? }
        let items: ([Presentation]) -> [Item] = {
            $0.map { Item(subject: $0.subject, instrument: $0.instrument, species: $0.species) }
        }
        #expect(items(set) == items(sets.test(.same)))
    }

    @Test func `no instrument and no person is in two of the three groups`() {
        let groups = [sets.training(.fourPlaces), sets.development, sets.test(.allNew)]
        let instruments = groups.map { Set($0.filter { $0.species != nil }.map(\.instrument)) }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            #expect(instruments[a].isDisjoint(with: instruments[b]))
            #expect(people(groups[a]).isDisjoint(with: people(groups[b])))
        }
        #expect(groups.allSatisfy { $0.allSatisfy { ($0.instrument == 0) == ($0.species == nil) } })
    }

    @Test func `each class has every place, day and camera about equally often`() {
        struct Combination: Hashable { let place: Place, day: Int, camera: Camera }
        for set in [sets.training(.twoPlaces), sets.development] {
            for species in [nil] + Species.allCases {
                let some = set.filter { $0.species == species }
                let counts = count(some) { Combination(place: $0.place, day: $0.day, camera: $0.camera) }
                #expect(counts.count == 8)
                #expect(counts.values.allSatisfy { abs(Double($0) - Double(some.count) / 8) <= 3 }, "\(counts)")
            }
        }
        // Ten bona fide shots of each person in training see all eight combinations.
        let first = sets.training(.twoPlaces).filter { $0.subject == 0 && $0.species == nil }
        #expect(Set(first.map { Combination(place: $0.place, day: $0.day, camera: $0.camera) }).count == 8)
    }

    @Test func `the other recipe replaces half of each class`() {
        let (old, new) = (sets.training(.twoPlaces), sets.training(.fourPlaces))
        let replaced = new.indices.filter { new[$0] != old[$0] }
        #expect(replaced.count == 360)
        #expect(count(replaced.map { new[$0] }, by: \.species).values.sorted() == [45, 45, 45, 45, 180])
        for index in replaced {
            let (a, b) = (old[index], new[index])
            #expect(a.subject == b.subject && a.species == b.species && a.instrument == b.instrument)
            #expect([.outdoor, .night].contains(b.place) && [21, 22].contains(b.day))
            #expect([.a, .b].contains(b.camera))
        }
        #expect(ProtocolSets(PADConfiguration.reduced.sizes, seed: 2).training(.fourPlaces) != new)
    }
}
