import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Results } from '../measure/results.js'
import { chart } from './chart.js'
import { replaceSection } from './section.js'
import {
  peersSection,
  profileSection,
  soakSection,
  stagesSection,
  streamsSection,
  summarySection,
  tunnelsSection,
} from './sections.js'

/*
 * node dist/bench/report/main.js FOLDER: writes the marked sections of the pages below, and the chart, from what
 * `--json` wrote into the folder: tunnels.json, stages.json, profile.json, soak.json, peers.json. Each file's tables
 * go to bench/results/; the short ones of whole tunnels also to docs/performance.md and README.md. A section
 * whose file is not there stays as it is; so does the long table of whole tunnels if only the short one was measured.
 */

const SECTIONS = {
  tunnels: [
    { page: 'bench/results/tunnels.md', name: 'tunnels', lines: tunnelsSection, whole: true },
    { page: 'docs/performance.md', name: 'tunnels', lines: summarySection },
    { page: 'README.md', name: 'streams', lines: streamsSection },
  ],
  stages: [{ page: 'bench/results/stages.md', name: 'stages', lines: stagesSection }],
  profile: [{ page: 'bench/results/profile.md', name: 'profile', lines: profileSection }],
  soak: [{ page: 'bench/results/soak.md', name: 'soak', lines: soakSection }],
  peers: [{ page: 'bench/results/peers.md', name: 'peers', lines: peersSection }],
} as const

const folder = process.argv[2]
if (folder === undefined) {
  process.stderr.write('Cannot write the pages without results: name the folder that holds them\n')
  process.exit(2)
}
const root = join(import.meta.dirname, '../../..')
for (const [name, sections] of Object.entries(SECTIONS)) {
  const file = join(folder, `${name}.json`)
  if (!existsSync(file)) continue
  const content = JSON.parse(readFileSync(file, 'utf8'))
  for (const section of sections) {
    if ('whole' in section && content.short === true) continue
    const page = join(root, section.page)
    const text = replaceSection(readFileSync(page, 'utf8'), section.name, section.lines(content))
    writeFileSync(page, text)
    process.stderr.write(`${section.page}: written\n`)
  }
  if (name === 'tunnels') writeFileSync(join(root, 'docs/performance.svg'), chart(content as Results))
}
