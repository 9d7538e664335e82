import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { QANAT } from '../../lab/lab.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { median } from '../measure/statistics.js'

/*
 * node dist/bench/starts/plugins-start.js [ROUNDS]
 *
 * What 20 plugins that do nothing add to the start of the program, and how many threads it has once they are loaded: each round
 * starts it with one plugin, which counts the threads, and with 20 more before that one.
 */

const ROUNDS = Number(process.argv[2] ?? 15)
const PLUGINS = 20
/** Milliseconds that they may add. */
const MOST = 50

const folder = temporaryFolder()
const counted = join(folder, 'threads')

/** A plugin of that name, whose module begins so. */
function plugin(name: string, before = ''): string[] {
  const path = join(folder, `${name}.mjs`)
  const hook = "{ summary: 'nothing', create: () => ({ outgoing: () => undefined }) }"
  writeFileSync(
    path,
    `${before}export default { api: 1, name: '${name}', packetHooks: { ${name}: ${hook} } }\n`,
  )
  return ['--plugin', path]
}

const counting = plugin(
  'last',
  `import { readdirSync, writeFileSync } from 'node:fs'
writeFileSync('${counted}', String(readdirSync('/proc/self/task').length))
`,
)
const empty = Array.from({ length: PLUGINS }, (_, index) => plugin(`empty${index}`)).flat()

/** Milliseconds from the start of the program to its end, and its threads amid that. */
function start(...plugins: string[]): { readonly took: number; readonly threads: number } {
  const begun = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [QANAT, 'plugins', ...plugins], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return { took: performance.now() - begun, threads: Number(readFileSync(counted, 'utf8')) }
}

const added: number[] = []
const threads = { without: 0, with: 0 }
for (let round = 0; round < ROUNDS; round++) {
  const without = start(...counting)
  const all = start(...empty, ...counting)
  added.push(all.took - without.took)
  threads.without = Math.max(threads.without, without.threads)
  threads.with = Math.max(threads.with, all.threads)
}

const more = median(added)
process.stdout.write(
  `${PLUGINS} empty plugins add ${more.toFixed(1)} ms to the start; ${MOST} are allowed\n` +
    `threads: ${threads.without} without them, ${threads.with} with them\n`,
)
process.exitCode = more <= MOST && threads.with <= threads.without ? 0 : 1
