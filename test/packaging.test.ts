import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const { dependencies, optionalDependencies, peerDependencies, scripts } = JSON.parse(read('package.json'))

/** The paths of all files that npm would pack of what is built. */
const packed = new Set<string>(
  JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' }),
  )[0].files.map(({ path }: { path: string }) => path),
)

/** The bundle's files that hold the text of modules. */
const TEMPLATES = /\/part-plugin-new\.js$/

describe('the package', () => {
  it('builds nothing where it is installed: what is packed is built', () => {
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(scripts).not.toHaveProperty(script)
    expect(scripts).toHaveProperty('prepack')
  })

  it('has what its modules import: files of its own, or packages that it depends on', () => {
    const known = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
    expect(imports().length).toBeGreaterThan(200)
    const missing = imports().filter(({ from, target }) => {
      if (TEMPLATES.test(from)) return false
      if (target.startsWith('.')) return !packed.has(resolved(from, target))
      return (
        !target.startsWith('node:') && !known.includes(target.split('/', target[0] === '@' ? 2 : 1).join('/'))
      )
    })
    expect(missing).toEqual([])
  })

  it('has whatever its documents link to', () => {
    const missing = links().filter(({ from, target }) => !isPacked(resolved(from, target)))
    expect(links().length).toBeGreaterThan(50)
    expect(missing).toEqual([])
  })
})

describe('the rule for polkit', () => {
  const asked = (
    unit: string,
    verb: string,
    group = 'qanat-control',
    id = 'org.freedesktop.systemd1.manage-units',
  ) => {
    const rules: ((action: object, subject: object) => unknown)[] = []
    const polkit = { addRule: rules.push.bind(rules), Result: { YES: 'yes' } }
    runInNewContext(read('packaging/polkit/qanat.rules'), { polkit })
    const lookup = (name: string) => ({ unit, verb })[name]
    return rules.map((rule) => rule({ id, lookup }, { isInGroup: (name: string) => name === group }))
  }

  it('lets members of the group start, stop, restart and reload tunnels, and nothing else', () => {
    for (const verb of ['start', 'stop', 'restart', 'reload'])
      expect(asked('qanat@server.toml.service', verb)).toEqual(['yes'])
    expect(asked('qanat@server.toml.service', 'start', 'users')).toEqual([undefined])
    // Whose group the keys may have, and the services themselves.
    expect(asked('qanat@server.toml.service', 'start', 'qanat')).toEqual([undefined])
    expect(asked('qanat@server.toml.service', 'kill')).toEqual([undefined])
    expect(
      asked(
        'qanat@server.toml.service',
        'start',
        'qanat-control',
        'org.freedesktop.systemd1.manage-unit-files',
      ),
    ).toEqual([undefined])
    for (const unit of [
      'sshd.service',
      'qanat@x/../sshd.service',
      'qanat@.service',
      'xqanat@a.service',
      'qanat@a.service.d',
    ])
      expect(asked(unit, 'start')).toEqual([undefined])
  })
})

interface Reference {
  readonly from: string
  readonly target: string
}

/** What the modules import, statically or by a call. */
function imports(): Reference[] {
  return references(
    '.js',
    /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*["']([^"']+)["']|\bimport\(["']([^"']+)["']\)/gm,
  )
}

/** The relative links of the documents, without what stands behind `#`. */
function links(): Reference[] {
  return references('.md', /\]\((?![a-z]+:|#)([^)#\s]+)/g)
}

function references(ending: string, pattern: RegExp): Reference[] {
  return [...packed]
    .filter((path) => path.endsWith(ending))
    .flatMap((from) =>
      [...read(from).matchAll(pattern)].map(([, target, call]) => ({ from, target: (target ?? call)! })),
    )
}

function resolved(from: string, target: string): string {
  return join(from, '..', target).replace(/\/$/, '')
}

/** Whether a path is a file of the package, or a folder of such files. */
function isPacked(path: string): boolean {
  return packed.has(path) || [...packed].some((file) => file.startsWith(`${path}/`))
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
