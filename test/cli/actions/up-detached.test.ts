import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { afterTest } from '../../support/after-test.js'
import { memoryTunnel } from '../../support/config/memory-tunnel.js'

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
  write('far.toml', 'udp://127.0.0.1:0')
})

function write(name: string, listen: string): void {
  writeFileSync(join(folder, name), memoryTunnel(listen), { mode: 0o600 })
}

const qanat = (...args: string[]) =>
  new Program(process.execPath, [QANAT, ...args], {
    cwd: folder,
    env: { ...process.env, RUNTIME_DIRECTORY: join(folder, 'run'), XDG_STATE_HOME: folder },
  })
const detached = (...args: string[]) => qanat('up', '--detach', '--log-file', 'far.log', 'far.toml', ...args)

it('returns once the tunnel is up, says who runs it and where it logs, and other commands work', async () => {
  const said = await detached().output()
  const [, pid, log] = /^far: up, process (\d+), which logs to (.*); "qanat down far.toml" stops it$/.exec(
    said,
  )!
  afterTest(() => {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // as it should be
    }
  })
  expect(log).toBe(join(folder, 'far.log'))
  expect(statSync(log!).mode & 0o777).toBe(0o600)
  // A session of its own, whose leader it is: no terminal's end reaches it.
  expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[3]).toBe(pid)
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain('QANAT_DETACHED=1')
  const { tunnels } = JSON.parse(await qanat('status', '--json').output())
  expect(tunnels[0].pid).toBe(Number(pid))
  expect(await qanat('reload', 'far.toml').output()).toContain('applied')

  const again = detached()
  expect(await again.ending()).toEqual({ code: 2, signal: null })
  expect(again.stderr.join()).toContain(`process ${pid} is running it`)

  await qanat('down', 'far.toml').output()
  expect(JSON.parse(await qanat('status', '--json').output()).tunnels).toEqual([])
  expect(readFileSync(log!, 'utf8')).toContain('listening')
})

it('tells why a tunnel does not start, with its exit code', async () => {
  write('far.toml', 'udp://192.0.2.1:0')
  const failed = detached()
  expect(await failed.ending()).toEqual({ code: 1, signal: null }) // the network may give the address yet
  expect(failed.stderr).toHaveLength(1)
  expect(failed.stderr[0]).toMatch(/^qanat: Cannot .*192\.0\.2\.1/)
})

it.each([
  [['--timeout', '0'], "Cannot use --timeout: '0' is not within 1 to 86400 seconds"],
  [['--log-file', '/dev/null/log'], 'Cannot log to /dev/null/log: '],
  [['--log-file', '/proc/none/log'], 'Cannot log to /proc/none/log: ENOENT'],
])('refuses %j', async (args, words) => {
  const refused = detached(...args)
  expect(await refused.ending()).toEqual({ code: 2, signal: null })
  expect(refused.stderr.join()).toContain(words)
})
