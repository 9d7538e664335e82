import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { QANAT } from '../../lab/lab.js'
import { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { stripsTypes } from '../support/node/strips-types.js'
import { unpackedNode } from '../support/node/unpacked-node.js'
import { expectRefusal } from '../support/refusal.js'

const XOR = ['--cipher', 'xor']
const ENDS = ['10.0.0.1', '10.0.0.2']

/** What is asked for, by what is wrong with it; then the parts that the answer must have. */
const REFUSED: Record<string, [args: string[], says: string[]]> = {
  'no addresses': [XOR, ['inner addresses', 'LOCAL_IP and PEER_IP']],
  'a word that is no command': [['statos'], ["command 'statos'", "did you mean 'status'"]],
  'a word that is like no command': [['frobnicate'], ["command 'frobnicate'", 'qanat --help']],
  'help for no command': [
    ['help', 'upp'],
    ["command 'upp'", "did you mean 'up'"],
  ],
  'one address': [
    ['10.0.0.1', ...XOR],
    ["peer's inner address", 'PEER_IP'],
  ],
  'a third address': [
    [...ENDS, '10.0.0.3', ...XOR],
    ['2 arguments', '3'],
  ],
  'a local address that is none': [
    ['10.0.0.256', '10.0.0.2', ...XOR],
    ['local', "'10.0.0.256'", 'IPv4 or IPv6'],
  ],
  "a peer's address that is none": [
    ['10.0.0.1', 'moon', ...XOR],
    ['peer', "'moon'", 'IPv4 or IPv6'],
  ],
  'IPv4 mixed with IPv6': [
    ['10.0.0.1', 'fd00::2', ...XOR],
    ["'10.0.0.1'", "'fd00::2'", 'mix', 'one kind'],
  ],
  'one address for both ends': [
    ['10.0.0.1', '10.0.0.1', ...XOR],
    ["'10.0.0.1'", 'different'],
  ],
  'no key': [
    [...ENDS, ...XOR],
    ['without a key', 'hex digits'],
  ],
  'a key that is not hex': [
    [...ENDS, ...XOR, '-k', '12zz'],
    ['key', 'character 3', 'hex digit', '0 to 9, A to F'],
  ],
  'a key that is empty': [
    [...ENDS, ...XOR, '-k', ''],
    ["'--key'", '0 characters', 'hexadecimal digits'],
  ],
  'a key of odd length': [
    [...ENDS, ...XOR, '-k', '123'],
    ['key', '3 hex digits', 'even number'],
  ],
  'two keys': [
    [...ENDS, ...XOR, '-k', '12', '--key-file', 'x'],
    ['two keys', '--key or --key-file'],
  ],
  'a key file that is not there': [
    [...ENDS, ...XOR, '--key-file', '/no/key'],
    ['/no/key', 'no such file'],
  ],
  'an unknown cipher': [
    [...ENDS, '-k', '12', '--cipher', 'rot14'],
    ["'rot14'", 'known are', 'xor'],
  ],
  'an unknown transport': [
    [...ENDS, '-k', '12', ...XOR, '--transport', 'smoke'],
    ["'smoke'", 'known are', 'udp'],
  ],
  'an unknown driver': [
    [...ENDS, '-k', '12', ...XOR, '--tun-driver', 'bsd'],
    ["'bsd'", 'known are', 'linux'],
  ],
  'a port that is none': [
    [...ENDS, '-k', '12', ...XOR, '--listen', '70000'],
    ["'70000'", '0 to 65535'],
  ],
  "a peer's port that is none": [
    [...ENDS, '-k', '12', ...XOR, '-p', 'a:0'],
    ["'0'", '1 to 65535'],
  ],
  'a peer that is no host': [
    [...ENDS, '-k', '12', ...XOR, '-p', 'a b'],
    ["'a b'", 'host name'],
  ],
  'a peer with an address that is none': [
    [...ENDS, '-k', '12', ...XOR, '-p', '1.2.3'],
    ["'1.2.3'", 'IPv4'],
  ],
  'an MTU below that of IPv4': [
    [...ENDS, '-k', '12', ...XOR, '--mtu', '100'],
    ["'--mtu'", '100', '576 to 65000'],
  ],
  'an unknown option': [[...ENDS, '--fast'], ["'--fast'"]],
  'an unknown log level': [
    [...ENDS, '--log-level', 'loud'],
    ["'loud'", 'debug, info, warn, error, silent'],
  ],
}

/** The source of plugins, by what is wrong with them; then the parts that the answer must have. */
const BAD_PLUGINS: Record<string, [source: string, says: string[]]> = {
  'that throws when it registers': [
    "export function register() { throw new Error('not today') }",
    ['not today'],
  ],
  'without a register': ['export const name = 1', ["'register'"]],
  'that registers nothing': ['export function register() {}', ['no transport, cipher or TUN driver']],
  'without a name': [registering("{ summary: '', create() {} }"), ["'name'", 'undefined', 'lower-case']],
  'with a name that is none': [
    registering("{ name: 'A B', summary: '', create() {} }"),
    ['A B', 'lower-case'],
  ],
  'without a summary': [registering("{ name: 'mine', create() {} }"), ["'mine'", "'summary'"]],
  'without a create': [registering("{ name: 'mine', summary: '' }"), ["'mine'", "'create'"]],
  'with a taken name': [
    registering("{ name: 'xor', summary: '', create() {} }"),
    ["'xor' already exists", 'another'],
  ],
  'that is null': [registering('null'), []],
  'that is a number': [registering('7'), ["'name'"]],
  'of another api': [described('api: 2'), ['plugin api 2', 'this version of Qanat has 1']],
  'that needs what there is not yet': [described("needs: ['future']"), ["'future'", 'does not give']],
  'whose part has a taken name': [
    described("ciphers: { xor: { summary: '', create() {} } }"),
    ["'xor' already exists", 'another'],
  ],
  'with an option of an unknown type': [
    described("options: { size: { type: 'number', help: '' } }"),
    ["option 'size'", 'unknown type', 'whole, bytes, duration'],
  ],
}

/** What goes wrong while a module is imported; then the end of its name, and the parts that the answer must have. */
const BAD_IMPORTS: Record<string, [source: string, ending: string, says: string[]]> = {
  'that throws': ["throw new Error('I am\\nbroken')", '.mjs', ["'import' failed: I am"]],
  'that throws what is no error': ["throw 'up'", '.mjs', ["'import' failed: up"]],
  'that rejects what it awaits': ["await Promise.reject(new Error('no'))", '.mjs', ["'import' failed: no"]],
  'that is no JavaScript': ['\nexport {', '.mjs', ["'import' failed: ", '.mjs:2: Unexpected']],
  'that imports what is not there': [
    "\nimport { nope } from 'node:fs'",
    '.mjs',
    ["'import' failed: ", '.mjs:2: The requested module'],
  ],
  'that awaits for ever at its top': [
    'await new Promise(() => {})',
    '.mjs',
    ["'import' did not end within 10 s"],
  ],
  'without a default export': ['export const api = 1', '.mjs', ["neither 'default'", "'register'"]],
  'whose default export is no object': ['export default 7', '.mjs', ['default export is no object']],
  'of both kinds, by name CommonJS': [
    '\nexport default { api: 1 }',
    '.cjs',
    ["'import' failed: ", ".cjs:2: Unexpected token 'export'", 'name it .mjs'],
  ],
  'of both kinds, by name an ES module': [
    "require('node:fs')\nexport default { api: 1 }",
    '.mjs',
    ["'import' failed: require is not defined"],
  ],
}

/** A plugin that is sound but for these members. */
function described(members: string): string {
  return `export default {
    ...{ api: 1, name: 'described', ciphers: { rot14: { summary: '', create() {} } } },
    ...{ ${members} },
  }`
}

function registering(plugin: string): string {
  return `export function register(container) {
    container.register(Symbol.for('qanat/cipher'), { useValue: ${plugin} })
  }`
}

describe.concurrent('Qanat refuses', () => {
  let folder: string
  beforeAll(() => {
    folder = temporaryFolder()
  })

  for (const [what, [args, says]] of Object.entries(REFUSED)) {
    it(what, () => expectRefusal(qanat(...args), says))
  }

  for (const [what, [source, says]] of Object.entries(BAD_PLUGINS)) {
    it(`a plugin ${what}`, async () => {
      const path = join(folder, `${what.replaceAll(' ', '-')}.mjs`)
      writeFileSync(path, source)
      await expectRefusal(qanat('plugins', '--plugin', path), [path, ...says])
    })
  }

  for (const [what, [source, ending, says]] of Object.entries(BAD_IMPORTS)) {
    it(`the module of a plugin ${what}`, async () => {
      const path = join(folder, `${what.replaceAll(' ', '-')}${ending}`)
      writeFileSync(path, source)
      await expectRefusal(qanat('plugins', '--plugin', path), [`plugin '${path}'`, ...says])
    })
  }

  it('a plugin that offers nothing, of a package that does not say its type', async () => {
    writeFileSync(join(folder, 'package.json'), '{}')
    const path = join(folder, 'untyped.js')
    writeFileSync(path, "export default { api: 1, name: 'untyped' }")
    await expectRefusal(qanat('plugins', '--plugin', path), [`plugin '${path}': it offers no transport`])
  })

  it('a plugin, and hides no other warning of it', async () => {
    const path = join(folder, 'warns.mjs')
    writeFileSync(path, "process.emitWarning('mind the gap')\nexport default 7")
    const program = qanat('plugins', '--plugin', path)
    await program.ending()
    expect(program.stderr.join('\n')).toMatch(/^\(node:\d+\) Warning: mind the gap$/m)
  })

  it.skipIf(stripsTypes)('a plugin in TypeScript where Node strips no types', async () => {
    const path = join(folder, 'types.ts')
    writeFileSync(path, "export const name: string = 'x'")
    const why = `Node ${process.versions.node} strips no types; it takes 22.18 or later, or a module in JavaScript`
    await expectRefusal(qanat('plugins', '--plugin', path), [`plugin '${path}': 'import' failed: ${why}`])
  })

  it('a plugin that is not there', async () => {
    await expectRefusal(qanat('plugins', '--plugin', './none.js'), ["'./none.js'", 'no such file'])
  })

  it('a package that is not there', async () => {
    await expectRefusal(qanat('plugins', '--plugin', 'qanat-none'), ["'qanat-none'", 'installed', './'])
  })

  it('a key file that others can read', async () => {
    const path = join(folder, 'open-key')
    writeFileSync(path, '12\n', { mode: 0o644 })
    await expectRefusal(qanat(...ENDS, ...XOR, '--key-file', path), [path, '644', 'chmod 600'])
  })

  it.each([
    ['-p', 'ws://user:canary@host:99999/?token=canary#canary'],
    ['-p', 'user:canary@host'],
    ['--listen', 'host?canary'],
    ['--proxy', 'ftp://user:canary@host'],
    ['--header', 'Authorization canary'],
    ['--log-level', 'ws://user:canary@host/?canary'],
    ['--kye=canary'],
    ['--pear=user:canary@host'],
    ['--mtu', 'ws://user:canary@host'],
    ['--plugin', 'ws://user:canary@host/?canary'],
  ])('never shows a secret of a URL that it refuses: %s %s', async (...args) => {
    const program = qanat(...ENDS, ...XOR, '-k', '12', ...args)
    await program.ending()
    const text = program.stderr.join('\n')
    expect(text).toMatch(/^qanat: \S/m)
    expect(text).not.toContain('canary')
  })

  it('never shows a key that it refuses', async () => {
    const program = qanat(...ENDS, ...XOR, '-k', 'c0ffee0')
    await program.ending()
    expect(program.stderr.join('\n')).not.toContain('c0ffee')
  })
})

describeWhere(['Node 26'], 'A Node that strips types refuses', () => {
  it('a plugin in TypeScript that is more than types, and tells its line', async () => {
    const path = join(temporaryFolder(), 'enum.ts')
    writeFileSync(path, '\nenum Kind { Cipher }\nexport default Kind.Cipher')
    const program = new Program(unpackedNode('26')!, [QANAT, 'plugins', '--plugin', path])
    await expectRefusal(program, [`plugin '${path}': 'import' failed: ${path}:2: TypeScript enum`])
  })
})

function qanat(...args: string[]): Program {
  const { QANAT_KEY: _, ...env } = process.env
  return new Program(process.execPath, [QANAT, ...args], { env })
}
