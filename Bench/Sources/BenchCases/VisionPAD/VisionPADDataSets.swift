// The data sets of presentation-attack detection. Source: the data folder's README files; the line's specification,
// section 5, whose counts of videos are from memory.

internal import Measurements

let visionPADDataSets: [DataSet] = [
    DataSet(
        "pad", line: "pad", "two published networks, golden values, photos",
        source: "made from github.com/minivision-ai/Silent-Face-Anti-Spoofing at b6d5f04a: weights as safetensors",
        licence: "Apache-2.0; the photos show recognisable people: for tests only", megabytes: 4.9,
        layout: "two networks, golden.json, golden_crops.safetensors and three photos as JPEG and PNG",
        files: [
            DataFiles("golden.json", "0ce9ce5eb2bdfd69c6fbdfe6dac1491d2aac80a00db88cd2438b6fbff81fb61a"),
            DataFiles("golden_crops.safetensors", "e67c72983c79b69771a25c2cc854a08bc4fd913725fab9ef7d3a0c7ab10c3306"),
            DataFiles("image_F1.jpg", "4b11b5d7a8a8e4a88f5f16a5426a0a7692e39e5bb45bb03b4ebe5e1606336860"),
            DataFiles("image_F2.jpg", "fbbea73450ae9d9bb555c8ccac77bf39d234261fe3be4190e3ed2999690c485f"),
            DataFiles("image_T1.jpg", "f4455149f488f76205fdee5499ec5261d08ef6279a1cff7b778ea85405331e94"),
            DataFiles("image_F1.png", "7dfddeb2715fac9a285bf9ebaf0749e54488500f1186766f05b98f2e4afad31d"),
            DataFiles("image_F2.png", "5383dcc92d066f69264ccb079607c602d8bb57420491ac7d9bed753ee23612be"),
            DataFiles("image_T1.png", "5d22377bf218f4850f513f1d48692cca0affeba952d9f78908dcf79dace16316"),
            DataFiles(
                "minifasnet_v1se_4.0_80x80.safetensors",
                "c6dab241b2adb05a1f62b834071ca0ef2baa876735b5ed11eb542789837656d2"),
            DataFiles(
                "minifasnet_v2_2.7_80x80.safetensors",
                "08f9071f08395b1ed163f5513a730df6b9d34b628c6adaa3d1526358e2e95e02"),
        ]),
    DataSet(
        "faces", line: "pad", "508 real faces 80x80, one a person",
        source:
            "made from github.com/CivilServiceUSA/us-house at abf6d4d9 and us-senate at 9247c869; its README says how",
        licence: "MIT, with its notice; no names and no identification", megabytes: 6.3,
        layout: "sheets of 10 x 10 tiles, train_0.png to train_3.png, test_0.png and test_1.png, and index.csv",
        files: [
            DataFiles("index.csv", "5beb4dfa61e28fccb6cee1ad8e3f174f0530f720cf2c186963f6ebcc4f52f291"),
            DataFiles("test_0.png", "f85a2a50655d0c431f1cf857f75f14dc0c0cf7fb17e70d9914614f3abb385397"),
            DataFiles("test_1.png", "73bcf640ebccbe0518e2bda798b85d48b462468f0ac0fc2823a10e8e8c86bc95"),
            DataFiles("train_0.png", "763051782fc8dd4f391a9f4807b1182994f4d347fe7526e3a5a3e06ebb3427c1"),
            DataFiles("train_1.png", "ffed43a0331ac475b18097d85ca898d785812b62e14c5dc1a1f2b36945c4b79d"),
            DataFiles("train_2.png", "36b9f1c71546cbb7a605f1b1308b58604ff212747f27c6f838c8bd5143952e47"),
            DataFiles("train_3.png", "81d58a8859df3dc97a591f89cdc64d190f94f2abf27b5ccd76255ef1709ae9ab"),
        ]),
    DataSet(
        "oulu-npu", line: "pad", "55 subjects, 4950 videos, four protocols", source: onRequest("OULU-NPU"),
        licence: noRedistribution,
        layout:
            "Train_files, Dev_files, Test_files of P_S_UU_F.avi and .txt, Protocols/Protocol_k/{Train,Dev,Test}.txt",
        files: [DataFiles("*_files/*.avi", count: 4950)]),
    DataSet(
        "siw", line: "pad", "165 subjects, 4478 videos", source: onRequest("SiW"), licence: noRedistribution,
        layout: "{Train,Test}/{live,spoof}/SUBJECT/SUBJECT-sensor-type-medium-session.mov",
        files: [DataFiles("*.mov", count: 4478)]),
    DataSet(
        "casia-fasd", line: "pad", "50 subjects, 600 clips", source: onRequest("CASIA-FASD"),
        licence: noRedistribution, layout: "{train,test}_release/SUBJECT/{1...8,HR_1...HR_4}.avi",
        files: [DataFiles("*_release/*.avi", count: 600)]),
    DataSet(
        "replay-attack", line: "pad", "50 clients, 1200 clips", source: onRequest("Replay-Attack"),
        licence: noRedistribution,
        layout: "{train,devel,test}/{real,attack/fixed,attack/hand}/*.mov and face-locations/*.face",
        files: [
            DataFiles("train/*.mov", count: 360), DataFiles("devel/*.mov", count: 360),
            DataFiles("test/*.mov", count: 480),
        ]),
    DataSet(
        "msu-mfsd", line: "pad", "35 subjects, 280 clips", source: onRequest("MSU-MFSD"), licence: noRedistribution,
        layout: "scene01/{real,attack}/ with a .face file for each clip"),
    DataSet(
        "celeba-spoof", line: "pad", "625 000 images of 10 177 people", source: onRequest("CelebA-Spoof"),
        licence: noRedistribution, layout: "as published, with its metas in JSON"),
]

private let noRedistribution = "no redistribution"

private func onRequest(_ name: String) -> String {
    "not here and not redistributable: look for '\(name)' at its makers and apply to them"
}
