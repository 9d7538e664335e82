import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Results } from '../measure/results.js'
import { chart } from './chart.js'
import { replaceSection } from './section.js'
import { peersSection, profileSection, soakSection, stagesSection, tunnelsSection } from './sections.js'

/*
 * node dist/bench/report/main.js FOLDER: writes the marked sections of docs/performance.md, and its chart, from
 * what `--json` wrote into the folder: tunnels.json, stages.json, profile.json, soak.json, peers.json. A section
 * whose file is not there stays as it is.
 */

const SECTIONS = {
  tunnels: tunnelsSection,
  stages: stagesSection,
  profile: profileSection,
  soak: soakSection,
  peers: peersSection,
} as const

const folder = process.argv[2]
if (folder === undefined) {
  process.stderr.write('Cannot write the page without results: name the folder that holds them\n')
  process.exit(2)
}
const docs = join(import.meta.dirname, '../../../docs')
const page = join(docs, 'performance.md')
let text = readFileSync(page, 'utf8')
for (const [name, section] of Object.entries(SECTIONS)) {
  const file = join(folder, `${name}.json`)
  if (!existsSync(file)) continue
  const content = JSON.parse(readFileSync(file, 'utf8'))
  text = replaceSection(text, name, section(content))
  if (name === 'tunnels') writeFileSync(join(docs, 'performance.svg'), chart(content as Results))
  process.stderr.write(`${name}: written\n`)
}
writeFileSync(page, text)
