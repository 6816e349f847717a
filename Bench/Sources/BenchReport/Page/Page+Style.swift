// How the page looks, and the few lines that sort and filter its tables. Both work from a file, offline, and in print.

extension Page {
    /// A field that hides the rows without a word.
    static let filter =
        #"<label>Rows with <input id="filter" type="search" placeholder="word"></label>"#

    /// Colours are Okabe and Ito's, told apart by colour-blind readers.
    static let style = """
        :root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --soft: #767676; --rule: #ccc;
          --good: #00664b; --bad: #a33f00; --unsure: #6a5200 }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #161616; --soft: #a0a0a0;
          --rule: #444; --good: #4fd1a5; --bad: #ff9a5c; --unsure: #e6c34d } }
        * { box-sizing: border-box }
        body { margin: 0 auto; max-width: 76rem; padding: 1rem; font: 15px/1.45 system-ui, sans-serif;
          color: var(--ink); background: var(--paper) }
        h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
        .banner { font: 1rem/1.4 ui-monospace, monospace; padding: .6rem .8rem; border: 2px solid; border-radius: 6px;
          overflow-wrap: anywhere }
        .good { color: var(--good) } .bad { color: var(--bad) } .unsure { color: var(--unsure) }
        dl { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .5rem 0 }
        dl div { display: flex; gap: .4rem } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
        nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: center; padding: .5rem 0;
          border-bottom: 1px solid var(--rule) }
        a { color: inherit } input { font: inherit }
        .wide { overflow-x: auto; margin: .8rem 0 }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums }
        caption { text-align: left; color: var(--soft); padding: .2rem 0 }
        th, td { padding: .15rem .6rem; white-space: nowrap; vertical-align: top }
        th button { all: unset; cursor: pointer; font-weight: bold } th button:focus-visible { outline: 2px solid }
        .left { text-align: left } .right { text-align: right }
        thead th { border-bottom: 1px solid var(--rule) } tbody tr:hover { background: rgb(128 128 128 / .12) }
        .note td { color: var(--soft); white-space: normal; padding-left: 1.6rem }
        details { border-bottom: 1px solid var(--rule) } summary { cursor: pointer; padding: .3rem 0 }
        figure { display: inline-block; margin: .5rem .5rem .5rem 0; width: min(36rem, 100%); vertical-align: top }
        figure svg { width: 100%; height: auto } figure img { max-width: 100%; image-rendering: pixelated }
        figcaption { color: var(--soft) }
        svg text { font: 11px system-ui, sans-serif; fill: var(--ink) }
        .grid { stroke: var(--rule); stroke-width: .6 } .change { stroke: var(--bad); stroke-dasharray: 4 3 }
        .line polyline { fill: none; stroke: currentColor; stroke-width: 1.5 } .line path { fill: currentColor }
        .spark { width: 7rem; height: 1.4rem } .spark polyline { fill: none; stroke: currentColor; stroke-width: 1.5 }
        .c0 { color: #0072b2 } .c1 { color: #d55e00 } .c2 { color: #009e73 } .c3 { color: #cc79a7 }
        .c4 { color: #b58900 } .c5 { color: #56b4e9 } .c6 { color: #888 }
        @media print { nav { display: none } details > * { display: block } figure { break-inside: avoid } }
        """

    static let script = """
        document.getElementById('filter').addEventListener('input', function (event) {
          var word = event.target.value.toLowerCase();
          document.querySelectorAll('tbody tr:not(.note)').forEach(function (row) {
            row.hidden = row.textContent.toLowerCase().indexOf(word) < 0;
            var note = row.nextElementSibling;
            if (note && note.className === 'note') note.hidden = row.hidden;
          });
        });
        document.querySelectorAll('thead th button').forEach(function (button) {
          var head = button.parentElement;
          button.addEventListener('click', function () {
            var column = head.cellIndex, body = head.closest('table').tBodies[0], groups = [];
            Array.prototype.forEach.call(body.rows, function (row) {
              if (row.className === 'note') groups[groups.length - 1].push(row); else groups.push([row]);
            });
            var turn = head.dataset.turn === '1' ? -1 : 1;
            head.dataset.turn = turn;
            function key(group) {
              var cell = group[0].cells[column];
              return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
            }
            groups.sort(function (a, b) { a = key(a); b = key(b); return a < b ? -turn : a > b ? turn : 0; });
            groups.forEach(function (group) { group.forEach(function (row) { body.appendChild(row); }); });
          });
        });
        """
}
