import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import type { SpawnOptions } from '../../../src/core/plugin/spawn.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { prepareFolder } from '../../../src/host/children/child-folder.js'
import { placeIn } from '../../../src/host/children/child-places.js'
import { startChild } from '../../../src/host/children/child-process.js'
import { statOf } from '../../../src/native/process/process-stat.js'
import { eventually } from '../../support/eventually.js'
import { KeptLog } from '../parts.js'

const isRoot = process.getuid!() === 0

/** Runs a line of sh; what it says is in `said`. */
async function run(line: string, options: SpawnOptions = {}, log: Logger = silentLogger) {
  const said: string[] = []
  const place = await placeIn(undefined, undefined)
  const parts = { log, clock: systemClock }
  const child = await startChild(
    'sh',
    { args: ['-c', line], line: (text) => said.push(text), ...options },
    place,
    parts,
  )
  onTestFinished(() => child.end())
  return { child, said }
}

describe('a program of a plugin', () => {
  it('gains no rights, has none, and knows nothing of the environment', async () => {
    const { child, said } = await run('grep -E "^(Uid|CapPrm|CapBnd|NoNewPrivs)" /proc/self/status; env', {
      env: { ONLY: 'this' },
    })
    expect(await child.ended).toBe('it ended with code 0')
    expect(said).toContain('NoNewPrivs:\t1')
    expect(said).toContain('CapPrm:\t0000000000000000')
    expect(said).toContain('ONLY=this')
    const names = said.filter((text) => text.includes('=')).map((text) => text.split('=')[0])
    expect(names.filter((name) => name !== 'PWD' && name !== '_').sort()).toEqual(['LC_ALL', 'ONLY', 'PATH'])
    if (isRoot) expect(said[0]).toMatch(/^Uid:\t6[1-5]\d{3}\t/)
  })

  it.skipIf(!isRoot)('may listen on a low port if that is asked for, and no more', async () => {
    const { child, said } = await run('grep -E "^Cap" /proc/self/status', { lowPorts: true })
    await child.ended
    const bit = (1 << 10).toString(16).padStart(16, '0') // CAP_NET_BIND_SERVICE
    expect(said.map((line) => line.split('\t')[1])).toEqual([bit, bit, bit, bit, bit])
  })

  it('ends with what it started', async () => {
    const { child, said } = await run('trap "" TERM; sleep 60 & echo $!; wait; wait')
    await eventually('it has a child', () => said.length, 1)
    await child.end()
    await eventually('that is gone', () => isRunning(said[0]!), false)
    expect(await child.ended).toMatch(/ended by SIGKILL|code 143|code 0/)
  })

  it('ends once its signal is aborted, and is told so by its input, too', async () => {
    const over = new AbortController()
    const { child, said } = await run('trap "" TERM; echo begun; cat; echo closed', { signal: over.signal })
    await eventually('it has begun', () => said, ['begun'])
    over.abort()
    expect(await child.ended).toBe('it ended with code 0')
    expect(said).toEqual(['begun', 'closed'])
  })

  it('goes on if nobody can take its lines, which is told once, with its name', async () => {
    const said: string[] = []
    const line = (text: string): unknown => {
      said.push(text)
      if (text === 'late') return Promise.reject(new Error('too late'))
      throw new Error(`'${text}' is no JSON`)
    }
    const log = new KeptLog()
    const { child } = await run(
      'echo one; echo two; echo late',
      { line: line as (text: string) => void },
      log,
    )
    expect(await child.ended).toBe('it ended with code 0')
    expect(said).toEqual(['one', 'two', 'late'])
    const fields = { program: 'sh', why: "'one' is no JSON" }
    expect(log.lines).toEqual([{ level: 'warn', message: 'cannot take a line of a program', fields }])
  })

  it('is refused in one line if it is not there, or its path is relative', async () => {
    const start = (program: string) =>
      startChild(program, {}, { enter() {} }, { log: silentLogger, clock: systemClock })
    await expect(start('no-such-program')).rejects.toMatchObject({
      code: 'ERR_PROGRAM',
      message: "Cannot start 'no-such-program': the program 'no-such-program' is missing; install it",
    })
    await expect(start('./run')).rejects.toThrow('neither a name nor an absolute path')
    await expect(start('/no/such')).rejects.toThrow('ENOENT')
  })

  it('is refused once this process gave up root, which would start it as a user of its own', async () => {
    const user = vi.spyOn(process, 'getuid').mockReturnValue(1000)
    onTestFinished(() => user.mockRestore())
    const place = { user: 61_200, enter() {} }
    const start = startChild('sh', {}, place, { log: silentLogger, clock: systemClock })
    await expect(start).rejects.toThrow(
      "Cannot start 'sh': Qanat gave up root, which starts it as a user of its own",
    )
  })

  it('is killed before it does anything if it cannot be put where it is to be', async () => {
    const folder = temporaryFolder()
    const place = {
      enter() {
        throw new Error('there is no room')
      },
    }
    const parts = { log: silentLogger, clock: systemClock }
    const options = { args: ['-c', `touch ${folder}/done`] }
    await expect(startChild('sh', options, place, parts)).rejects.toThrow(
      "Cannot start 'sh': there is no room",
    )
    expect(() => statSync(`${folder}/done`)).toThrow('ENOENT')
  })
})

describe.skipIf(!isRoot)('the folder of a program', () => {
  const USER = 61_200
  const NEXT = 61_201

  it('is its own, and the next one gets it with all in it, but not what links lead to', () => {
    const folder = join(openFolder(), 'state')
    const secret = join(openFolder(), 'secret')
    writeFileSync(secret, '')
    prepareFolder(folder, USER)
    expect(statSync(folder)).toMatchObject({ uid: USER, mode: 0o40700 })
    mkdirSync(join(folder, 'inner'))
    writeFileSync(join(folder, 'inner/key'), 'key')
    for (const own of ['inner', 'inner/key']) chownSync(join(folder, own), USER, USER)
    symlinkSync(secret, join(folder, 'link'))
    symlinkSync(secret, join(folder, 'cookie'))
    prepareFolder(folder, NEXT, { cookie: Buffer.from('new') })
    expect(readFileSync(secret, 'utf8')).toBe('')
    expect(statSync(join(folder, 'cookie'))).toMatchObject({ uid: NEXT, mode: 0o100600 })
    for (const own of ['inner', 'inner/key']) expect(statSync(join(folder, own)).uid).toBe(NEXT)
    expect(statSync(secret).uid).toBe(0)
    expect(readFileSync(join(folder, 'inner/key'), 'utf8')).toBe('key')
  })

  it('takes with it no file of root that has a name in it, whether the user is the same or the next one', () => {
    const folder = join(openFolder(), 'state')
    const secret = join(dirname(folder), 'secret')
    writeFileSync(secret, '')
    prepareFolder(folder, USER)
    linkSync(secret, join(folder, 'linked'))
    writeFileSync(join(folder, 'own'), '')
    chownSync(join(folder, 'own'), USER, USER)
    prepareFolder(folder, USER)
    expect(statSync(secret).uid).toBe(0)
    prepareFolder(folder, NEXT)
    expect(statSync(secret).uid).toBe(0)
    expect(statSync(join(folder, 'own')).uid).toBe(NEXT)
  })

  it('is left as it is while a program of its user runs in it, but for the files that are written', () => {
    const folder = join(openFolder(), 'state')
    prepareFolder(folder, USER)
    writeFileSync(join(folder, 'other'), '')
    chownSync(join(folder, 'other'), NEXT, NEXT)
    prepareFolder(folder, USER, { cookie: Buffer.from('new') })
    expect(statSync(join(folder, 'other')).uid).toBe(NEXT)
    expect(statSync(join(folder, 'cookie')).uid).toBe(USER)
  })

  it('is refused while a program of another user runs in it, as that of another tunnel does', async () => {
    const folder = join(openFolder(), 'state')
    prepareFolder(folder, USER)
    const other = spawn('sleep', ['60'], { cwd: folder, uid: USER, gid: USER })
    onTestFinished(() => void other.kill('SIGKILL'))
    await once(other, 'spawn')
    expect(() => prepareFolder(folder, NEXT, { cookie: Buffer.from('new') })).toThrow(
      `the folder ${folder} is in use by user ${USER}; name another one`,
    )
    expect(statSync(folder).uid).toBe(USER)
    expect(existsSync(join(folder, 'cookie'))).toBe(false)
    other.kill('SIGKILL')
    await once(other, 'exit')
    prepareFolder(folder, NEXT)
    expect(statSync(folder).uid).toBe(NEXT)
  })

  it('is one itself, and no link to one that root has', () => {
    const folder = join(openFolder(), 'state')
    const roots = join(dirname(folder), 'roots')
    mkdirSync(roots)
    symlinkSync(roots, folder)
    expect(() => prepareFolder(folder, USER)).toThrow('ENOTDIR')
    expect(statSync(roots)).toMatchObject({ uid: 0, mode: 0o40755 })
  })

  it("is refused if it is somebody else's, or nobody else may get there", () => {
    const folder = openFolder()
    writeFileSync(join(folder, 'file'), '')
    expect(() => prepareFolder(folder, USER)).toThrow("is user 0's; name one that is empty or not there")
    expect(statSync(join(folder, 'file')).uid).toBe(0)
    const closed = temporaryFolder()
    expect(() => prepareFolder(join(closed, 'state'), USER)).toThrow(`${closed} keeps users of their own out`)
    expect(() => prepareFolder('state', USER)).toThrow('no absolute path')
    const open = join(openFolder(), 'state')
    expect(() => prepareFolder(open, USER, { '../cookie': Buffer.of(1) })).toThrow('no plain name')
  })
})

/** A folder that others can enter. */
function openFolder(): string {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  return folder
}

function isRunning(pid: string): boolean {
  const stat = statOf(pid)
  return stat !== undefined && !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
}
