// The writers on tables made by hand, and how single numbers look.

import BenchJudge
import Foundation
import Testing

@testable import BenchReport

private let small = Report(
    facts: [Fact("run", "deadbeef"), Fact("note", "a|b, \"c\"")],
    tables: [
        Table(
            title: "two_rows", columns: [Column("case", .left), Column("psnr", unit: "dB")],
            rows: [
                Row([Cell("a"), Cell("29.9 ±0.1", value: 29.875, interval: 29.75...30)]),
                Row([Cell("b"), Cell("nan", value: .nan)], note: "first, of two"),
            ], notes: ["a note"])
    ],
    verdict: VerdictLine("complete", counts: ["ok": 2, "failed": 0], run: "deadbeef", exit: .done))

@Suite struct WriterTests {
    @Test func `text`() {
        #expect(
            small.text() == """
                run deadbeef   note a|b, "c"

                two_rows
                case       psnr
                             dB
                a     29.9 ±0.1
                b           nan
                    (first, of two)
                a note

                VERDICT complete | ok=2 failed=0 | run=deadbeef | exit=0

                """)
    }

    @Test func `Markdown escapes what would change the table`() {
        #expect(
            small.markdown() == #"""
                **run** deadbeef · **note** a\|b, "c"

                ### two\_rows

                | case | psnr (dB) | note |
                | --- | ---: | --- |
                | a | 29.9 ±0.1 |  |
                | b | nan | first, of two |

                a note

                `VERDICT complete | ok=2 failed=0 | run=deadbeef | exit=0`

                """#)
    }

    @Test func `CSV has a line a cell, full numbers, quotes where RFC 4180 wants them`() {
        #expect(
            small.csv().split(separator: "\r\n") == [
                "table,row,column,unit,value,lower,upper,text",
                "facts,,run,,,,,deadbeef",
                #"facts,,note,,,,,"a|b, ""c""""#,
                "two_rows,a,psnr,dB,29.875,29.75,30.0,29.9 ±0.1",
                "two_rows,b,psnr,dB,,,,nan",
                #"two_rows,b,note,,,,,"first, of two""#,
                "verdict,,,,,,,VERDICT complete | ok=2 failed=0 | run=deadbeef | exit=0",
            ])
        #expect(small.csv().hasSuffix("exit=0\r\n"))
    }

    @Test func `JSON carries its schema, rows by column name and the verdict's numbers`() throws {
        let text = try small.json()
        #expect(
            text == #"{"facts":[{"name":"run","value":"deadbeef"},{"name":"note","value":"a|b, \"c\""}],"#
                + #""schema":"bench/1","tables":[{"columns":[{"alignment":"left","name":"case","unit":""},"#
                + #"{"alignment":"right","name":"psnr","unit":"dB"}],"notes":["a note"],"rows":["#
                + #"{"case":{"text":"a"},"psnr":{"interval":[29.75,30],"text":"29.9 ±0.1","value":29.875}},"#
                + #"{"case":{"text":"b"},"note":{"text":"first, of two"},"psnr":{"text":"nan"}}],"title":"two_rows"}],"#
                + #""verdict":{"counts":{"failed":0,"ok":2},"exit":0,"run":"deadbeef","word":"complete"}}"# + "\n")
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    }

    @Test(arguments: [
        ("abcdefgh", 8, "abcdefgh"), ("abcdefghi", 8, "abcd…ghi"), ("abcdefghi", 7, "abc…ghi"), ("a\nb\tc", 5, "a b c"),
    ])
    func `a long name loses its middle`(_ text: String, _ width: Int, _ result: String) {
        #expect(shortened(text, to: width) == result)
    }
}

@Suite struct NumberTests {
    @Test(
        arguments: [
            (0, "0"), (9_999, "9999"), (10_000, "10.0k"), (664_131, "664k"), (999_499, "999k"), (999_500, "1.00M"),
            (9_994_999, "9.99M"), (9_995_000, "10.0M"), (12_345_678_901, "12.3G"), (-664_131, "-664k"), (2.5, "2.5"),
            (9.99e17, "999P"), (1e18, "1000000000000000000"), (.infinity, "inf"), (.nan, "nan"),
        ] as [(Double, String)])
    func `a count below ten thousand is whole, above has three digits and a suffix`(_ x: Double, _ text: String) {
        #expect(compact(x) == text)
    }

    @Test(
        arguments: [
            (1.005, 2, "1.00", "+1.00"), (-0.004, 2, "0.00", "0.00"), (0.004, 2, "0.00", "0.00"),
            (-0.006, 2, "-0.01", "-0.01"), (2, 0, "2", "+2"), (.infinity, 1, "inf", "+inf"), (.nan, 1, "nan", "nan"),
        ] as [(Double, Int, String, String)])
    func `decimals are fixed and a zero has no sign`(_ x: Double, _ decimals: Int, _ plain: String, _ withSign: String)
    {
        #expect(fixed(x, decimals) == plain && signed(x, decimals) == withSign)
    }

    @Test func `a p, and an interval`() {
        #expect([0.00005, 0.0001, 0.0078125, 1].map(probability) == ["<0.0001", "0.0001", "0.0078", "1.0000"])
        #expect(signed(-0.5...0.25, 2) == "[-0.50, +0.25]")
    }

    @Test(
        arguments: [
            (0, "1970-01-01 00:00"), (951_782_399_999_999, "2000-02-28 23:59"),
            (951_868_799_000_000, "2000-02-29 23:59"),
        ] as [(Int64, String)])
    func `times are in UTC, to the minute begun`(_ microseconds: Int64, _ text: String) {
        #expect(utc(microseconds) == text)
    }
}
