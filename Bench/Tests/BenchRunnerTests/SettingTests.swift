// Settings replaced by their path in made-up values.

import Measurements
import Testing

/// Something of every kind that presets hold.
private struct Preset: Codable, Equatable, Sendable {
    enum Schedule: Codable, Equatable { case constant, cosine(floor: Float) }
    struct Stage: Codable, Equatable { var steps = 100, rate: Float = 0.1, schedule = Schedule.cosine(floor: 0) }
    var stage = Stage()
    var bands = [16, 6]
    var stages = [Stage(), Stage()]
    var name = "nano"
    var isOn = false
    var seed = UInt64.max
    var limit: Int?
}

private func preset(_ text: String) throws -> Preset {
    try replaced(try #require(Setting(parsing: text)), in: Preset())
}

@Suite struct SettingTests {
    @Test func `a value of every kind is replaced, and nothing else`() throws {
        func changed(_ change: (inout Preset) -> Void) -> Preset {
            var preset = Preset()
            change(&preset)
            return preset
        }
        #expect(try preset("stage.steps=7") == changed { $0.stage.steps = 7 })
        #expect(try preset("stage.rate=1e-3") == changed { $0.stage.rate = 1e-3 })
        #expect(try preset("stage.schedule={\"constant\":{}}") == changed { $0.stage.schedule = .constant })
        #expect(try preset("stage.schedule.cosine.floor=0.3") == changed { $0.stage.schedule = .cosine(floor: 0.3) })
        #expect(try preset("bands=[1,2,3]") == changed { $0.bands = [1, 2, 3] })
        #expect(try preset("bands.1=9") == changed { $0.bands[1] = 9 })
        #expect(try preset("stages.0.steps=9") == changed { $0.stages[0].steps = 9 })
        #expect(try preset("name=a=b") == changed { $0.name = "a=b" })
        #expect(try preset("name=\"12\"") == changed { $0.name = "12" })
        #expect(try preset("isOn=true") == changed { $0.isOn = true })
        #expect(try preset("seed=18446744073709551614") == changed { $0.seed = .max - 1 })
        #expect(try preset("limit=3") == changed { $0.limit = 3 })
        #expect(try replaced(Setting("limit", .null), in: changed { $0.limit = 3 }) == Preset())
    }

    @Test(arguments: [
        ("stage.stepz=1", "'stage.stepz': there is no such setting; there are rate, schedule, steps."),
        (
            "stagee.steps=1",
            "'stagee.steps': there is no such setting; there are bands, isOn, name, seed, stage, stages."
        ),
        ("bands.2=1", "'bands.2': there is no such setting; there are 0, 1."),
        ("name.first=1", "'name.first': there is no such setting; nothing lies below a value."),
        ("stage..steps=1", "'stage..steps': there is no such setting; there are rate, schedule, steps."),
        ("stage.steps=many", "'stage.steps=many': the setting takes no such value; it is 100 now."),
        ("stage.steps=1.5", "'stage.steps=1.5': the setting takes no such value; it is 100 now."),
        ("name=12", "'name=12': the setting takes no such value; it is \"nano\" now."),
        ("isOn=1", "'isOn=1': the setting takes no such value; it is false now."),
        (
            "stages.1.schedule=3",
            "'stages.1.schedule=3': the setting takes no such value; it is {\"cosine\":{\"floor\":0}} now."
        ),
        ("bands=null", "'bands=null': the setting takes no such value; it is [16,6] now."),
        ("limit=x", "'limit=x': the setting takes no such value; it has none now."),
    ])
    func `what does not fit is refused in one sentence`(_ text: String, _ sentence: String) throws {
        let error = #expect(throws: SettingError.self) { try preset(text) }
        #expect(error?.description == sentence)
    }

    @Test(arguments: ["a.b=1.5", "a=word", "a=\"12\"", "a=[1,\"x\",null]", "a=", "a=\"true\"", "a={\"b\":0.1}"])
    func `a setting is written as it is read`(_ text: String) throws {
        let setting = try #require(Setting(parsing: text))
        #expect(setting.description == text)
        #expect(Setting(parsing: setting.description) == setting)
    }

    @Test(arguments: ["a", "=1", ""])
    func `a text without a path or a value is no setting`(_ text: String) { #expect(Setting(parsing: text) == nil) }
}
