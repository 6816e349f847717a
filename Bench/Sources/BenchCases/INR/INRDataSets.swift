// The data sets of the implicit representations. Source: the data folder's README files; the line's specification, section 4.

internal import Measurements

let inrDataSets: [DataSet] = [
    DataSet(
        "kodak", line: "inr", "24 lossless photographs, 768x512",
        source: "github.com/MohamedBakrAli/Kodak-Lossless-True-Color-Image-Suite, folder PhotoCD_PCD0992, renamed",
        licence: "said to be released by Eastman Kodak for unrestricted usage; no licence file", megabytes: 15.4,
        layout: "kodim01.png to kodim24.png, 8-bit RGB", files: zip(1..., kodakDigests).map(kodakPicture)),
    DataSet(
        "natural64", line: "inr", "2700 tiles 64x64 of photographs, by album",
        source: "made from BSDS500, github.com/BIDS/BSDS500 at a04b7c6c; its README says how, step by step",
        licence: "BSDS500: research only, with the citation Arbelaez et al. 2011", megabytes: 22.7,
        layout: "sheets of 20 x 15 tiles, train_0.png to train_7.png and test_0.png, and index.csv",
        files: [
            DataFiles("index.csv", "fe77b6e3e06f9e5ba98770c4ba1b12012d51a00f16bce16ead944a3a46d94a46"),
            DataFiles("test_0.png", "d674f23ef1919ae988147ff15e74b11cb29704226106819cadc8d2d81caebb78"),
            DataFiles("train_0.png", "f9dcff394fe970559ebf689037b06593b4b1e7b6500218140aad98a6b888dbbb"),
            DataFiles("train_1.png", "cc0216953aed38ec79e5c626cbb2b07ca96bc648e25dfed499775a0ae77b4870"),
            DataFiles("train_2.png", "23e09f541fca155b43dacce89d569709aa784e913b9803602740f1f5ed4e091b"),
            DataFiles("train_3.png", "c268da4352e29580f192f4c9723e54cc78c7bb3aa1e6282f69364e4dd9dce959"),
            DataFiles("train_4.png", "1b3dd105d567c4ae0db3d136aedd5dcae51a9a3a8e7e30ebceaccd031b5ebdd1"),
            DataFiles("train_5.png", "8d16cb7c2c7c63681fea810aa39801166d5f2e3d2fa1c804e77e6710fcbf2207"),
            DataFiles("train_6.png", "91d5bd06bc3d61a776d3ce18c20927accaec496478c4a637852b0131c87ee447"),
            DataFiles("train_7.png", "608093e285ac8040a1baa322dd58ef04cd0ff6d7ddae8289d5bbbce285fb04f9"),
        ]),
    DataSet(
        "views", line: "inr", "NeRF lego, 100 posed views 100x100",
        source: "made from github.com/shouxieai/nerf at c56f8179, whose 800x800 views were averaged by 8",
        licence: "CC-BY-NC: non-commercial, naming Heinzelnisse", megabytes: 1.1,
        layout: "lego_100x100.png, a sheet of 10 x 10 RGBA tiles, and lego_transforms.json with a camera for each",
        files: [
            DataFiles("lego_100x100.png", "78fb825e167a4fc3b6098ff425ddf9e0bd6969c39814674ac742ad425126434c"),
            DataFiles("lego_transforms.json", "2239c34767f913a60631a7c914dcf08fc4eeb605fb4e745e0fd58fbac8e6ae18"),
        ]),
    DataSet(
        "hostile", line: "inr", "PNG and JPEG that break weak readers",
        source: "PngSuite from github.com/lunapaint/pngsuite at 8cd768dd; the others are this project's own",
        licence: "PngSuite: any purpose, without fee; the rest is free to use", megabytes: 0.5,
        layout: "pngsuite/, png_extra/ and jpeg/, each with a table NAME_expected.csv beside it",
        files: [
            DataFiles("jpeg_expected.csv", "88bde11c30c794ebae22ecc2114bdf420187a67969b650e968f06974a2fa5d29"),
            DataFiles("png_extra_expected.csv", "6083a340f193cca20ab6f7ef6e8f449078a683383077f87ac0037278b99d1b27"),
            DataFiles("pngsuite_expected.csv", "6d5c77c1a228b339938fdb589ab4ff27d862646be8e7957aa4aeb84e39f11228"),
            DataFiles(
                "jpeg/*.jpg", count: 49, digest: "d55293c2e08d89737175e5bfdfe5fefb8eb66fbabad523d58d5d8bb3284ac09d"),
            DataFiles(
                "png_extra/*.png", count: 44,
                digest: "b89ae9f3c00e676c2cda2f730d55ba3137f2536dbdfe80db078a6d79bb5fad03"),
            DataFiles(
                "pngsuite/*.png", count: 175,
                digest: "46b7342494c0fc424e97ef3e632a9b0e8f8ba8ab577a10caec5dc133b668331a"),
        ]),
    DataSet(
        "BSDS500", line: "inr", "500 photographs, 481x321 JPEG",
        source:
            "github.com/BIDS/BSDS500 at a04b7c6c holds a copy; it is not to be used beside natural64 as another test",
        licence: "research only, with the citation Arbelaez et al. 2011", layout: "folders train, val, test of JPEG"),
    DataSet(
        "CelebA_aligned", line: "inr", "202 599 aligned faces, 178x218",
        source: "not here and not redistributable: apply to its makers; look for 'CelebA', files 'img_align_celeba'",
        licence: "its makers' own terms", layout: "000001.jpg to 202599.jpg; numbers from 182638 on are the test",
        files: [DataFiles("*.jpg", count: 202_599)]),
    DataSet(
        "FFHQ", line: "inr", "70 000 faces",
        source: "not here and not redistributable: look for 'FFHQ' at its makers; 60 000 train and 10 000 are held out",
        licence: "its makers' own terms", layout: "00000.png to 69999.png; two lists of names make the split",
        files: [DataFiles("*.png", count: 70_000)]),
    DataSet(
        "imagenette", line: "inr", "ten classes of ImageNet, 320 px short side",
        source: "not here and not redistributable: look for 'Imagenette', the edition of 320 pixels",
        licence: "its makers' own terms", layout: "train/WNID/*.JPEG and val/WNID/*.JPEG",
        files: [DataFiles("train/*.JPEG", count: 9469), DataFiles("val/*.JPEG", count: 3925)]),
    DataSet(
        "LibriSpeech", line: "inr", "read English, 16 kHz",
        source: "not here: look for 'LibriSpeech', the parts train-clean-100 and test-clean",
        licence: "its makers' own terms", layout: "SET/SPEAKER/CHAPTER/SPEAKER-CHAPTER-UTTERANCE.flac",
        files: [DataFiles("train-clean-100/*.flac", count: 28_539), DataFiles("test-clean/*.flac", count: 2620)]),
    DataSet(
        "learnit_shapenet", line: "inr", "renders of cars, chairs and lamps, 128x128",
        source:
            "not here: renders are under ShapeNet's terms and no reachable repository stores them; look for 'learnit'",
        licence: "ShapeNet: non-commercial",
        layout:
            "CLASS/ID/transforms.json with its PNGs beside it, and car_splits.json, chair_splits.json, lamp_splits.json"
    ),
]

private func kodakPicture(number: Int, digest: String) -> DataFiles {
    let name = (number < 10 ? "0" : "") + "\(number).png"
    return DataFiles(
        "kodim" + name, digest,
        url: "https://raw.githubusercontent.com/MohamedBakrAli/Kodak-Lossless-True-Color-Image-Suite/"
            + "dd2e1105fe8d9afe1120cd7e4c0e5e41f509a81b/PhotoCD_PCD0992/" + name)
}

/// Of kodim01.png and so on.
private let kodakDigests = [
    "a56e27cbf5f843c048b6af1d6e090760e9c92fadba88b7dee0205918a37523bd",
    "4f4b74a79237e311d72cad958237b5f7088d8bce1c82305ebefe1a70e3022dfd",
    "e25ca1ff2f0c0cb5fdfd5f9b0a0bb21ac4c3de3c84a67f35b09a85d3306249db",
    "e3b946107c5d3441c022f678d0c3caf1e224d81b1604ba840a4f88e562de61aa",
    "10349e963c5c813d327852f82c1795fa4148d69fedffc4c589bee458e3ac3d53",
    "363510303b715d4cbc384e1ce227e466b613a09e1b71ae985882bf8e7fbd9b18",
    "b77d3f006f42414bb242222e0482e750c0fb9e5ee8d4bed2f6f11c5605fe54a4",
    "ba23983c76b4832ee0e8af0592664756841a16779acd69f792e268fb6d13d6e7",
    "6a4361c2fc194feb4edaa9f9a4a0620fb9943e460ac7fdf037fb0f6dd6607a7d",
    "9dfb70f5867c29ff9ed6313683f19b3d867849e40fbc0c4c54a4a89df341cf23",
    "7936814b58b5387fce2e4e2488b4ec830dadd95fa9520f358ddb30990b50f2b6",
    "d78c37c2f04f23761ed2367dd77e2db584ddd4c3950833fecf89f199a8126980",
    "bc34a3ce58dea09dce1704c997171602de90cb34d0c8503a988b77f473d39b08",
    "55a94550ff18f3246c4074fd32b77b0c74447c26b6ad274d564d999c0450ba6e",
    "7538cbb80cb9103606c48b806eae57d56c885c7f90b9b3be70a41160f9cbb683",
    "a89c7268ccd4718ba424a99fc4643c572cf692ca6eae887185ceb4e9f11d2e54",
    "37afcc89fbdcb76d9518e04b2fc011027e2f4cd14b3b2f83cefd721641a47c5b",
    "1a9258c365988961d87a0598725b609139c303ad48a5aad6c503c3b1a87849aa",
    "b7450b264b1b0a411390d8931b112c27905a992520fc90569dc4b920aa32bbdc",
    "3b46c71e3b92a563820ba32936be8330c586c41f938efd94be938386aae4328a",
    "ac958597c82073f6bb65129c68f72b651db5b9efd82e11547d07350214bc268b",
    "1cee58eb1f2d9c7ebb254d208a03c783ce6cf2c4d8c2cf45e235dd23b4ce1b29",
    "e3111a2fd4da24af15d6459ef9eacfe54106b38e27b4a21821b75c3f5d2d5baf",
    "1071c68372cc5a01435c2c225a5cf7d4bb803846ec08bb6b3d6721b156d7cb96",
]
