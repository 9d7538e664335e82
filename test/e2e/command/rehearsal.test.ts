import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ownBytes } from '../../../bench/memory/smaps.js'
import { freshKeys } from '../../../lab/end-keys.js'
import { INNER, type LabHost, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { lossOf } from '../../support/e2e/connect.js'
import { groupCertificate } from '../../support/e2e/labs/group-certificate.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const [NEAR, FAR] = INNER.ipv4
const PORT = 4433
const SHARED = ['-k', randomBytes(32).toString('base64')]
const DEBUG = ['--log-level', 'debug']
/** Whatever these tests are started with. */
const REHEARSES = { QANAT_NO_REHEARSAL: '' }
const PINGS = 3
/** Bytes that a rehearsed end may have more than one that was not: a quarter above what it takes today. */
const MOST_MEMORY = 11e6
/** Packets that a host sends by itself on a new interface, to look for routers. */
const SOLICITATIONS = 3

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program openssl'],
  'a tunnel that is rehearsed',
  () => {
    const lab = groupLab()
    const issued = groupCertificate(lab)

    for (const scheme of ['udp', 'tcp', 'ws', 'wss', 'wireguard'] as const) {
      it(`counts real packets alone, and has no socket of it afterwards: ${scheme}`, async () => {
        const { far, near } = optionsOf(scheme)
        const ends = [start(lab.far, FAR, NEAR, far)]
        await rehearsed(ends[0]!)
        const before = await socketsOf(lab.far)
        ends.push(start(lab.near, NEAR, FAR, near))
        await rehearsed(ends[1]!)
        expect(await lossOf(lab.near, FAR, PINGS)).toBe('0%')
        await eventually(
          'only the tunnel has sockets',
          async () => (await socketsOf(lab.near)).filter((socket) => socket.includes('0100007F')),
          [],
        )
        expect(before.filter((socket) => socket.includes('0100007F'))).toEqual([])
        for (const end of ends) {
          end.kill('SIGTERM')
          expect(await end.ending()).toMatchObject({ code: 0 })
          const lines = end.stderr.filter((line) => line.includes('tunnel carried'))
          const [carried] = lines.map((line) => JSON.parse(line) as Record<string, number>)
          expect(lines).toHaveLength(1)
          for (const direction of ['sentPackets', 'receivedPackets']) {
            expect(carried![direction]).toBeGreaterThanOrEqual(PINGS)
            expect(carried![direction]).toBeLessThanOrEqual(PINGS + SOLICITATIONS)
          }
          expect(end.stderr.join('\n')).not.toMatch(/cannot rehearse|ended early/)
        }
      })
    }

    it('ends at once by SIGTERM amid its rehearsal', async () => {
      const far = start(lab.far, FAR, NEAR, optionsOf('tcp').far)
      await eventually(
        'it rehearses',
        async () => (await socketsOf(lab.far)).some((socket) => socket.includes('0100007F')),
        true,
      )
      far.kill('SIGTERM')
      expect(await far.ending()).toMatchObject({ code: 0 })
      expect(far.stderr.join('\n')).not.toContain('rehears')
      expect(far.stderr.join('\n')).not.toContain('cannot')
      expect(await lab.far.tunnels()).toEqual([])
    })

    it('rehearses nothing if its user says so', async () => {
      const { far, near } = optionsOf('udp')
      const ends = [start(lab.far, FAR, NEAR, [...far, '--no-rehearsal'])]
      await ends[0]!.line('listening')
      ends.push(start(lab.near, NEAR, FAR, [...near, '--no-rehearsal']))
      await ends[1]!.line(REACHED)
      expect(await lossOf(lab.near, FAR, PINGS)).toBe('0%')
      for (const end of ends) {
        end.kill('SIGTERM')
        await end.ending()
        expect(end.stderr.join('\n')).not.toContain('rehears')
      }
    })

    it(`leaves at most ${MOST_MEMORY / 1e6} MB of memory behind`, async ({ annotate }) => {
      const { far } = optionsOf('ws')
      const rehearsing = start(lab.far, FAR, NEAR, far)
      await rehearsed(rehearsing)
      const other = start(lab.near, FAR, NEAR, [...far, '--no-rehearsal'])
      await other.line('listening')
      const [after, without] = [rehearsing, other].map(
        ({ pid }) => ownBytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')).own,
      )
      await annotate(`${((after! - without!) / 1e6).toFixed(1)} MB`)
      expect(after! - without!).toBeLessThanOrEqual(MOST_MEMORY)
    })

    /** The options of both ends of a tunnel. */
    function optionsOf(scheme: 'udp' | 'tcp' | 'ws' | 'wss' | 'wireguard') {
      const carrier = scheme === 'wireguard' ? 'udp' : scheme
      const listen = ['--listen', `${carrier}://[::]:${PORT}`]
      const dial = ['-p', `${carrier}://${lab.far.ipv4}:${PORT}`]
      if (scheme === 'wss') {
        const { certFile, keyFile } = issued.certificate
        return {
          far: [...SHARED, ...listen, '--tls-cert', certFile, '--tls-key', keyFile],
          near: [...SHARED, ...dial, '--tls-ca', issued.authority.caFile],
        }
      }
      if (scheme !== 'wireguard') return { far: [...SHARED, ...listen], near: [...SHARED, ...dial] }
      const keys = freshKeys('wireguard') as Record<'near' | 'far', { privateKey: string; peerKey: string }>
      const own = (end: 'near' | 'far', peer: string) => {
        const file = join(temporaryFolder(), end)
        writeFileSync(file, keys[end].privateKey, { mode: 0o600 })
        return ['--private-key-file', file, '--peer-key', keys[end].peerKey, '--allowed-ips', peer]
      }
      return { far: [...own('far', NEAR), ...listen], near: [...own('near', FAR), ...dial] }
    }
  },
)

function start(host: LabHost, local: string, peer: string, options: readonly string[]): Program {
  return host.qanatWith(REHEARSES, local, peer, ...options, ...DEBUG)
}

/** Resolves once it is over, be it with few packets or none, where other programs have the processor. */
async function rehearsed(end: Program): Promise<void> {
  await end.line('"rehearsed"')
}

/** The sockets of a host that have an address, each as /proc/net shows it. */
async function socketsOf(host: LabHost): Promise<string[]> {
  const files = ['udp', 'udp6', 'tcp', 'tcp6'].map((name) => `/proc/net/${name}`)
  const listens = (await host.run('cat', ...files)).split('\n').filter((line) => /^\s*\d+:/.test(line))
  return listens.filter((line) => !/ 06 /.test(line)) // closed connections that the kernel remembers
}
