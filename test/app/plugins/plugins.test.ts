import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DependencyContainer } from 'tsyringe'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import {
  addModule,
  choosePlugin,
  listPlugins,
  loadPlugin,
  transportForScheme,
} from '../../../src/app/plugins/plugins.js'
import type { PluginModule } from '../../../src/app/plugins/register-form.js'
import { CIPHER, TRANSPORT, TUN_DRIVER } from '../../../src/core/injection/tokens.js'
import { bareApp } from './bare-app.js'

const create = () => ({}) as never
const good = { name: 'good', summary: 'a part', create }

/** A module that registers some parts under a token. */
function module(token: symbol, ...parts: unknown[]): PluginModule {
  return {
    register(container) {
      for (const part of parts) container.register(token, { useValue: part })
    },
  }
}

let container: DependencyContainer

beforeEach(() => {
  container = bareApp()
})

describe('addModule', () => {
  it('takes parts of all kinds, and one name once per kind', () => {
    addModule(container, module(TRANSPORT, good, { ...good, name: 'other-1' }), { name: 'one' })
    addModule(container, module(CIPHER, good), { name: 'two' })
    addModule(container, module(TUN_DRIVER, good), { name: 'three' })
    expect(listPlugins(container, 'transport').map(({ name }) => name)).toEqual(['good', 'other-1'])
    expect(choosePlugin(container, 'cipher', 'good').summary).toBe(good.summary)
    expect(choosePlugin(container, 'TUN driver', 'good').summary).toBe(good.summary)
  })

  const name = "'name' must be lower-case letters, digits and dashes, and not 'constructor' or 'prototype'"
  const lacking: [string, Partial<PluginModule>, string][] = [
    ['no plugin', {}, "it exports neither 'default' with 'api: 1' nor a function 'register'"],
    [
      'a register that is no function',
      { register: 7 as never },
      "it exports neither 'default' with 'api: 1' nor a function 'register'",
    ],
    ['nothing to offer', { register() {} }, 'it registers no transport, cipher or TUN driver'],
    [
      'a register that throws',
      {
        register() {
          throw new Error('no luck\nat line 2')
        },
      },
      'no luck',
    ],
    [
      'a register that throws no error',
      {
        register() {
          throw 'no luck'
        },
      },
      'no luck',
    ],
    [
      'a register that goes on later',
      { register: async () => {} },
      "its function 'register' returns a promise; it must register before it returns",
    ],
    [
      'a part that cannot be made',
      {
        register(container) {
          container.register(CIPHER, {
            useFactory: () => {
              throw new Error('factory threw')
            },
          })
        },
      },
      'factory threw',
    ],
    ['a part that is none', module(CIPHER, 7), `a cipher it registers has the name undefined; ${name}`],
    [
      'no name',
      module(CIPHER, { ...good, name: undefined }),
      `a cipher it registers has the name undefined; ${name}`,
    ],
    [
      'a wrong name',
      module(CIPHER, { ...good, name: 'My Part' }),
      `a cipher it registers has the name "My Part"; ${name}`,
    ],
    [
      'no summary',
      module(TRANSPORT, { ...good, summary: 7 }),
      "its transport 'good' lacks the string 'summary'",
    ],
    [
      'no create',
      module(TUN_DRIVER, { ...good, create: {} }),
      "its TUN driver 'good' lacks the function 'create'",
    ],
    [
      'schemes that are no list',
      module(TRANSPORT, { ...good, schemes: 'udp' }),
      "its transport 'good' has schemes \"udp\"; 'schemes' must be a list of lower-case names",
    ],
    [
      'schemes that are none',
      module(TRANSPORT, { ...good, schemes: ['udp://'] }),
      "its transport 'good' has schemes [\"udp://\"]; 'schemes' must be a list of lower-case names",
    ],
    [
      'no scheme at all',
      module(TRANSPORT, { ...good, schemes: [] }),
      "its transport 'good' has schemes []; 'schemes' must be a list of lower-case names",
    ],
    [
      'a scheme that is taken',
      module(TRANSPORT, { ...good, schemes: ['mine', 'taken'] }),
      "a transport already serves 'taken://'; choose another scheme",
    ],
    [
      'a name that is taken',
      module(TRANSPORT, { ...good, name: 'taken' }),
      "a transport 'taken' already exists; choose another name",
    ],
    [
      'one name twice',
      module(CIPHER, good, { ...good }),
      "a cipher 'good' already exists; choose another name",
    ],
  ]

  it.each(lacking)('refuses a plugin with %s', (_what, plugin, why) => {
    addModule(container, module(TRANSPORT, { ...good, name: 'taken' }), { name: 'first' })
    expect(() => addModule(container, plugin, { name: './it.js' })).toThrow(
      expect.objectContaining({
        name: 'PluginError',
        code: 'ERR_PLUGIN_INVALID',
        message: `Cannot use plugin './it.js': ${why}`,
      }),
    )
  })
})

describe('choosePlugin and transportForScheme', () => {
  it('list what is known where something unknown is asked for', () => {
    addModule(container, module(TRANSPORT, good, { ...good, name: 'web', schemes: ['ws', 'wss'] }), {
      name: 'x',
    })
    expect(() => choosePlugin(container, 'transport', 'bad')).toThrow(
      expect.objectContaining({
        code: 'ERR_PLUGIN_UNKNOWN',
        message: "Cannot choose transport 'bad': known are good, web",
      }),
    )
    expect(() => transportForScheme(container, 'web:')).toThrow(
      expect.objectContaining({
        code: 'ERR_PLUGIN_UNKNOWN',
        message: "Cannot choose transport 'web': known are good://, ws://, wss://",
      }),
    )
    expect(transportForScheme(container, 'wss:').name).toBe('web')
    expect(transportForScheme(container, 'good:').name).toBe('good')
  })

  it('say so where nothing is known', () => {
    expect(() => choosePlugin(container, 'cipher', 'bad')).toThrow(
      "Cannot choose cipher 'bad': there is none",
    )
  })
})

describe('loadPlugin', () => {
  const before = process.cwd()
  let folder: string

  beforeEach(() => {
    folder = temporaryFolder()
    process.chdir(folder)
  })

  afterEach(() => {
    process.chdir(before)
  })

  function write(file: string, text: string): void {
    const path = join(folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  const source = (name: string) =>
    `export function register(container) {
      container.register(Symbol.for('qanat/cipher'), { useValue: { name: '${name}', summary: '', create() {} } })
    }`
  const ciphers = () => listPlugins(container, 'cipher').map(({ name }) => name)

  it('finds files from the current directory, and by their full path', async () => {
    write('near.mjs', source('near'))
    write('sub/far.mjs', source('far'))
    write('sub/above.mjs', source('above'))
    await loadPlugin(container, './near.mjs')
    await loadPlugin(container, join(folder, 'sub/far.mjs'))
    process.chdir('sub')
    await loadPlugin(container, '../sub/above.mjs')
    expect(ciphers()).toEqual(['near', 'far', 'above'])
  })

  it('finds a file whose name would not do in a URL', async () => {
    write('a b.mjs', source('odd'))
    await loadPlugin(container, './a b.mjs')
    await expect(loadPlugin(container, join(folder, 'a b.mjs'))).rejects.toThrow('already')
    expect(ciphers()).toContain('odd')
  })

  it.each([
    ['main', { type: 'module', main: './index.js' }],
    ['exports', { type: 'module', exports: './index.js' }],
    ['exports for import only', { type: 'module', exports: { '.': { import: './index.js' } } }],
  ])('finds packages from the current directory, with %s', async (_what, manifest) => {
    write('node_modules/@scope/part/package.json', JSON.stringify({ name: '@scope/part', ...manifest }))
    write('node_modules/@scope/part/index.js', source('part'))
    mkdirSync(join(folder, 'sub'))
    process.chdir('sub')
    await loadPlugin(container, '@scope/part')
    expect(ciphers()).toEqual(['part'])
  })

  it.each([
    [
      'is not there',
      './missing.mjs',
      undefined,
      /^Cannot use plugin '.\/missing.mjs': no such file or directory$/,
    ],
    ['is no package', 'no-such-package', undefined, /^Cannot use plugin 'no-such-package': no such package/],
    [
      'is a folder',
      './folder',
      'folder/x',
      /^Cannot use plugin '.\/folder': it is a folder; give the path of the module in it$/,
    ],
    ['is no JavaScript', './bad.mjs', 'bad.mjs', /^Cannot use plugin '.\/bad.mjs': /],
    ['is empty text', '', undefined, /^Cannot use plugin '': /],
  ])('tells in one line about a plugin that %s', async (_what, specifier, file, message) => {
    if (file !== undefined) write(file, 'this is none')
    const error = await loadPlugin(container, specifier).then(
      () => undefined,
      (thrown: Error) => thrown,
    )
    expect(error).toMatchObject({ name: 'PluginError', code: 'ERR_PLUGIN_INVALID' })
    expect(error!.message).toMatch(message)
    expect(error!.message).not.toContain('\n')
  })

  it('tells in one line about a plugin that throws while it is loaded', async () => {
    write('throws.mjs', "throw new Error('first\\nsecond')")
    await expect(loadPlugin(container, './throws.mjs')).rejects.toThrow(
      /^Cannot use plugin '.\/throws.mjs': 'import' failed: first$/,
    )
  })

  it('takes the plain object that a module exports by default, whatever else it exports', async () => {
    const part = "{ summary: '', create() {} }"
    write(
      'plain.mjs',
      `export default { api: 1, name: 'plain', ciphers: { plain: ${part} } }\n${source('old')}`,
    )
    await loadPlugin(container, './plain.mjs')
    expect(ciphers()).toEqual(['plain'])
  })

  it.each([
    ['export default register', 'both.mjs', `${source('both')}\nexport default register`],
    ['export default without api', 'both.mjs', `${source('both')}\nexport default { version: 2 }`],
    ['exports.register of CommonJS', 'both.cjs', `${source('both').slice(7)}\nexports.register = register`],
    ['module.exports of CommonJS', 'both.cjs', `${source('both').slice(7)}\nmodule.exports = { register }`],
  ])('has a module register what it offers, with %s', async (_what, file, text) => {
    write(file, text)
    await loadPlugin(container, `./${file}`)
    expect(ciphers()).toEqual(['both'])
  })

  it('tells of a second copy of tsyringe, with which nothing can be registered here', async () => {
    write('node_modules/tsyringe/package.json', '{ "name": "tsyringe", "main": "index.js" }')
    write('node_modules/tsyringe/index.js', '')
    write('own.mjs', 'export function register() {}')
    const folder = realpathSync('node_modules/tsyringe')
    await expect(loadPlugin(container, './own.mjs')).rejects.toThrow(
      `Cannot use plugin './own.mjs': it registers no transport, cipher or TUN driver; it uses a second copy of tsyringe in ${folder}; import it from 'qanat/di'`,
    )
  })

  it('does not wait for a promise that a plugin returned and that is rejected', async () => {
    write('later.mjs', "export const register = async () => { throw new Error('later') }")
    await expect(loadPlugin(container, './later.mjs')).rejects.toThrow('returns a promise')
  })
})
