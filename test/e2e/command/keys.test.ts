import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { INNER, Lab, QANAT, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { lossOf } from '../../support/e2e/connect.js'
import { Identities } from '../../support/e2e/identities.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const [NEAR, FAR] = INNER.ipv4
const NEEDS = ['root', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const
/** Milliseconds; these tests wait for attempts that fail, so they do so together. */
const TIMEOUT = 60_000

/** Which key options the two ends are given, and what the end that waits says about it. */
interface Case {
  readonly near: readonly string[]
  readonly far: readonly string[]
  readonly hint: string
}

describeWhere(NEEDS, 'a key', () => {
  let keys: Identities
  let others: Identities
  beforeAll(() => {
    keys = new Identities()
    others = new Identities()
  })

  const wireguard = (own: 'near' | 'far', peer: string, shared?: string) => [
    ...['--private-key-file', keys[own].file, '--peer-key', peer],
    ...(shared === undefined ? [] : ['--psk-file', shared]),
  ]
  const wrong: Readonly<Record<string, () => Case>> = {
    'a shared key': () => ({
      near: ['--key-file', keys.sharedFile],
      far: ['--key-file', others.sharedFile],
      hint: "a handshake does not match this end's key: an unknown source, or a peer with the wrong key",
    }),
    "the peer's public key": () => ({
      near: wireguard('near', others.far.publicKey),
      far: wireguard('far', keys.near.publicKey),
      hint: "a handshake does not match this end's key",
    }),
    'the public key of the end that calls': () => ({
      near: wireguard('near', keys.far.publicKey),
      far: wireguard('far', others.near.publicKey),
      hint: 'a peer that is not configured asks for a session',
    }),
    'a preshared key': () => ({
      near: wireguard('near', keys.far.publicKey, keys.sharedFile),
      far: wireguard('far', keys.near.publicKey, others.sharedFile),
      hint: 'nothing follows the answers to a peer: wrong preshared key, or blocked on the way back?',
    }),
  }

  for (const [which, options] of Object.entries(wrong)) {
    it.concurrent(
      `that is wrong: ${which} makes each end say what it sees, and no key`,
      () =>
        withLab(async (lab) => {
          const { near, far, hint } = options()
          await lab.far.run(
            'nft',
            'add table ip answers; add chain ip answers out { type filter hook output priority 0; }',
          )
          await lab.far.run('nft', 'add rule ip answers out udp sport 1337 counter')
          const waits = lab.far.qanat(...inner(FAR, NEAR), ...far, '--log-level', 'debug')
          await waits.line('listening')
          const calls = lab.near.qanat(
            '-p',
            lab.far.ipv4,
            ...inner(NEAR, FAR),
            ...near,
            '--log-level',
            'debug',
          )
          const failure = JSON.parse(await calls.line('endpoint does not answer'))
          expect(failure.why).toMatch(/^no answer from udp:.* in 3 s: wrong key, wrong port or blocked\?$/)
          await waits.line(hint) // a lost answer is no sign yet, so this may take a second attempt
          if (which !== 'a preshared key') {
            expect(await lab.far.run('nft', 'list', 'table', 'ip', 'answers')).toContain('packets 0 bytes 0')
          }
          await expectNoKey([waits, calls])
        }),
      TIMEOUT,
    )
  }

  for (const cipher of ['wireguard', 'aes-256-gcm', 'chacha20-poly1305']) {
    it.concurrent(
      `of ${cipher} is in no line of a tunnel's log, at any level`,
      () =>
        withLab(async (lab) => {
          const options = (own: 'near' | 'far', far: 'near' | 'far') => [
            ...(cipher === 'wireguard'
              ? wireguard(own, keys[far].publicKey, keys.sharedFile)
              : ['--cipher', cipher, '--key-file', keys.sharedFile]),
            ...['--log-level', 'debug'],
          ]
          const waits = lab.far.qanat(...inner(FAR, NEAR), ...options('far', 'near'))
          await waits.line('listening')
          const calls = lab.near.qanat('-p', lab.far.ipv4, ...inner(NEAR, FAR), ...options('near', 'far'))
          await calls.line(REACHED)
          expect(await lossOf(lab.near, FAR)).toBe('0%')
          await expectNoKey([waits, calls])
          expect(logOf(calls).map(({ message }) => message)).toContain('tunnel carried')
        }),
      TIMEOUT,
    )
  }

  it('that is malformed is not shown', () => {
    const secret = randomBytes(32)
    const texts = [
      secret.toString('base64').slice(0, -2),
      `${secret.toString('hex')}0`,
      secret.toString('latin1'),
    ]
    for (const text of texts.map((text) => text.replaceAll('\0', 'x'))) {
      for (const options of [
        ['-k', text],
        ['-k', text, '--cipher', 'xor'],
        ['--key-file', text],
        [text, NEAR],
      ]) {
        const said = failureOf(options)
        expect(said).toMatch(/^qanat: /)
        if (options[0] === '-k') expect(said).not.toContain(text.slice(0, 8))
      }
    }
  })

  /** Ends them, and looks for the keys in all that they wrote. */
  async function expectNoKey(programs: readonly Program[]): Promise<void> {
    for (const program of programs) program.kill('SIGTERM')
    await Promise.all(programs.map((program) => program.ending()))
    const written = programs.flatMap(({ stdout, stderr }) => [...stdout, ...stderr]).join('\n')
    expect(written).toContain('tunnel carried')
    for (const { near, far, sharedKey } of [keys, others]) {
      for (const key of [near.privateKey, far.privateKey, sharedKey]) {
        for (const form of formsOf(key)) expect(written.toLowerCase()).not.toContain(form.toLowerCase())
      }
    }
  }
})

/** How a key might be written, or the first half of it. */
function formsOf(base64: string): string[] {
  const bytes = Buffer.from(base64, 'base64')
  const half = bytes.subarray(0, 15) // a whole number of base64's groups
  const forms = (['base64', 'base64url', 'hex', 'latin1', 'utf8'] as const).map((form) => half.toString(form))
  return [...forms, [...half].join(','), [...half].join(', ')]
}

function inner(own: string, peer: string): string[] {
  return ['--address', `${own}/24`, '--allowed-ips', `${peer}/32`]
}

/** What the command line says about options that it refuses. */
function failureOf(options: readonly string[]): string {
  try {
    execFileSync(process.execPath, [QANAT, ...options], { encoding: 'utf8', stdio: 'pipe' })
  } catch (thrown) {
    return (thrown as { stderr: string }).stderr
  }
  throw new Error(`it took ${options.join(' ')}`)
}

async function withLab(test: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = new Lab()
  try {
    await test(lab)
  } finally {
    await lab.clear()
    lab.remove()
  }
}
