import { chownSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { reload } from '../../../src/cli/actions/reload.js'
import { status } from '../../../src/cli/actions/status.js'
import { journalOf, lockRun, type RunLock } from '../../../src/control/run-lock.js'
import { ControlServer } from '../../../src/control/server.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { Journal } from '../../../src/host/record/journal.js'
import { temporaryFile } from '../../support/temporary-file.js'

const CARRIED = { sent: { packets: 0, bytes: 0 }, received: { packets: 0, bytes: 0 }, drops: {} }
const STATUS = {
  ...{ device: 'wg0', cipher: 'xor', since: '2026-01-01T00:00:00.000Z', listen: [], isolateClients: false },
  ...{ ...CARRIED, peers: [] },
}

describe('a tunnel that answers nonsense', () => {
  let folder: string
  let odd: string
  const locks: RunLock[] = []
  const servers: ControlServer[] = []
  let printed: string
  let remarked: string
  beforeEach(async () => {
    folder = temporaryFolder()
    vi.stubEnv('RUNTIME_DIRECTORY', folder)
    odd = await answer('odd.toml', { peers: 7, device: ['\u001b[2J'] })
    await answer('fine.toml', STATUS)
    printed = ''
    remarked = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += text
      return true
    })
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      remarked += text
      return true
    })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    for (const server of servers.splice(0)) await server.close()
    for (const lock of locks.splice(0)) lock.release()
  })

  /** Runs a file whose tunnel answers each question so. */
  async function answer(name: string, what: object): Promise<string> {
    const path = temporaryFile(name, '')
    const lock = lockRun(path, folder)
    const all = {
      status: () => what,
      look: () => what,
      reload: () => what,
      login: () => what,
      down: () => what,
    }
    locks.push(lock)
    servers.push(await ControlServer.listen(lock.socket, all, silentLogger))
    return path
  }

  it('is told of in one line, and hides none of the others', async () => {
    expect(await status(undefined, { json: true })).toBe(0)
    expect(JSON.parse(printed).tunnels).toMatchObject([{ device: 'wg0' }])
    expect(remarked).toBe(
      `qanat: Cannot understand the tunnel of ${odd}: what process ${process.pid} answers is no status\n`,
    )
  })

  it('is an error where it alone is asked', async () => {
    await expect(status(odd, {})).rejects.toMatchObject({ code: 'ERR_CONTROL' })
    await expect(reload(odd)).rejects.toThrow(`Cannot understand the tunnel of ${odd}: its answer is none`)
    expect(printed).toBe('')
  })
})

describe('a kill switch of a tunnel that is dead', () => {
  let folder: string
  let file: string
  let printed: string
  beforeEach(() => {
    folder = temporaryFolder()
    vi.stubEnv('RUNTIME_DIRECTORY', folder)
    file = temporaryFile('wg0.toml', '')
    const journal = new Journal(journalOf(file, folder), [], { file, killSwitch: true })
    journal.note({ kind: 'mark', mark: 7 })
    journal.note({ kind: 'firewall', table: 'qanat-wg0' })
    printed = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += text
      return true
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  })

  it('is told of with what lifts it, and the exit code is 1, whether it is asked for or not', async () => {
    for (const wanted of [undefined, 'wg0', file]) {
      printed = ''
      expect(await status(wanted, {})).toBe(1)
      expect(printed).toBe(
        [
          `wg0: ${file}, not running, but its kill switch stands:`,
          '  the packet filter, table inet qanat-wg0 of nftables',
          `  'qanat down ${file}' lifts it, and so does the end of a new start`,
          '',
        ].join('\n'),
      )
    }
  })

  it('is in JSON, too', async () => {
    expect(await status(undefined, { json: true })).toBe(1)
    const changes = ['the packet filter, table inet qanat-wg0 of nftables']
    const journal = journalOf(file, folder)
    const left = [{ file, killSwitch: true, changes, here: true, byService: false, journal }]
    expect(JSON.parse(printed)).toEqual({ version: 1, tunnels: [], silent: [], left })
  })

  it.skipIf(process.getuid?.() !== 0)(
    'is undone by a new start alone if a service left it in a namespace, into which nobody follows it',
    async () => {
      const journal = journalOf(file, folder)
      writeFileSync(journal, readFileSync(journal, 'utf8').replace('{"boot"', '{"name":"blue","boot"'))
      chownSync(journal, 65_534, 65_534)
      expect(await status('wg0', {})).toBe(1)
      expect(printed.split('\n').at(-2)).toBe('  start its service again and stop it: that lifts it')
    },
  )

  it('is not told of while a process runs the tunnel, which has it then', async () => {
    const lock = lockRun(file, folder)
    expect(await status(undefined, { json: true })).toBe(0)
    expect(JSON.parse(printed).left).toEqual([])
    lock.release()
  })

  it('is told of while a process restores the host, which may leave it', async () => {
    const lock = lockRun(file, folder, true)
    expect(await status(undefined, {})).toBe(1)
    lock.release()
  })

  it('is none of a file that only the journal of another one names', async () => {
    const other = temporaryFile('wg1.toml', '')
    new Journal(journalOf(other, folder), [], { file, killSwitch: true }).note({
      kind: 'firewall',
      table: 'qanat-wg1',
    })
    await status(undefined, { json: true })
    expect(JSON.parse(printed).left.map(({ file }: { file: string | null }) => file)).toEqual([null, file])
    printed = ''
    await status(other, { json: true })
    expect(JSON.parse(printed).left).toMatchObject([{ file: other }])
  })
})
