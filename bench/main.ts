import 'reflect-metadata'
import { asError } from '../src/core/errors.js'
import { compare } from './compare.js'
import { hasProgram } from './find-program.js'
import { RunningTunnel } from './measure/tunnel.js'
import { readOptions, USAGE } from './options.js'

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
  await compare(options, say)
}
