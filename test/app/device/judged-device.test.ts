import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { JudgedDevice, judgeStart } from '../../../src/app/device/judged-device.js'
import { TunError } from '../../../src/core/api/errors.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { DeviceChange } from '../../../src/core/api/tun-device.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing('ip')
const NOTHING = { added: [], removed: [] }
const PARTS = { log: silentLogger, carriers: () => [], leftAlone: new Map() }
const FULL = new TunError('Cannot add an address: it is full', { code: 'ERR_TUN_FAILED' })

describe.skipIf(missing)(`a device that is changed${missing ? `, skipped: ${missing}` : ''}`, () => {
  it('gets all but what is not its own, and both failures are told', async () => {
    await onHost(async (device) => {
      const change = changeTo('10.20.0.0/16', '192.0.2.0/24')
      await expect(device.judged.change!(change)).rejects.toMatchObject({
        code: 'ERR_ROUTE_TAKEN',
        message: expect.stringMatching(
          /10\.20\.0\.0\/16 of lo already; .*; Cannot add an address: it is full$/,
        ),
      })
      expect(device.asked).toEqual([['192.0.2.0/24']])
    })
  })

  it('fails as it would by itself where nothing is in its way', async () => {
    await onHost(async ({ judged }) => {
      await expect(judged.change!(changeTo('192.0.2.0/24'))).rejects.toBe(FULL)
    })
  })
})

describe.skipIf(missing)(`a device that starts${missing ? `, skipped: ${missing}` : ''}`, () => {
  it('leaves the network of its address to the host, and has the same range in a table of its own', async () => {
    await onHost(async () => {
      execFileSync('ip', ['link', 'add', 'lan', 'type', 'ifb'])
      execFileSync('ip', ['link', 'set', 'lan', 'up'])
      execFileSync('ip', ['address', 'add', '192.0.2.2/24', 'dev', 'lan'])
      const address = { local: '192.0.2.9', peer: undefined, prefix: 24 }
      const routes = ['192.0.2.0/24', '198.51.100.0/24'].map((text) => parseIpPrefix(text)!)
      const wanted = { name: 't0', addresses: [address], routes, mtu: 1420 }
      const [inTable, inMain] = [
        await judgeStart('t0', { ...wanted, routingTable: 77 }, PARTS),
        await judgeStart('t0', wanted, PARTS),
      ]
      expect(inTable).toEqual({ addresses: [{ ...address, routed: false }], routes })
      expect(inMain).toEqual({ addresses: [{ ...address, routed: false }], routes: routes.slice(1) })
    })
  })
})

/** A host with a route, and a device of it that takes no address. */
async function onHost(
  work: (device: { judged: JudgedDevice; asked: string[][] }) => Promise<void>,
): Promise<void> {
  await inNewNetwork(async () => {
    execFileSync('ip', ['tuntap', 'add', 'dev', 't0', 'mode', 'tun'])
    execFileSync('ip', ['route', 'add', '10.20.0.0/16', 'dev', 'lo'])
    const asked: string[][] = []
    const device = {
      ...{ name: 't0', drops: {} },
      change: async ({ routes }: DeviceChange) => {
        asked.push(routes.added.map(({ text }) => text))
        throw FULL
      },
    }
    await work({
      judged: new JudgedDevice(device, undefined, PARTS),
      asked,
    })
  })
}

function changeTo(...routes: readonly string[]): DeviceChange {
  const added = routes.map((text) => parseIpPrefix(text)!)
  return { addresses: NOTHING, routes: { added, removed: [] } }
}
