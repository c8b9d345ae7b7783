"""How pages look: in light and dark, on a phone and on paper. Charts take their colours from here too."""

COLOURS = 6  # --c1 to --c6
STYLE = """
:root {
  --paper: #fbfaf8; --card: #ffffff; --ink: #1d2330; --quiet: #5c6475; --line: #dfe1e6;
  --c1: #1f6f8b; --c2: #d9822b; --c3: #6b8f3a; --c4: #a4508b; --c5: #7a6a53; --c6: #b5453a;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  color: var(--ink); background: var(--paper);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171d; --card: #1c2129; --ink: #e8eaef; --quiet: #a0a8b8; --line: #343b47;
    --c1: #5bb3d0; --c2: #efa75c; --c3: #a3c96b; --c4: #d68cc0; --c5: #bfae93; --c6: #e5837a;
  }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 4rem }
h1 { font-size: clamp(1.5rem, 5vw, 2.1rem); line-height: 1.2; margin: 0 }
h2 { font-size: 1.25rem; margin: 0 0 .25rem }
header p, .note, .empty { color: var(--quiet); margin: .25rem 0 1rem }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0 0 1rem; padding: 0 }
a { color: var(--c1) }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; margin: 0 0 1.25rem;
  padding: 1.25rem clamp(.9rem, 3vw, 1.5rem) }
.figures { display: grid; gap: 1rem; margin: .75rem 0 1rem;
  grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)) }
.figures dt { color: var(--quiet); font-size: .875rem }
.figures dd { margin: 0 }
.figures .value { font-size: clamp(1.35rem, 4vw, 1.65rem);
  font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums }
.figures .note { font-size: .8rem; margin: 0 }
figure { margin: 1rem 0 }
figcaption { font-weight: 600; margin: 0 0 .5rem }
.wide { overflow-x: auto }
.wide:focus-visible { outline: 2px solid var(--c1) }
svg { display: block; height: auto; min-width: 34rem; width: 100% }
table { border-collapse: collapse; font-size: .9rem; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top;
  white-space: nowrap }
th { color: var(--quiet); font-weight: 600; vertical-align: bottom; white-space: normal }
.wide + .wide { margin-top: 1.5rem }
th:last-child, td:last-child { padding-right: 0 }
.number { font-variant-numeric: tabular-nums; text-align: right }
tfoot td { border-bottom: 0; font-weight: 650 }
@media (max-width: 40rem) { th { white-space: nowrap } }
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --quiet: #444; --line: #bbb; font-size: 11px;
    --c1: #1f6f8b; --c2: #d9822b; --c3: #6b8f3a; --c4: #a4508b; --c5: #7a6a53; --c6: #b5453a }
  nav { display: none }
  body { max-width: none; padding: 0 }
  section { border: 0; padding: 0 }
  figure, tr, .figures { break-inside: avoid }
  h2 { break-after: avoid }
  .wide { overflow: visible }
  svg { min-width: 0 }
  th, td { white-space: normal }
}
"""
