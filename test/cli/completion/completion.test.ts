import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture, QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { LIST_TUNNELS } from '../../../src/cli/completion/tunnel-names.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { expectRefusal } from '../../support/refusal.js'

let folder: string
beforeAll(async () => {
  folder = temporaryFolder()
  for (const name of ['server.toml', 'my tunnel.conf']) writeFileSync(join(folder, name), '')
  mkdirSync(join(folder, 'site'))
  const settings = temporaryFolder()
  mkdirSync(join(settings, 'wireguard'))
  writeFileSync(join(settings, 'wireguard/wg0.conf'), '')
  mkdirSync(join(settings, 'qanat'))
  const server = '[interface]\nname = "tun7"\n\n[[peer]]\nname = "laptop"\n[[peer]]\nname = "phone"\n[log]\n'
  writeFileSync(join(settings, 'qanat/office.toml'), server)
  for (const shell of ['bash', 'zsh', 'fish']) {
    const name = shell === 'zsh' ? '_qanat' : `qanat.${shell}`
    const script = await qanat('completion', shell).output()
    writeFileSync(join(folder, name), script.replaceAll('/etc/', `${settings}/`))
  }
})

function qanat(...args: string[]): Program {
  return new Program(process.execPath, [QANAT, ...args])
}

/** What stands before the cursor, and words that a shell must offer there, or must not. */
type Case = readonly [typed: readonly string[], offered: readonly string[], absent: readonly string[]]
const CASES: readonly Case[] = [
  [['co'], ['convert', 'completion'], ['check', '--listen']],
  [['--li'], ['--listen'], ['--log-level']],
  [
    ['--log-level', ''],
    ['debug', 'silent'],
    ['server.toml', '--listen'],
  ],
  [['up', ''], ['server.toml', 'my tunnel.conf', 'wg0'], ['convert']],
  [['down', 'w'], ['wg0'], ['server.toml']],
  [['add-client', 'phone', '--config', ''], ['server.toml', 'wg0'], ['convert']],
  [['up', '--log'], ['--log-level'], ['--listen']],
  [['up', '--log-level', 'w'], ['warn'], ['debug', 'server.toml']],
  [
    ['--cipher', ''],
    ['wireguard', 'aes-256-gcm'],
    ['server.toml', '--listen'],
  ],
  [['--tun-driver', 'l'], ['linux'], ['tuntap2']],
  [['--transport', ''], ['udp', 'wss'], ['server.toml']],
  [
    ['remove-client', ''],
    ['laptop', 'phone'],
    ['tun7', 'server.toml'],
  ],
  [['up', '--user', 'ro'], ['root'], ['server.toml']],
  [['convert', '--to', ''], ['toml', 'wg-quick'], ['server.toml']],
  [['--document-root', ''], ['site'], ['server.toml']],
  [['completion', ''], ['bash', 'zsh', 'fish'], ['server.toml']],
  [['up', '--mtu', ''], [], ['--listen']],
  [['plug'], ['plugin', 'plugins'], ['new', 'plugin new']],
  [
    ['plugin', ''],
    ['new', 'test'],
    ['plugins', 'transport'],
  ],
  [
    ['plugin', 'new', 'x', '--kind', ''],
    ['transport', 'cipher', 'packets'],
    ['server.toml', 'new'],
  ],
  [['plugin', 'test', ''], ['server.toml'], ['new', 'test', 'transport']],
  [
    ['plugin', 'test', '--'],
    ['--seed', '--kit'],
    ['--kind', '--listen'],
  ],
]

function checkOffers(offers: readonly string[], [, offered, absent]: Case): void {
  for (const word of offered) expect(offers).toContain(word)
  for (const word of absent) expect(offers).not.toContain(word)
}

describeWhere(['program bash'], 'completion in bash', () => {
  it.each(CASES)('after %j it offers %j and not %j', async (...testCase) => {
    const words = ['qanat', ...testCase[0]].map((word) => `'${word}'`).join(' ')
    const script = `source ./qanat.bash; COMP_WORDS=(${words}); COMP_CWORD=${testCase[0].length}; _qanat; printf '%s\\n' "\${COMPREPLY[@]}"`
    const offers = await new Program('bash', ['--norc', '-c', script], { cwd: folder }).output()
    checkOffers(
      offers.split('\n').map((line) => line.trim()),
      testCase,
    )
  })
})

describeWhere(['program fish'], 'completion in fish', () => {
  it.each(CASES)('after %j it offers %j and not %j', async (...testCase) => {
    const line = `qanat ${testCase[0].join(' ')}`
    const script = `source ./qanat.fish; complete -C '${line}'`
    const env = { ...process.env, HOME: folder }
    const offers = await new Program('fish', ['--no-config', '-c', script], { cwd: folder, env }).output()
    checkOffers(
      offers.split('\n').map((offer) => offer.split('\t')[0]!.replaceAll('\\', '').replace(/\/$/, '')),
      testCase,
    )
  })
})

/** Each with a function in the program's place, which writes what it was called with; zsh takes the slash behind a folder away. */
const SHELLS = [
  ['bash', ['bash', '--norc', '-i'], 'source ./qanat.bash; qanat() { echo "[$*]" | sed s,/],],; }'],
  [
    'zsh',
    ['zsh', '-f', '-i'],
    'fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; qanat() { echo "[$*]" | sed s,/],],; }',
  ],
  [
    'fish',
    ['fish', '--no-config', '-i'],
    'source ./qanat.fish; function qanat; echo "[$argv]" | sed s,/],],; end',
  ],
] as const

for (const [shell, command, setup] of SHELLS) {
  describeWhere(['program python3', `program ${shell}`], `${shell} at a terminal`, () => {
    it.each([
      ['qanat conv\t\n', '[convert]'],
      ['qanat convert --t\ttom\t\n', '[convert --to toml]'],
      ['qanat up ser\t\n', '[up server.toml]'],
      ['qanat up my\t\n', '[up my tunnel.conf]'],
      ['qanat up wg\t\n', '[up wg0]'],
      ['qanat add-client phone --config wg\t\n', '[add-client phone --config wg0]'],
      ['qanat --lis\t\n', '[--listen]'],
      ['qanat init --fol\tsi\t\n', '[init --folder site]'],
      ['qanat plugin n\tx --ki\tpac\t\n', '[plugin new x --kind packets]'],
    ])('completes %j to %j', async (typed, expected) => {
      const args = [fixture('complete_at_a_terminal.py'), setup, typed, expected, ...command]
      const env = { ...process.env, HOME: folder }
      expect(await new Program('python3', args, { cwd: folder, env }).output()).toBe(expected)
    })
  })
}

describe('the names of tunnels that shells offer', () => {
  it('are those of files that may be called by name', async () => {
    const settings = temporaryFolder()
    for (const name of ['qanat', 'wireguard']) mkdirSync(join(settings, name))
    const files = ['qanat/home.toml', 'qanat/a.b.toml', 'qanat/notes.txt', 'wireguard/wg0.conf']
    for (const name of files) writeFileSync(join(settings, name), '')
    const list = LIST_TUNNELS.replaceAll('/etc/', `${settings}/`)
    expect((await new Program('sh', ['-c', `${list}; true`]).output()).split('\n')).toEqual(['home', 'wg0'])
  })
})

describe('qanat completion', () => {
  it('knows three shells', () => expectRefusal(qanat('completion', 'csh'), ['csh', 'bash, zsh, fish']))
  it('wants one', () => expectRefusal(qanat('completion'), ['missing required argument', 'shell']))
})
