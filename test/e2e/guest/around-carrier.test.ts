import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import {
  CAPTURED_TUNNEL,
  groupFullTunnelLab,
  OUTER,
  stateOf,
  WORLD,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5190
/** A network of the world that the host has a way of its own to. */
const OWN = '198.51.100.128/25'

describeWhere(CAPTURED_TUNNEL, 'a tunnel whose ranges hold its own endpoint', () => {
  const lab = groupFullTunnelLab()
  const file = (...allowed: readonly string[]) =>
    lab.clientFile({ endpoint: `udp://${OUTER}:${PORT}`, allowed })

  it('carries them and itself, leaves the host its own routes, and follows reloads; a kill leaves nothing', async () => {
    await lab.client.run('ip', 'route', 'add', OWN, 'via', lab.server.ipv4)
    const before = await stateOf(lab.client)
    await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
    const client = lab.up(lab.client, file('198.51.100.0/24'))
    await client.line(REACHED)
    const running = await stateOf(lab.client)
    const capture = await lab.capture(OUTER, PORT)
    for (const address of [WORLD.ipv4, OUTER]) await ping(address)
    expect(capture.stdout).toEqual([])
    expect(await way('198.51.100.129')).toContain(`dev ${WIRE}`)
    expect(await way(WORLD.ipv6)).toContain(`dev ${WIRE}`)

    const check = lab.check(lab.client, file('198.51.100.0/24'))
    expect(await check.ending()).toEqual({ code: 0, signal: null })
    expect(check.stderr.join()).toContain(`leads to ${OUTER}, which lies within 198.51.100.0/24`)

    await reload(file('0.0.0.0/1', '128.0.0.0/1', '2001:db8:99::/48'))
    for (const address of [WORLD.ipv4, WORLD.ipv6]) expect(await way(address)).toContain('dev client')
    expect(await way('198.51.100.129')).toContain(`dev ${WIRE}`)
    await ping(WORLD.ipv4)
    await reload(file('198.51.100.0/24'))
    expect(await stateOf(lab.client)).toBe(running)
    client.kill('SIGKILL')
    await eventually('the guard restored the host', () => stateOf(lab.client), before)
    await lab.client.run('ip', 'route', 'delete', OWN)
  })

  async function reload(path: string): Promise<void> {
    expect(await lab.reload(lab.client, path).ending()).toMatchObject({ code: 0 })
  }

  /** Throws if nobody answers. */
  function ping(address: string): Promise<string> {
    return lab.client.run('ping', '-c', '2', '-i', '0.1', '-w', '5', address)
  }

  function way(address: string): Promise<string> {
    return lab.client.run('ip', 'route', 'get', address)
  }
})
