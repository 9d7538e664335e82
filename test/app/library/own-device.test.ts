import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { forOwnDevice, leavingHost } from '../../../src/app/library/own-device.js'
import { admitObject } from '../../../src/app/library/read-object.js'
import { partTraitsOf } from '../../../src/app/plugins/plugins.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { HostChanges } from '../../../src/host/host-changes.js'
import type { Configuration } from '../../../src/index.js'
import { memoryDevice, packetOf, writeChecksums } from '../../../src/index.js'
import { make, once, pair, withoutDriver } from './pair.js'

/** An ICMP echo request (8) or its reply (0). RFC 791, RFC 792 */
function echo(type: 8 | 0, from: string, to: string): Uint8Array {
  const addresses = [from, to].flatMap((address) => address.split('.').map(Number))
  const packet = packetOf(
    Uint8Array.of(0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, ...addresses, type, 0, 0, 0, 0, 7, 0, 1),
  )
  writeChecksums(packet)
  return packet.bytes
}

/** Two tunnels with devices of the program's own; the server answers what it is asked. */
async function devices(change: (server: Configuration) => Configuration = (server) => server) {
  const { server, client } = pair()
  const came: Uint8Array[] = []
  let onCame = () => {}
  const nearDevice = memoryDevice({
    receive: (packets) => {
      for (const _ of packets) nearDevice.send(echo(0, '10.0.0.1', '10.0.0.2'))
    },
  })
  const farDevice = memoryDevice({
    receive: (packets) => {
      came.push(...packets)
      onCame()
    },
  })
  const near = await make(change(withoutDriver(server)), { device: nearDevice })
  const far = await make(withoutDriver(client), { device: farDevice })
  const reply = () =>
    new Promise<void>((resolve) => {
      onCame = resolve
    })
  return { near, far, nearDevice, farDevice, came, reply }
}

describe("a tunnel with a device of the program's own", () => {
  it('carries packets both ways, and tells the traffic and the drops', async () => {
    const { near, far, farDevice, came, reply } = await devices()
    await near.start()
    expect(farDevice.send(echo(8, '10.0.0.2', '10.0.0.1'))).toBe(false)
    await far.start()
    await Promise.all([farDevice.ready(), far.reached('server')])
    const [replied, traffic, drops] = [reply(), once(far, 'traffic'), once(far, 'drops')]
    expect(farDevice.send(echo(8, '10.0.0.2', '10.0.0.1'), echo(8, '10.0.0.2', '192.0.2.1'))).toBe(true)
    await replied
    expect(came).toEqual([echo(0, '10.0.0.1', '10.0.0.2')])
    await far.close()
    const one = { packets: 1, bytes: 28 }
    expect(await traffic).toMatchObject({ sent: one, received: one, peers: [{ name: 'server', sent: one }] })
    expect(await drops).toEqual({ drops: { 'pump.unroutable': 1 }, peers: [] })
  })

  it('leads no route of the host into it, though a peer owns all addresses', async () => {
    const all = (server: Configuration): Configuration => ({
      ...server,
      peers: [{ ...server.peers[0]!, allowedIps: ['0.0.0.0/0'] }],
    })
    const asked = forOwnDevice(all(withoutDriver(pair().server)))
    const { config } = admitObject(asked, '/').whole(partTraitsOf(await createContainer(silentLogger, [])))
    expect(config).toMatchObject({
      peerRoutes: 'none',
      host: { fullTunnel: { ipv4: false } },
      tun: { routes: [] },
    })
    const { near, nearDevice } = await devices(all)
    await near.start()
    expect(near.status()).toMatchObject({ device: 'memory', peers: [{ allowed: ['0.0.0.0/0'] }] })
    expect(nearDevice.mtu).toBe(1420)
  })

  it('is refused what is about the host, all of it at once, also by a reload', async () => {
    const { server } = pair()
    const device = memoryDevice({ receive: () => {} })
    const about = { dns: ['10.0.0.1'], killSwitch: true, postUp: ['true'] }
    const wrong = { ...server, interface: { ...server.interface, ...about } }
    const lines = ['tunDriver', 'killSwitch', 'dns', 'postUp'].map(
      (key) =>
        `Cannot use the configuration: 'interface.${key}' is about the host, but the device is the program's own`,
    )
    await expect(make(wrong, { device })).rejects.toThrow(lines.join('\n'))
    const tunnel = await make(withoutDriver(server), { device })
    await tunnel.start()
    await expect(tunnel.reload(server)).rejects.toThrow("'interface.tunDriver' is about the host")
    await tunnel.peers.change('client', { keepalive: 25 })
  })

  it('is refused the name servers of a peer, also of one that comes later', async () => {
    const { client } = pair()
    const device = memoryDevice({ receive: () => {} })
    const accepting = { ...client.peers![0]!, accept: ['mtu', 'dns'] as const }
    const why = "'dns' in 'peers[0].accept' is about the host, but the device is the program's own"
    await expect(make({ ...withoutDriver(client), peers: [accepting] }, { device })).rejects.toThrow(why)
    const tunnel = await make(withoutDriver(client), { device })
    await tunnel.start()
    await expect(tunnel.peers.change('server', { accept: ['dns'] })).rejects.toThrow(why)
    for (const peers of [[null], 'none', [{ accept: 'dns' }]]) {
      await expect(make({ ...withoutDriver(client), peers: peers as never }, { device })).rejects.toThrow(
        "Cannot use the configuration: 'peers",
      )
    }
  })

  it('changes nothing of the host, whatever is configured, and marks its own packets', async () => {
    const { server } = pair()
    const asked = withoutDriver({ ...server, interface: { ...server.interface, fwmark: 7 } })
    const traits = partTraitsOf(await createContainer(silentLogger, []))
    const { config } = admitObject(forOwnDevice(asked), '/').whole(traits)
    expect(leavingHost(config)).toMatchObject({ host: undefined, transports: { mark: 7 } })
    const prepare = vi.spyOn(HostChanges, 'prepare')
    onTestFinished(() => prepare.mockRestore())
    const { near } = await devices()
    await near.start()
    expect(prepare).not.toHaveBeenCalled()
  })

  it('has its device back for another tunnel once it is closed', async () => {
    const device = memoryDevice({ receive: () => {} })
    const first = await make(withoutDriver(pair().server), { device })
    await first.start()
    await first.close()
    await (await make(withoutDriver(pair().server), { device })).start()
    expect(device.send(echo(8, '10.0.0.1', '10.0.0.2'))).toBe(true)
  })
})
