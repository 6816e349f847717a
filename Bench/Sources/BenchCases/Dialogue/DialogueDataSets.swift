// The data sets of dialogue. Source: the data folder's README file; the line's specification, section 8.

internal import Measurements

let dialogueDataSets: [DataSet] = [
    DataSet(
        "dialogue", line: "dialogue", "CMU_DoG, TREC CAsT, faithfulness audit",
        source: "made from github.com/festvox/datasets-CMU_DoG at 618a14f2, daltonj/treccastweb at 33846610 and "
            + "McGill-NLP/FaithDial at 25671c6e; its README says how",
        licence: "CMU_DoG: none stated, research only; CAsT: MIT, its passages MS MARCO and Wikipedia; audit: MIT",
        megabytes: 3.7, layout: "JSON lines, gzip: cmudog_*, cast_*, faith_audit",
        files: [
            DataFiles("cast_passages.jsonl.gz", "55d9d1cc3511684d50a9f2826023c7646d3ded28dbc7af095a5cc74a28fb7f1d"),
            DataFiles("cast_turns.jsonl.gz", "24eb9a01abfe7acc41cfaf079641958651aa169c832948cee583d53c5ac2efe1"),
            DataFiles("cmudog_kb.jsonl.gz", "af22a9261d6b27f56d11909315534493e500c205d2cd3a61c8588675a6cf4d67"),
            DataFiles("cmudog_test.jsonl.gz", "93ac83123945178966bb96f21e823c6ac0922af1c3f149fa069a37a04625770f"),
            DataFiles("cmudog_train.jsonl.gz", "1210aa1f593755612ae627a4c48bc1e1edd8303331aee38ea70568a16433165a"),
            DataFiles("cmudog_valid.jsonl.gz", "1523fc8de62e0c69fbb643e31c16f236d979f510f50381f1e285cb81178ee25e"),
            DataFiles("faith_audit.jsonl.gz", "85b1a9a454dbb0c595398811d71dbc9cd632e3020a07e9f8fbb8413781d53045"),
        ]),
    DataSet(
        "wow", line: "dialogue", "Wizard of Wikipedia",
        source: "not here: served outside GitHub; look for 'Wizard of Wikipedia' at ParlAI",
        licence: "its makers' own terms",
        layout: "data.json: dialogues with the sentence checked and the passages retrieved at each turn"),
    DataSet(
        "holl-e", line: "dialogue", "chats about movies with copied spans",
        source: "not here: the repository 'Holl-E' holds code for metrics and not the data; ask its makers",
        licence: "its makers' own terms", layout: "JSON with documents, chat, spans and labels"),
]
