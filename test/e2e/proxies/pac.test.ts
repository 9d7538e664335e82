import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { INNER, QANAT, REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { lossOf } from '../../support/e2e/connect.js'
import { groupCertificate } from '../../support/e2e/labs/group-certificate.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { started } from '../../support/e2e/proxied-carriers.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { startPacServer } from '../servers/nginx.js'
import { startDante } from '../servers/socks.js'
import { startSquid } from '../servers/squid.js'

const [NEAR, FAR] = INNER.ipv4
const [PORT, SQUID_PORT, BLOCKED] = [4433, 3128, 9]
/** Milliseconds until a link is known to be dead and the next way carries, on a busy machine. */
const PATIENCE = 60_000

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program openssl', 'program squid', 'program danted', 'program nginx'] as const),
  ],
  'a full tunnel by a PAC file of nginx',
  () => {
    const lab = groupLab()
    const issued = groupCertificate(lab)

    it(
      'goes by squid with its login, and by dante once that is gone',
      async () => {
        const host = lab.far.ipv4
        const login = { login: 'basic', user: 'user', password: 'secret' } as const
        const squid = await started(startSquid({ ...login, host: lab.far, port: SQUID_PORT }))
        const dante = await started(startDante(BLOCKED, lab.far))
        const script = `function FindProxyForURL(url, host) {
          if (!isInNet(host, '${host}', '255.255.255.255')) return 'DIRECT'
          return 'PROXY ${host}:${SQUID_PORT}; SOCKS5 ${host}:${dante.port}'
        }`
        const pac = await started(startPacServer(issued.certificate, script, lab.far))
        // Only proxies get through.
        await lab.far.run(
          'nft',
          'add table inet way; add chain inet way in { type filter hook input priority 0; }',
        )
        await lab.far.run('nft', `add rule inet way in ip saddr ${lab.near.ipv4} tcp dport ${PORT} drop`)

        const endpoint = `wss://${host}:${PORT}/door`
        const key = ['-k', randomBytes(32).toString('base64'), '--cipher', 'aes-256-gcm']
        const { certFile, keyFile } = issued.certificate
        const far = [FAR, NEAR, ...key, '--listen', endpoint, '--tls-cert', certFile, '--tls-key', keyFile]
        await lab.far.qanat(...far).line('listening')
        const url = `pac+https://${host}:${pac.port}/proxy.pac`
        const env = { RUNTIME_DIRECTORY: temporaryFolder() }
        const { caFile } = issued.authority
        const near = lab.near.qanatWith(
          env,
          ...['--address', `${NEAR}/24`, '--allowed-ips', '0.0.0.0/0', ...key, '-p', endpoint],
          ...['--proxy', `${url} http://user:secret@${host}:${SQUID_PORT}`],
          ...['--tls-ca', caFile, '--proxy-ca', caFile],
        )
        const status = () =>
          lab.near.start(process.execPath, [QANAT, 'status'], { env: { ...process.env, ...env } }).output()

        await near.line(REACHED)
        expect(await lossOf(lab.near, FAR)).toBe('0%')
        expect(await status()).toContain(
          `${endpoint} by http://${host}:${SQUID_PORT}, as the command line: '--proxy' (${url}) says`,
        )
        expect(pac.asked()).toBe(1)

        await squid.kill()
        await eventually(
          'dante carries',
          async () => (await status()).includes(` by socks5://${host}:${dante.port}, as`),
          true,
          PATIENCE,
        )
        await eventually('it carries', () => lossOf(lab.near, FAR), '0%', PATIENCE)
        expect(pac.asked()).toBeLessThanOrEqual(2) // the tunnel's own addresses may count as a change of networks
      },
      3 * PATIENCE,
    )
  },
)
