import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { ENVIRONMENT } from '../../src/cli/model/environment.js'
import { placesOf } from '../../src/config/files/tunnel-name.js'
import { SHARED_RUN_FOLDER } from '../../src/core/settings/run-files.js'
import { backupPath } from '../../src/host/files/backup.js'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = 'packaging/container'
const [containerfile, compose, kubernetes] = ['Containerfile', 'compose.yaml', 'kubernetes.yaml'].map(
  (name) => readFileSync(join(ROOT, FOLDER, name), 'utf8'),
) as [string, string, string]
const commands = readdirSync(join(ROOT, 'src/cli/commands'))
  .map((name) => readFileSync(join(ROOT, 'src/cli/commands', name), 'utf8'))
  .join('')
const unit = readFileSync(join(ROOT, 'packaging/systemd/qanat@.service'), 'utf8')

/** What stands behind a word at the begin of lines, less the word. */
function after(text: string, word: string): string[] {
  return [...text.matchAll(new RegExp(`^\\s*(?:- )?${word}\\s+(.*)$`, 'gm'))].map(([, rest]) => rest!)
}

describe('the examples for containers', () => {
  it('run a command of this program on a file at which it looks', () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(JSON.parse(after(containerfile, 'ENTRYPOINT')[0]!)).toEqual(['qanat'])
    expect(Object.keys(bin)).toContain('qanat')
    const [check] = after(containerfile, 'HEALTHCHECK .*CMD')
    const calls = [JSON.parse(after(containerfile, 'CMD')[0]!), JSON.parse(check!).slice(1)] as string[][]
    expect(calls.map(([command]) => command)).toEqual(['up', 'status'])
    for (const [command, name] of calls) {
      expect(commands).toContain(`.command('${command}')`)
      expect(placesOf(name!)).toContain(after(compose, 'target:')[0])
      expect(placesOf(name!)).toContain(join(after(kubernetes, 'mountPath:')[0]!, 'wg0.conf'))
    }
  })

  it('copy what is there, and keep what outlives them where this program puts it', () => {
    const copied = after(containerfile, 'COPY').filter((words) => !words.startsWith('--from'))
    const sources = copied.flatMap((words) => words.split(' ').slice(0, -1))
    expect(sources.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    const [volumes] = after(containerfile, 'VOLUME').map((list) => JSON.parse(list) as string[])
    vi.stubEnv('STATE_DIRECTORY', undefined)
    expect(volumes).toContain(join(backupPath('x'), '..'))
    vi.unstubAllEnvs()
    expect(volumes).toContain(`/run/${SHARED_RUN_FOLDER}`)
    expect(existsSync(join(ROOT, after(compose, 'dockerfile:')[0]!))).toBe(true)
    expect(join(FOLDER, after(compose, 'context:')[0]!)).toBe('.')
  })

  it('give no capability but that of the unit, the device, settings that there are, and variables that are read', () => {
    const [own] = after(unit.replaceAll('=', ' '), 'CapabilityBoundingSet')
    for (const list of [after(compose, 'cap_add:')[0], after(kubernetes, 'add:')[0]])
      expect(list).toBe(`[${own!.slice(4)}]`)
    for (const list of [after(compose, 'cap_drop:')[0], after(kubernetes, 'drop:')[0]])
      expect(list).toBe('[ALL]')
    for (const text of [compose, kubernetes]) expect(text).toContain('/dev/net/tun')
    const settings = [...`${compose}${kubernetes}`.matchAll(/\bnet\.ipv[46][\w.]+/g)].map(([name]) => name)
    expect(settings).toHaveLength(3)
    const missing = settings.filter((name) => !existsSync(`/proc/sys/${name.replaceAll('.', '/')}`))
    expect(missing).toEqual([])
    const read = ENVIRONMENT.map(([name]) => name)
    for (const [name] of `${containerfile}${compose}${kubernetes}`.matchAll(/\bQANAT_\w+/g))
      expect(read).toContain(name)
  })
})
