// The data sets of speech translation. Source: the data folder's README file; the line's specification, section 8.

internal import Measurements

let speechTranslationDataSets: [DataSet] = [
    DataSet(
        "st/fsdd", line: "st", "3000 spoken English digits, 6 speakers",
        source:
            "made from github.com/Jakobovski/free-spoken-digit-dataset at 26eb9aaf: packed as FLAC, low bits cleared",
        licence: "CC BY-SA 4.0, naming Z. Jackson et al., Free Spoken Digit Dataset, and the changes", megabytes: 7.75,
        layout: "segments.tsv and a FLAC file a speaker, 8 kHz",
        files: [
            DataFiles("george.flac", "76474b29dfb198f5661c133ffc921d4db3a131df133d88a8188a518fe20ef3c3"),
            DataFiles("jackson.flac", "db82e09ac179393709d0ff61bb3d33750e8ea968ab4359940af16f597055329a"),
            DataFiles("lucas.flac", "47a4f2aca896ff4fcdc3a9325edcdef4c143f88a749454bf903a80651ac53c81"),
            DataFiles("nicolas.flac", "7806b76184ad9a69ee246e97b051f9e4fd5310f1884a7ccb27957d46001bbf6b"),
            DataFiles("segments.tsv", "832ffca95b583a7ab8eb2cb433b730540a6f52c5bd4dd020798acc94eb8f6776"),
            DataFiles("theo.flac", "1565e91eed7fdaa8a8274f8da1e8bc2bfa031724471f398d7db1b4dcbc3dca74"),
            DataFiles("yweweler.flac", "713fc16fa9b5c2579feffbac1ad902445fbe3603ca442ebca18d6a557e16eb2b"),
        ]),
    DataSet(
        "st/multi30k", line: "st", "captions in English, German and French",
        source: "github.com/multi30k/dataset, folder data/task1/raw",
        licence: "no licence file; non-commercial research and education", megabytes: 2.04,
        layout: "SPLIT.LANGUAGE.gz, a sentence a line, the same line the same caption",
        files: multi30kDigests.map { name, digest in
            DataFiles(
                name, digest, url: "https://raw.githubusercontent.com/multi30k/dataset/a3d2e0d2/data/task1/raw/" + name)
        }),
    DataSet(
        "st/mboshi", line: "st", "Mboshi speech with French translation",
        source: "made from github.com/besacier/mboshi-french-parallel-corpus, full_corpus_newsplit, at 83c5b428",
        licence: "no licence file; research only, citing Godard et al. 2018; ask before it goes into a release",
        megabytes: 38, layout: "segments.tsv.gz and a FLAC file a recording session, 16 kHz",
        files: [
            DataFiles("segments.tsv.gz", "0daffb182651058cf2b94e8e50b4ec63e7d845c63c2237c0a1e74ffd697abc51"),
            DataFiles(
                "*.flac", count: 63, digest: "0a63ed594e60cbb1bcb2ba9b3933e6b44c37061c3743d1a8524103db95ad9913"),
        ]),
    DataSet(
        "st/golden", line: "st", "reference values for features and pieces",
        source: "computed for this project", licence: "ours; the pieces derive from Multi30k", megabytes: 0.29,
        layout: "wave_a.i16.txt, fbank_a.tsv and four tables of SentencePiece",
        files: [
            DataFiles("fbank_a.tsv", "3561b33c72307e4cdb89c134ac70d7417e6b982e3d73b2bf2fb528c26c37b127"),
            DataFiles("spm_bpe_1000.encoded.tsv", "40df66441daca30554fae80be022673c5e507be69658c59edbab8e92b1cc30b4"),
            DataFiles("spm_bpe_1000.vocab.tsv", "5c212e0c5f8d9f5de62b5267802f3947ad39695e461fdfd2c6e964689e84f9ae"),
            DataFiles(
                "spm_unigram_1000.encoded.tsv", "3bff4c406c11d98a524472b088c60e2b576eb4c47b586407387a6cb31f641fe3"),
            DataFiles("spm_unigram_1000.vocab.tsv", "55fc7edddd9b31b894861b5c1bd39ffe700ac3539083970308119e971dcae35c"),
            DataFiles("wave_a.i16.txt", "980967a7730957eab72d0eee1ac30ce60e4f6ed714c90b8fe07f62f1dff2dcbc"),
        ]),
    DataSet(
        "must-c", line: "st", "talks with translations, version 1",
        source: "not here: look for 'MuST-C' at its makers and apply to them; versions 1, 2 and 3 differ",
        licence: "its makers' own terms", layout: "en-XX/data/{train,dev,tst-COMMON,tst-HE}/{wav,txt}"),
]

private let multi30kDigests: KeyValuePairs = [
    "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    "test_2016_flickr.fr.gz": "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
    "test_2017_flickr.de.gz": "a2c89666db00c495cd8513b9d708d5a3acc205d7de312ef2bf5fb7ebc1540aee",
    "test_2017_flickr.en.gz": "76a444ee25172e72695cddb13ae4a3bda59430617be88e0bb46b60504f054074",
    "test_2017_flickr.fr.gz": "3ba671ceb2299f3304ffafefea7a833d08632fbaf0ba18546f8a2ec2391af496",
    "test_2017_mscoco.de.gz": "799e4854c25d601cb6cb6be29eabe5667734c61ace2f495e03e429031a0bc338",
    "test_2017_mscoco.en.gz": "aab300bfb4427697987e02cd0aacd44bfe8aa50456231b6474c08038bbed2b58",
    "test_2017_mscoco.fr.gz": "754f3072ba9f124569ba5258b32730fc1d214bbf8e0c6dfb2b74401676220db0",
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "train.fr.gz": "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "val.fr.gz": "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9",
]
