import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { answerForKilled } from '../../../src/app/uapi/answer-for-killed.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { NO_DNS, NO_HOOKS } from '../../../src/core/settings/host-settings.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { KeptLog } from '../../host/parts.js'
import { prefixes } from '../../support/memory-net.js'

const HOST = {
  underlayRoutes: true,
  killSwitch: false,
  forward: false,
  nat: false,
  dns: NO_DNS,
  hooks: NO_HOOKS,
}
const peer = publicKeyOf(generatePrivateKey())
const config: TunnelConfig = {
  cipher: 'wireguard',
  privateKey: generatePrivateKey(),
  peers: [{ id: peer, allowed: prefixes('10.0.0.0/24'), endpoints: [new URL('udp://192.0.2.1:7')] }],
  listen: [new URL('udp://0.0.0.0:51820')],
  host: { ...HOST, fullTunnel: { ipv4: true, ipv6: false }, mark: 5 },
  tun: { name: 'q0', addresses: [], routes: [], mtu: 1420 },
  plugins: [],
}
const log = new KeptLog()
const hexOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex')

/** What is answered to a request, for a tunnel that was killed, and whether nothing is left behind. */
async function asked(config: TunnelConfig, mark: number | undefined, ...lines: string[]): Promise<string> {
  const folder = temporaryFolder()
  const path = join(folder, 'q0.sock')
  const end = await answerForKilled(folder, { config, traits: () => ({}), clock: systemClock, log })(
    'q0',
    mark,
  )
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const socket = connect(path)
  socket.end(`${lines.join('\n')}\n\n`)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'close')
  await end()
  expect(existsSync(path)).toBe(false)
  return text
}

it("tells of a killed tunnel what its file says, with the mark that it had, at its owner's socket", async () => {
  const text = await asked(config, 7, 'get=1')
  for (const line of [
    `private_key=${hexOf(config.privateKey!)}`,
    'listen_port=51820',
    'fwmark=7',
    `public_key=${hexOf(peer)}`,
    'endpoint=192.0.2.1:7',
    'last_handshake_time_sec=0',
    'rx_bytes=0',
    'allowed_ip=10.0.0.0/24',
    'errno=0',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
})

it('tells the mark of the file if none is noted, or the device lived in a namespace', async () => {
  expect(await asked(config, undefined, 'get=1')).toContain('fwmark=5\n')
  const away = { ...config, tun: { ...config.tun, namespace: 'inner' } }
  expect(await asked(away, 7, 'get=1')).toContain('fwmark=5\n')
})

it('refuses changes in one line', async () => {
  expect(await asked(config, 7, 'set=1', 'fwmark=9')).toBe('errno=-22\n\n')
  expect(log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields.why)).toEqual([
    'the tunnel was killed, and only its hooks run',
  ])
})
