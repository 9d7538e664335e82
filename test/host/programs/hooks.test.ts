import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { type HookProcess, hookProcess } from '../../../src/host/programs/hook-process.js'
import { runHooks } from '../../../src/host/programs/hooks.js'
import { eventually } from '../../support/eventually.js'
import { KeptLog, PARTS } from '../parts.js'

/** Milliseconds that a hook gets that should not begin. */
const MOMENT = 100

describe('hooks', () => {
  it('stand for the device where they say %i', async () => {
    const log = new KeptLog()
    await runHooks('PreUp', 'wg0', ['echo %i %i'], { ...PARTS, log })
    expect(log.lines.at(-1)!.fields).toEqual({ hook: 'PreUp', line: 'wg0 wg0' })
  })

  it('find the device and the file in their environment, as with wg-quick', async () => {
    const log = new KeptLog()
    const command = 'echo "$INTERFACE $CONFIG_FILE"'
    await runHooks('PreUp', 'wg0', [command], { ...PARTS, log, file: '/etc/wireguard/wg0.conf' })
    expect(log.lines.at(-1)!.fields.line).toBe('wg0 /etc/wireguard/wg0.conf')
  })

  it('run one after another in bash, and what they say is logged', async () => {
    const log = new KeptLog()
    await runHooks('PostUp', 'wg0', ['[[ a == a ]] && echo one', 'echo two >&2'], { ...PARTS, log })
    expect(log.lines.filter(({ level }) => level === 'info').map(({ fields }) => fields)).toEqual([
      { hook: 'PostUp', line: 'one' },
      { hook: 'PostUp', line: 'two' },
    ])
  })

  it('that fail at the start end it, and tell which they are and what they said first, not what they are', async () => {
    const log = new KeptLog()
    const running = runHooks('PreUp', 'wg0', ['true', 'echo no; echo more; exit 7', 'echo never'], {
      ...PARTS,
      log,
    })
    await expect(running).rejects.toMatchObject({
      message: 'Cannot run PreUp 2: it ended with code 7: no',
      code: 'ERR_HOOK',
    })
    expect(JSON.stringify(log.lines)).not.toContain('never')
  })

  it('are noted before they do anything, and once they are over', async () => {
    const file = join(temporaryFolder(), 'done')
    const noted: unknown[] = []
    const noteHook = (hook: HookProcess | undefined) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MOMENT)
      noted.push(hook === undefined || hookProcess(hook.pid)?.start === hook.start, existsSync(file))
    }
    await runHooks('PreUp', 'wg0', [`echo > ${file}; read -r line || echo >> ${file}`], {
      ...PARTS,
      noteHook,
    })
    expect(noted).toEqual([true, false, true, true])
    expect(readFileSync(file, 'utf8')).toBe('\n\n')
  })

  it('read nothing of the home of their user', async () => {
    const log = new KeptLog()
    const home = temporaryFolder()
    writeFileSync(join(home, '.bashrc'), 'echo of the home\n')
    vi.stubEnv('HOME', home)
    try {
      await runHooks('PreUp', 'wg0', ['echo of the file'], { ...PARTS, log })
    } finally {
      vi.unstubAllEnvs()
    }
    expect(log.lines.flatMap(({ fields }) => fields.line ?? [])).toEqual(['of the file'])
  })

  it('that fail at the end do not keep the others', async () => {
    const log = new KeptLog()
    const running = runHooks('PostDown', 'wg0', ['exit 1', 'echo still'], { ...PARTS, log })
    await expect(running).rejects.toThrow('Cannot run PostDown 1: it ended with code 1')
    expect(JSON.stringify(log.lines)).toContain('still')
  })

  it('that hang are killed after 30 s, with what they started', async () => {
    const clock = new VirtualClock()
    const log = new KeptLog()
    const child = new Promise<number>((resolve) => {
      log.seen = (_message, { line }) => line !== undefined && resolve(Number(line))
    })
    const running = runHooks('PreUp', 'wg0', ['sleep 1000 & echo $!; wait'], { log, clock })
    const failed = expect(running).rejects.toThrow(/it did not finish within 30 s/)
    const pid = await child
    clock.advance(29_999)
    expect(isRunning(pid)).toBe(true)
    clock.advance(1)
    await failed
    await eventually('it is killed', () => isRunning(pid), false)
  })

  it('are killed when the tunnel ends', async () => {
    const abort = new AbortController()
    const log = new KeptLog()
    log.seen = (message) => message === 'hook output' && abort.abort()
    const running = runHooks('PostUp', 'wg0', ['echo begun; sleep 1000'], {
      ...PARTS,
      log,
      signal: abort.signal,
    })
    await expect(running).rejects.toThrow(/the tunnel ended/)
  })

  it('are killed at once where the tunnel ended before', async () => {
    const running = runHooks('PostUp', 'wg0', ['sleep 1000'], { ...PARTS, signal: AbortSignal.abort() })
    await expect(running).rejects.toThrow(/the tunnel ended/)
  })

  it('say 100 lines at the most, and no matter how many of them all are read', async () => {
    const log = new KeptLog()
    const running = runHooks('PreUp', 'wg0', ['seq 1000; exit 1'], { ...PARTS, log })
    await expect(running).rejects.toThrow(/it ended with code 1: 1$/)
    expect(log.lines.filter(({ message }) => message === 'hook output')).toHaveLength(100)
  })

  it('may leave something running, which nobody waits for', async () => {
    const log = new KeptLog()
    await runHooks('PostUp', 'wg0', ['sleep 1000 & echo $!'], { ...PARTS, log })
    process.kill(Number(log.lines.find(({ message }) => message === 'hook output')!.fields.line), 'SIGKILL')
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
