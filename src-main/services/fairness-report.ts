import type { Audit, Disparity, Interval } from '@shared/schemas/fairness'
import type { Run } from '@shared/schemas/run'

const escape = (text: unknown) => String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
const percent = (value: number | null) => (value === null ? '–' : `${(value * 100).toFixed(1)} %`)
const figure = (value: number | null) => (value === null ? '–' : value.toFixed(3))
const described = (audit: Audit, id: string) =>
  audit.metrics.find((metric) => metric.id === id) ?? { id, title: id, summary: '' }
const nameOf = (group: Record<string, string>) => Object.values(group).join(' · ')

/** A bias report as one HTML file: no script, no outside resource, readable in light, dark and print. */
export function renderReport(audit: Audit, run: Run, smallGroup: number): string {
  const heading = `Bias report: ${run.name} on ${run.datasetName}`
  const level = `${Math.round(audit.level * 100)} %`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(heading)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">Bias report</p>
<h1>${escape(audit.summary[0])}</h1>
<p class="about">Model ${escape(run.name)}, dataset ${escape(run.datasetName)}, ${escape(written())}</p>
${facts(audit)}
</header>
<section>
<h2>In words</h2>
<ul>${audit.summary
    .slice(1)
    .map((sentence) => `<li>${escape(sentence)}</li>`)
    .join('')}</ul>
</section>
<section>
<h2>Between the groups</h2>
<p class="note">A dot is the figure, the bar its ${level} interval, the upright line the ideal. On ratios the dashed line marks four fifths.</p>
${audit.disparities.map((disparity) => disparityRow(audit, disparity)).join('')}
${axis((value) => value.toString())}
</section>
<section>
<h2>Findings</h2>
${findings(audit)}
</section>
<section>
<h2>By ${escape(audit.sensitive.join(' and '))}</h2>
<p class="note">The upright line is the figure of all groups together. A hollow dot marks a small group.</p>
${Object.keys(audit.overall)
  .map((metric) => rateChart(audit, metric))
  .join('')}
</section>
<section>
<h2>All figures</h2>
${table(audit)}
<p class="note">${audit.byGroup.some(({ small }) => small) ? `Groups marked “small” have fewer than ${smallGroup} samples: read their figures as a hint.` : ''} A dash means that no sample is there to count.</p>
</section>
<section>
<h2>How to read this</h2>
<dl class="facts">
${fact('A rate by group', `Of all people of a group, how many get "${audit.positive}". Rates that differ are not by themselves unfair: the groups may differ in what matters. Rates that agree are not by themselves fair: the errors may fall on one group.`)}
${fact('An interval', `The samples are a part of the people whom the model will meet. With other samples the figure would be another; in ${level} of such repetitions an interval made like this holds the true one.`)}
${fact('A finding', 'A difference that shuffling the groups at random would hardly ever make, even when counting how many differences were looked at. What is no finding is not proved to be equal.')}
${fact('Rate in the labels', 'What the data say before any model. Where it differs between groups, the world differs or the labels were given unequally; a model learns both alike.')}
</dl>
</section>
<section>
<h2>Yardsticks of the law</h2>
<p class="note">Named for orientation. Which of them applies, and what follows, is for a court or a regulator to say.</p>
<dl class="facts">
${fact('Four-fifths rule', 'A selection rate below four fifths of the highest group’s is generally taken as evidence of adverse impact: Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 D (United States, employment).')}
${fact('Two or three standard deviations', 'A disparity larger than that is unlikely to be chance: Castaneda v. Partida, 430 U.S. 482, note 17, and Hazelwood School District v. United States, 433 U.S. 299 (both 1977).')}
${fact('Indirect discrimination', 'A neutral rule that puts a group at a particular disadvantage, unless it is objectively justified: Directives 2000/43/EC, article 2, and 2006/54/EC, article 2 (European Union).')}
${fact('Examination for bias', 'Data of high-risk systems are to be examined for possible biases: Regulation (EU) 2024/1689 (AI Act), article 10.')}
</dl>
</section>
<section>
<h2>How this was made</h2>
<dl class="facts">
${fact('Run', `${run.name} (${run.runId}), family ${run.family}`)}
${fact('Dataset', run.datasetName)}
${fact('Accuracy on this split', `${percent(run.metrics[audit.split]?.accuracy ?? null)}; always the largest class: ${percent(run.baseline.majorityAccuracy)}`)}
${fact('Intervals', `${level} BCa bootstrap intervals (Efron 1987): ${audit.rounds} rounds, each group drawn again at its own size. Where a rate is exactly 0 or 1: Wilson's interval, and Newcombe's for its difference.`)}
${fact('Tests', `Every pair of groups of at least ${smallGroup} samples in every rate, by an exact permutation test (all permutations counted), corrected for their number by Benjamini and Hochberg (1995) at a false discovery rate of ${Math.round((1 - audit.level) * 100)} %. Only what survives is called a finding. A gap without a finding may be chance, and its interval reaches to the ideal.`)}
${fact('Definitions', 'Largest minus smallest over the groups (ratio: smallest by largest), as in Fairlearn. A rate over nobody is left out and shown as a dash, where Fairlearn counts it as 0. Four-fifths rule: 29 CFR 1607.4 D.')}
${fact(
  'Settings',
  Object.entries(run.params)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(', '),
)}
${fact('Written', `${written()}, by Pellucid`)}
</dl>
</section>
</main>
</body>
</html>
`
}

const written = () => `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`

const fact = (name: string, value: string) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`

const facts = (audit: Audit) => `<dl class="head">
${fact('Favourable outcome', audit.positive)}
${fact('Split', audit.split)}
${fact('Threshold', audit.threshold.toString())}
${fact('Samples', audit.n.toString())}
${fact('Sensitive features', audit.sensitive.join(', '))}
</dl>`

const width = 560
const place = (value: number) => (8 + Math.min(1, Math.max(0, value)) * (width - 16)).toFixed(1)

const upright = (at: number, shape: string) => `<line x1="${place(at)}" x2="${place(at)}" y1="2" y2="22" ${shape}/>`
const quarters = [0, 0.25, 0.5, 0.75, 1]

interface Marks {
  /** Where the upright line stands: the ideal, or the figure of all groups. */
  line: number | null
  /** Where a dashed line stands. */
  dashed?: number
  isSmall?: boolean
}

/** One dot with its whisker on an axis from 0 to 1. */
function strip({ value, low, high }: Interval, { line, dashed, isSmall }: Marks, label: string): string {
  const length = low === null || high === null ? 0 : Math.max(1, Number(place(high)) - Number(place(low)))
  return `<svg viewBox="0 0 ${width} 24" role="img" aria-label="${escape(label)}">${[
    ...quarters.map((at) => upright(at, 'class="grid"')),
    low === null
      ? ''
      : `<rect x="${place(low)}" y="9" width="${length.toFixed(1)}" height="6" rx="3" class="whisker"/>`,
    line === null ? '' : upright(line, 'class="reference"'),
    dashed === undefined ? '' : upright(dashed, 'class="reference" stroke-dasharray="3 3"'),
    value === null ? '' : `<circle cx="${place(value)}" cy="12" r="5" class="${isSmall ? 'dot hollow' : 'dot'}"/>`,
  ].join('')}</svg>`
}

/** Comparisons that survived, or the sentence that none did. */
function findings({ comparisons, metrics }: Audit): string {
  const found = comparisons.filter(({ isFinding }) => isFinding).sort((a, b) => a.q - b.q)
  if (found.length === 0)
    return `<p class="note">None of ${comparisons.length} comparisons between groups survives the correction for their number.</p>`
  const rows = found.map(({ metric, groups, difference, p, q }) => {
    const title = metrics.find(({ id }) => id === metric)?.title ?? metric
    const cells = [
      groups.join(' − '),
      `${percent(difference.value)}<span>${range(difference, percent)}</span>`,
      tiny(p),
      tiny(q),
    ]
    return `<tr><th scope="row">${escape(title)}</th><td>${escape(cells[0])}</td>${cells
      .slice(1)
      .map((cell) => `<td>${cell}</td>`)
      .join('')}</tr>`
  })
  const head = ['Rate', 'Groups', 'Difference', 'p', 'corrected'].map((name) => `<th scope="col">${name}</th>`).join('')
  return `<p class="note">${found.length} of ${comparisons.length} comparisons survive the correction for their number.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Findings"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}
const tiny = (p: number) => (p < 0.0001 ? '&lt; 0.0001' : p.toFixed(4))

/** What the strips above are measured in. */
function axis(write: (value: number) => string): string {
  const ends = ['start', 'middle', 'middle', 'middle', 'end']
  const labels = quarters.map((at, i) => {
    const x = i === 0 ? 0 : i === 4 ? width : place(at)
    return `<text x="${x}" y="10" text-anchor="${ends[i]}">${write(at)}</text>`
  })
  return `<div class="row axis" aria-hidden="true"><div></div><svg viewBox="0 0 ${width} 14">${labels.join('')}</svg><div></div></div>`
}

const range = ({ low, high }: Interval, write: (value: number | null) => string) =>
  low === null ? '' : `${write(low).replace(' %', '')} – ${write(high)}`

function disparityRow(audit: Audit, disparity: Disparity): string {
  const { title } = described(audit, disparity.metric)
  const [low, high] = disparity.groups
  const who = low && high ? `Lowest: ${low}. Highest: ${high}. ` : ''
  return `<div class="row"><div><strong>${escape(title)}</strong><span>${escape(who)}Ideal ${disparity.ideal}.</span></div>
${strip(disparity, { line: disparity.ideal, dashed: disparity.kind === 'ratio' ? 0.8 : undefined }, `${title}: ${figure(disparity.value)}`)}
<div class="value"><strong>${figure(disparity.value)}</strong><span>${range(disparity, figure)}</span></div></div>`
}

function rateChart(audit: Audit, metric: string): string {
  const overall = audit.overall[metric]!
  const { title, summary } = described(audit, metric)
  const rows = audit.byGroup.map(({ group, n, small, metrics }) => {
    const interval = metrics[metric]!
    const name = nameOf(group)
    return `<div class="row"><div><strong>${escape(name)}</strong><span>n ${n}${small ? ' · small' : ''}</span></div>
${strip(interval, { line: overall.value, isSmall: small }, `${title} of ${name}: ${percent(interval.value)}`)}
<div class="value"><strong>${percent(interval.value)}</strong><span>${range(interval, percent)}</span></div></div>`
  })
  return `<h3>${escape(title)}</h3><p class="note">${escape(summary)}</p>${rows.join('')}${axis((value) => `${value * 100} %`)}`
}

function table(audit: Audit): string {
  const metrics = Object.keys(audit.overall)
  const cell = (interval: Interval) => `<td>${percent(interval.value)}<span>${range(interval, percent)}</span></td>`
  const row = (name: string, n: number, values: Record<string, Interval>, note = '') =>
    `<tr><th scope="row">${escape(name)}${note}</th><td>${n}</td>${metrics.map((metric) => cell(values[metric]!)).join('')}</tr>`
  const body = audit.byGroup.map(({ group, n, small, metrics: values }) =>
    row(nameOf(group), n, values, small ? ' <em>small</em>' : ''),
  )
  return `<div class="scroll" tabindex="0" role="region" aria-label="All figures"><table><thead><tr><th scope="col">Group</th><th scope="col">n</th>${metrics
    .map((metric) => `<th scope="col">${escape(described(audit, metric).title)}</th>`)
    .join('')}</tr></thead><tbody>${body.join('')}${row('All groups', audit.n, audit.overall)}</tbody></table></div>`
}

const style = `
:root{--bg:#fff;--text:#1e293b;--strong:#0f172a;--muted:#475569;--line:#e2e8f0;--accent:#0f766e;--soft:#99d5cf;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--bg:#0f172a;--text:#cbd5e1;--strong:#f8fafc;--muted:#94a3b8;--line:#28364b;--accent:#2dd4bf;--soft:#1d5f5a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:60rem;margin:0 auto;padding:3rem 1.5rem 5rem}
h1{margin:.25rem 0 1.5rem;color:var(--strong);font-size:1.6rem;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
h2{margin:2.75rem 0 .75rem;color:var(--strong);font-size:1.1rem}
h3{margin:1.5rem 0 .25rem;color:var(--strong);font-size:.9rem}
.about{margin:-.75rem 0 1.5rem;color:var(--muted)}
.eyebrow{margin:0;color:var(--accent);font-size:.75rem;font-weight:600;letter-spacing:.06em;text-transform:uppercase}
dl{margin:0}dt{color:var(--muted);font-size:.75rem}dd{margin:0;color:var(--strong);overflow-wrap:anywhere}
.head{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:1rem;padding:1rem 0;border-block:1px solid var(--line)}
.head dd{font-weight:600}
.facts div{display:grid;grid-template-columns:11rem 1fr;gap:1rem;padding:.5rem 0;border-bottom:1px solid var(--line)}
.facts dd{font-size:.875rem}
ul{margin:0;padding-left:1.1rem;max-width:46rem}li{margin:.35rem 0}
.note{margin:.25rem 0 1rem;color:var(--muted);font-size:.8125rem}
.row{display:grid;grid-template-columns:13rem 1fr 8rem;gap:1rem;align-items:center;padding:.35rem 0}
.row strong{display:block;color:var(--strong);font-size:.875rem;font-weight:600}
.row span{color:var(--muted);font-size:.75rem}
.value{text-align:right}
svg{display:block;width:100%;height:auto}
.grid{stroke:var(--line)}.reference{stroke:var(--muted)}.whisker{fill:var(--soft)}.dot{fill:var(--accent);stroke:var(--accent);stroke-width:2}.hollow{fill:var(--bg)}
.axis{padding:0}.axis text{fill:var(--muted);font-size:10px}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:.8125rem}
th,td{padding:.5rem .75rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;vertical-align:top}
th:first-child{text-align:left}thead th{color:var(--muted);font-weight:500}tbody th{color:var(--strong)}
td span{display:block;color:var(--muted);font-size:.6875rem}em{color:var(--muted);font-style:normal;font-weight:400}
@media (max-width:44rem){.row{grid-template-columns:1fr 6rem}.row svg{grid-column:1/-1;grid-row:2}.facts div{grid-template-columns:1fr}}
@media print{main{padding:0}.row,tr{break-inside:avoid}}
`
