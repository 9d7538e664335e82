import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freshKeys } from '../../../lab/end-keys.js'
import { fixture, INNER, type LabHost } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { groupCertificate } from '../../support/e2e/labs/group-certificate.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { nativeMissing } from '../../support/native-missing.js'

/** Not the bundle, of which no module can be changed before it starts. */
const QANAT = join(import.meta.dirname, '../../../dist/src/cli/main.js')
const [NEAR, FAR] = INNER.ipv4
const PORT = 4433
const KEY = ['-k', randomBytes(32).toString('base64')]
/** Some 10,000 packets of 1,420 bytes. */
const COPY_BYTES = 14_000_000
/**
 * Functions of a packet's way that may be deoptimized for what only real packets do. A stream that the kernel takes no more of is among
 * that: within a process the other end reads as fast.
 */
const MOST_OTHERS = { udp: 3, wireguard: 3, tcp: 6, ws: 6, wss: 6 }
const DEOPTIMIZED = /bailout \(kind: [\w-]+, reason: (.*?)\): begin\. deoptimizing \S+ <JSFunction (\S+)/

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program openssl'],
  'the first real packets of a tunnel that was rehearsed',
  () => {
    const lab = groupLab()
    const issued = groupCertificate(lab)

    for (const scheme of ['udp', 'tcp', 'ws', 'wss', 'wireguard'] as const) {
      it.skipIf(nativeMissing)(
        `throw no optimized code away for the shape of an object: ${scheme}`,
        async ({ annotate }) => {
          const options = optionsOf(scheme)
          const far = start(lab.far, FAR, NEAR, options.far)
          await far.line('"rehearsed"')
          const near = start(lab.near, NEAR, FAR, options.near)
          await near.line('"rehearsed"')
          const before = [far, near].map(({ stdout }) => stdout.length)
          await copy(lab.near, lab.far, NEAR, COPY_BYTES)
          for (const [index, end] of [far, near].entries()) {
            const found = thrownAway(end.stdout.slice(before[index]))
            await annotate(found.join('; '))
            expect(found.filter((text) => /^(wrong map|not a Smi)/.test(text))).toEqual([])
            expect(found.length).toBeLessThanOrEqual(MOST_OTHERS[scheme])
          }
        },
      )
    }

    /** The options of both ends of a tunnel. */
    function optionsOf(scheme: 'udp' | 'tcp' | 'ws' | 'wss' | 'wireguard') {
      const carrier = scheme === 'wireguard' ? 'udp' : scheme
      const listen = ['--listen', `${carrier}://[::]:${PORT}`]
      const dial = ['-p', `${carrier}://${lab.far.ipv4}:${PORT}`]
      const { certFile, keyFile } = issued.certificate
      const tls = {
        far: ['--tls-cert', certFile, '--tls-key', keyFile],
        near: ['--tls-ca', issued.authority.caFile],
      }
      const { far, near } = scheme === 'wss' ? tls : { far: [], near: [] }
      const keys = scheme === 'wireguard' ? pairs() : { far: KEY, near: KEY }
      return { far: [...keys.far, ...listen, ...far], near: [...keys.near, ...dial, ...near] }
    }
  },
)

it('what V8 tells of code that it throws away is understood', () => {
  const script = fixture('rehearsal/thrown-away.mjs')
  const told = execFileSync(process.execPath, ['--allow-natives-syntax', '--trace-deopt', script])
  expect(thrownAway(String(told).split('\n'))).toEqual(['wrong map: field'])
})

/** The reasons for which functions were deoptimized, and their names, in the lines of an end. */
function thrownAway(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [, reason, name] = DEOPTIMIZED.exec(line) ?? []
    return reason === undefined ? [] : [`${reason}: ${name}`]
  })
}

/** The options that give WireGuard's keys to both ends. */
function pairs(): { far: string[]; near: string[] } {
  const keys = freshKeys('wireguard') as Record<'near' | 'far', { privateKey: string; peerKey: string }>
  const own = (end: 'near' | 'far', peer: string) => {
    const file = join(temporaryFolder(), end)
    writeFileSync(file, keys[end].privateKey, { mode: 0o600 })
    return ['--private-key-file', file, '--peer-key', keys[end].peerKey, '--allowed-ips', peer]
  }
  return { far: own('far', NEAR), near: own('near', FAR) }
}

function start(host: LabHost, local: string, peer: string, options: readonly string[]): Program {
  const env = { ...process.env, QANAT_NO_REHEARSAL: '' }
  const flags = ['--trace-deopt', '--import', fixture('rehearsal/patient.mjs')]
  const args = [...flags, QANAT, local, peer, ...options, '--log-level', 'debug']
  return host.start(process.execPath, args, { env })
}
