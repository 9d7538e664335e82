import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { INNER, Lab, type LabHost, QANAT, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { ask } from '../../../src/control/client.js'
import { allRuns } from '../../../src/control/run-lock.js'
import { FalseClock } from '../../support/e2e/false-clock.js'
import { Identities } from '../../support/e2e/identities.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { startSquid } from '../servers/squid.js'

const [NEAR, FAR] = INNER.ipv4
const NEEDS = [
  ...(['root', '/dev/net/tun', 'program ip', 'program nft', 'program squid'] as const),
  ...(['program faketime', 'program openssl'] as const),
]
/** Milliseconds until a status has to name the cause. */
const PATIENCE = 40_000
/** Milliseconds. */
const BETWEEN_LOOKS = 100

/** What breaks, on which side, and what status says there. */
interface Breakage {
  /** Breaks it and starts both ends; the folder has what belongs to the end that is asked. */
  readonly start: (lab: BrokenLab) => Promise<void>
  readonly side: 'near' | 'far'
  /** Its code, and what stands beside that. */
  readonly code: string
  readonly says: RegExp
}

describeWhere(NEEDS, "'qanat status' alone names the cause", () => {
  let keys: Identities
  let others: Identities
  let authority: TestAuthority
  beforeAll(() => {
    keys = new Identities()
    others = new Identities()
    authority = new TestAuthority()
  })

  const near = (peer = keys.far.publicKey, own = keys.near.file) => [
    '--private-key-file',
    own,
    '--peer-key',
    peer,
  ]
  const far = (peer = keys.near.publicKey) => ['--private-key-file', keys.far.file, '--peer-key', peer]

  const breakages: Readonly<Record<string, Breakage>> = {
    'a wrong key of the server at the client': {
      start: async (lab) => {
        await lab.listens(far())
        lab.calls(near(others.far.publicKey), lab.far.ipv4)
      },
      ...{ side: 'far', code: 'wrong-key', says: /from udp:\S+: a handshake does not match this end's key/ },
    },
    'a wrong key of the client at the server': {
      start: async (lab) => {
        await lab.listens(far(others.near.publicKey))
        lab.calls(near(), lab.far.ipv4)
      },
      ...{ side: 'far', code: 'peer-unknown', says: /a peer that is not configured asks for a session/ },
    },
    'a wrong port': {
      start: async (lab) => {
        await lab.listens([...far(), '--transport', 'tcp'])
        lab.calls([...near(), '--transport', 'tcp'], `${lab.far.ipv4}:1338`)
      },
      ...{ side: 'near', code: 'connect-refused', says: /connection refused/ },
    },
    'UDP that is filtered': {
      start: async (lab) => {
        await lab.drops('udp dport 1337')
        await lab.listens(far())
        lab.calls(near(), lab.far.ipv4)
      },
      ...{ side: 'near', code: 'handshake-silent', says: /no answer .* wrong key, wrong port or blocked/ },
    },
    'a wrong password for the proxy': {
      start: async (lab) => {
        const login = { login: 'basic', user: 'user', password: 'right' } as const
        await startSquid({ ...login, host: lab.far, port: 3128 })
        await lab.listens([...far(), '--transport', 'tcp'])
        const proxy = ['--proxy', `http://user:wrong@${lab.far.ipv4}:3128`]
        lab.calls([...near(), '--transport', 'tcp', ...proxy], lab.far.ipv4)
      },
      ...{ side: 'near', code: 'proxy-credentials', says: /rejected the user name and the password/ },
    },
    'a clock that is behind': {
      start: async (lab) => {
        const { certFile, keyFile } = authority.issue(lab.far.ipv4)
        const clock = new FalseClock()
        clock.set(-30 * 86_400)
        await lab.listens([
          ...far(),
          '--listen',
          'wss://0.0.0.0:8443/door',
          '--tls-cert',
          certFile,
          '--tls-key',
          keyFile,
        ])
        lab.calls(
          [...near(), '--tls-ca', authority.caFile],
          `wss://${lab.far.ipv4}:8443/door`,
          clock.environment,
        )
      },
      ...{
        side: 'near',
        code: 'certificate-early',
        says: /not valid[\s\S]*clock of this host is behind/,
      },
    },
    'a path that drops large packets': {
      start: async (lab) => {
        await lab.drops('udp dport 1337 meta length > 1400')
        await lab.listens(far())
        await lab.calls(near(), lab.far.ipv4).line(REACHED)
        await lab.near.run('ping', '-c', '20', '-i', '0.2', '-s', '1300', FAR).catch(() => '')
      },
      ...{ side: 'near', code: 'path-narrow', says: /packets of more than \d+ bytes do not reach the peer/ },
    },
    'a network here that the tunnel wants': {
      start: async (lab) => {
        await lab.near.run('ip', 'link', 'add', 'lan', 'type', 'ifb')
        await lab.near.run('ip', 'address', 'add', '192.168.7.1/24', 'dev', 'lan')
        await lab.near.run('ip', 'link', 'set', 'lan', 'up')
        await lab.listens(far())
        lab.calls([...near(), '--allowed-ips', '192.168.7.0/24'], lab.far.ipv4)
      },
      ...{ side: 'near', code: 'range-here', says: /192\.168\.7\.0\/24 .* is a network of this host/ },
    },
    'a wrong name': {
      start: async (lab) => void lab.calls(near(), 'nobody.invalid'),
      ...{ side: 'near', code: 'name-', says: /Cannot resolve nobody\.invalid/ },
    },
  }

  it.concurrent.each(Object.entries(breakages))(
    '%s',
    async (_what, { code, says, side, start }) => {
      const lab = new BrokenLab()
      try {
        await start(lab)
        const told = await lab.told(side, code)
        expect(told).toMatch(says)
        expect(told).toMatch(new RegExp(`\\(\\w+, ${code}`))
      } finally {
        await lab.remove()
      }
    },
    2 * PATIENCE,
  )
})

/** Two hosts whose ends have folders of their own for what answers `status`. */
class BrokenLab {
  readonly #lab = new Lab()
  readonly #folders = { near: temporaryFolder(), far: temporaryFolder() }

  get near(): LabHost {
    return this.#lab.near
  }

  get far(): LabHost {
    return this.#lab.far
  }

  /** Drops what comes to the far host. */
  async drops(rule: string): Promise<void> {
    await this.far.run(
      'nft',
      'add table inet hole; add chain inet hole in { type filter hook prerouting priority 0; }',
    )
    await this.far.run('nft', `add rule inet hole in ${rule} drop`)
  }

  async listens(options: readonly string[]): Promise<void> {
    const end = this.#start('far', [...inner(FAR, NEAR), ...options])
    await end.line('listening')
  }

  calls(options: readonly string[], endpoint: string, env: NodeJS.ProcessEnv = {}): Program {
    return this.#start('near', ['-p', endpoint, ...inner(NEAR, FAR), ...options], env)
  }

  /** What status says on a side once its tunnel knows this code: till then the socket is asked, which takes no program. */
  async told(side: 'near' | 'far', code: string): Promise<string> {
    const env = this.#environment(side)
    const knows = async () => {
      await sleep(BETWEEN_LOOKS)
      const runs = allRuns(this.#folders[side])
      const answers = runs.map(({ socket }) => ask(socket, side, 'status').catch(() => undefined))
      return JSON.stringify(await Promise.all(answers)).includes(`"${code}`)
    }
    await eventually(`the tunnel knows ${code}`, knows, true, PATIENCE)
    return this.#lab[side].start(process.execPath, [QANAT, 'status'], { env }).output()
  }

  async remove(): Promise<void> {
    await this.#lab.clear()
    this.#lab.remove()
  }

  #start(side: 'near' | 'far', args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    return this.#lab[side].qanatWith({ ...env, RUNTIME_DIRECTORY: this.#folders[side] }, ...args)
  }

  #environment(side: 'near' | 'far'): NodeJS.ProcessEnv {
    return { ...process.env, RUNTIME_DIRECTORY: this.#folders[side] }
  }
}

function inner(own: string, peer: string): string[] {
  return ['--address', `${own}/24`, '--allowed-ips', `${peer}/32`]
}
