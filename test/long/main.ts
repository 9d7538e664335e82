// long NAME [ARGUMENT…]: runs at full length what has a share in `npm test`; without NAME it lists what there is.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { LONG } from './names.js'

const ROOT = join(import.meta.dirname, '../../..')

const [name = '--help', ...more] = process.argv.slice(2)
const chosen = LONG[name]
if (chosen !== undefined) {
  const { command, environment } = chosen
  const { status } = spawnSync(process.execPath, [...command, ...more], {
    cwd: ROOT,
    env: { ...process.env, QANAT_PROGRESS: '1', ...environment },
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
} else {
  const isHelp = name === '--help' || name === '-h'
  const names = Object.entries(LONG).map(([known, { about }]) => `  ${known.padEnd(12)} ${about}`)
  const usage = `npm run long -- NAME [ARGUMENT…], with NAME one of\n\n${names.join('\n')}\n`
  if (isHelp) process.stdout.write(usage)
  else process.stderr.write(`long: there is no ${name}\n\n${usage}`)
  process.exitCode = isHelp ? 0 : 2
}
