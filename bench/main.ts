import 'reflect-metadata'
import { writeFileSync } from 'node:fs'
import { asError } from '../src/core/api/errors.js'
import { compare } from './compare.js'
import { hasProgram } from './find-program.js'
import { thisMachine } from './measure/machine.js'
import { measurePeers, peersLines } from './measure/peers.js'
import { soak, soakLines } from './measure/soak.js'
import { RunningTunnel } from './measure/tunnel.js'
import { readOptions, USAGE } from './options.js'
import { callsLines, countCalls } from './profile/calls.js'
import { countPages, pagesLines } from './profile/pages.js'
import { profile, profileLines } from './profile/profile.js'

/*
 * node dist/bench/main.js: whole tunnels side by side, in network namespaces. Results go to standard output,
 * progress to standard error.
 */

const say = (line: string) => {
  process.stderr.write(`${line}\n`)
}

process.on('exit', () => RunningTunnel.removeAll())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))

try {
  await run()
  process.exit(0)
} catch (thrown) {
  say(`bench: ${asError(thrown).message}`)
  process.exit(1)
}

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(USAGE)
    return
  }
  if (process.getuid?.() !== 0) throw new Error('Cannot make network namespaces: this needs root')
  for (const program of ['ip', 'iperf3', 'ping']) {
    if (!hasProgram(program)) throw new Error(`Cannot measure without ${program}: see bench/README.md`)
  }
  const { soak: soakSeconds, json, seconds, systems } = options
  if (soakSeconds !== undefined) report(await soak(systems, soakSeconds, say), soakLines, json)
  else if (options.profile) report(await profile(systems, seconds, say), profileLines, json)
  else if (options.calls) report(await countCalls(systems, say), callsLines, json)
  else if (options.pages) report(await countPages(systems, say), pagesLines, json)
  else if (options.peers) report(await measurePeers(seconds, say), peersLines, json)
  else await compare(options, say)
}

/** Writes results as lines, and as JSON where that is asked for. */
function report<Result>(
  results: readonly Result[],
  lines: (results: readonly Result[]) => string[],
  json: string | undefined,
): void {
  process.stdout.write(`${lines(results).join('\n')}\n`)
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ machine: thisMachine(), results }, null, 2)}\n`)
}
