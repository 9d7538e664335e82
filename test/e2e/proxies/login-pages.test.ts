import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { INNER, QANAT, REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import type { RunStatus } from '../../../src/cli/status/report.js'
import { lossOf } from '../../support/e2e/connect.js'
import { groupCertificate } from '../../support/e2e/labs/group-certificate.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { temporaryFile } from '../../support/temporary-file.js'
import { PORTAL, startPortal } from '../servers/nginx.js'

const [NEAR, FAR] = INNER.ipv4
/** An address that no network of the host leads to, so that the tunnel would take what is not marked. RFC 5737 */
const BEYOND = '192.0.2.1'
const PAGE = 'http://login.hotel.example/?mac=02-00-00-00-00-01'

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program openssl', 'program nginx'] as const),
  ],
  'a full tunnel on a network that asks for a login first',
  () => {
    const lab = groupLab()
    const issued = groupCertificate(lab)

    it('says so, whichever way the login page answers, and comes up once that is gone', async () => {
      const host = lab.far.ipv4
      const box = new TestAuthority().issue('login.hotel.example')
      await lab.far.run('ip', 'address', 'add', `${BEYOND}/32`, 'dev', 'lo')
      await lab.near.run('ip', 'route', 'add', 'default', 'via', host)
      const portal = await startPortal(box, PAGE, lab.far, BEYOND)
      const key = ['-k', randomBytes(32).toString('base64'), '--cipher', 'aes-256-gcm']
      const { page, status } = PORTAL
      const ways = [
        [`ws://${host}/door`, 'portal-redirect'],
        [`http://${host}:${status}/door`, 'portal-status'],
        [`ws://${host}:${page}/door`, 'portal-page'],
        [`wss://${host}/door`, 'portal-certificate'],
      ] as const
      const env = { RUNTIME_DIRECTORY: temporaryFolder() }
      const file = temporaryFile(
        'client.toml',
        `[interface]
        cipher = "aes-256-gcm"
        key = "${key[1]}"
        address = ["${NEAR}/24"]
        portal-probe = "http://${BEYOND}/generate_204"
        [[peer]]
        allowed-ips = ["0.0.0.0/0"]
        endpoints = [${ways.map(([endpoint]) => `"${endpoint}"`).join(', ')}]
        [tls]
        ca-file = "${issued.authority.caFile}"
        [log]
        level = "debug"`,
      )
      const near = lab.near.qanatWith(env, 'up', file)
      const told = async () => {
        const program = lab.near.start(process.execPath, [QANAT, 'status', '--json'], {
          env: { ...process.env, ...env },
        })
        return (JSON.parse(await program.output()) as { tunnels: readonly RunStatus[] }).tunnels[0]!
      }

      // Outside the tunnel, which carries nothing yet.
      await near.line('a login page is in the way: the probe was sent on to login.hotel.example')
      const all = await eventually(
        'all endpoints failed',
        told,
        ({ peers }) => peers[0]!.attempts?.length === ways.length,
      )
      expect(all.peers[0]!.attempts!.map(({ code, endpoint }) => [endpoint, code])).toEqual(ways)
      expect(all.portal).toMatchObject({ step: 'portal', code: 'portal-redirect', url: PAGE })

      await portal.stop()
      const { certFile, keyFile } = issued.certificate
      const far = ['--listen', ways[3][0], '--tls-cert', certFile, '--tls-key', keyFile]
      await lab.far.qanat(FAR, NEAR, ...key, ...far).line('listening')
      await near.line(REACHED)
      expect((await told()).portal).toBeNull()
      expect(await lossOf(lab.near, FAR, 1)).toBe('0%')
    })
  },
)
