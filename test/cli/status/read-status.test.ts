import { symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readStatus } from '../../../src/cli/status/read-status.js'
import { temporaryFile } from '../../support/temporary-file.js'

const RUN = { file: '/etc/qanat/a.toml', pid: 7, socket: '/run/qanat/a.sock' }
const CARRIED = { sent: { packets: 1, bytes: 2 }, received: { packets: 1, bytes: 2 }, drops: { 'pump.x': 1 } }
const PEER = {
  ...{ name: null, id: 'peer', allowed: [], endpoints: [], endpoint: null, remote: null, why: 'because' },
  ...{ since: null, lastHandshake: null, roundTrip: 2.5, mtu: 1420, ...CARRIED },
}
const STATUS = {
  ...{ device: 'wg0', cipher: 'xor', since: '2026-01-01T00:00:00.000Z', listen: ['udp://[::]:1'] },
  ...{ isolateClients: false, ...CARRIED, peers: [PEER], file: RUN.file, pid: RUN.pid },
}
const GROUP = { name: 'office', members: ['peer'], active: 'peer', since: STATUS.since, moves: 0 }

const figures = (values: unknown) => ({ it: { seen: { type: 'counter', unit: 'packets', values } } })

describe('what a run answers', () => {
  it('is its status, by the name that its file was started with', () => {
    expect(readStatus(STATUS, RUN)).toEqual(STATUS)
    const told = { ...STATUS, figures: figures([{ labels: { way: 'in' }, value: 1 }]) }
    expect(readStatus(told, RUN)).toEqual(told)
    const portal = { since: STATUS.since, step: 'portal', code: 'portal-page', why: 'it is', host: 'a:1' }
    const captive = { ...STATUS, portal: { ...portal, remedy: null, url: null } }
    expect(readStatus(captive, RUN)).toEqual(captive)
    const connecting = { endpoint: 'tcp://a:1', step: 'connect', since: STATUS.since }
    const busy = {
      ...STATUS,
      peers: [
        { ...PEER, connecting },
        { ...PEER, connecting: null, trying: [] },
        { ...PEER, connecting, trying: [connecting, connecting] },
      ],
    }
    expect(readStatus(busy, RUN)).toEqual(busy)
    const grouped = { ...STATUS, groups: [GROUP] }
    expect(readStatus(grouped, RUN)).toEqual(grouped)
    const file = temporaryFile('a.toml', '')
    const link = `${file}.link`
    symlinkSync(file, link)
    expect(readStatus({ ...STATUS, file: link }, { ...RUN, file }).file).toBe(link)
  })

  it('is the status of no other file and no other process', () => {
    const other = { ...STATUS, file: '/etc/qanat/other.toml', pid: 1 }
    expect(readStatus(other, RUN)).toEqual(STATUS)
    expect(readStatus({ ...STATUS, file: 7 }, RUN)).toEqual(STATUS)
  })

  it.each([
    ['nothing', null],
    ['a text', 'status'],
    ['a list', []],
    ['no peers', { ...STATUS, peers: undefined }],
    ['peers that are none', { ...STATUS, peers: [7] }],
    ['a peer without figures', { ...STATUS, peers: [{ ...PEER, sent: null }] }],
    ['a peer whose name is a list', { ...STATUS, peers: [{ ...PEER, name: ['x'] }] }],
    ['a device that is no text', { ...STATUS, device: { toString: 1 } }],
    ['a login page that is a text', { ...STATUS, portal: 'http://portal.example/' }],
    ['figures that are texts', { ...STATUS, received: { packets: 1, bytes: '1e9999' } }],
    ['a group without moves', { ...STATUS, groups: [{ ...GROUP, moves: null }] }],
    ['a group whose members are a text', { ...STATUS, groups: [{ ...GROUP, members: 'peer' }] }],
    ['a login without an end', { ...STATUS, login: { since: STATUS.since } }],
    ['figures of plugins that are none', { ...STATUS, figures: { it: 7 } }],
    ['figures of plugins without values', { ...STATUS, figures: figures(undefined) }],
    [
      'figures of plugins whose values are texts',
      { ...STATUS, figures: figures([{ labels: {}, value: '1' }]) },
    ],
    [
      'figures of plugins whose labels are lists',
      { ...STATUS, figures: figures([{ labels: { a: [] }, value: 1 }]) },
    ],
    ['an attempt of several without a step', { ...STATUS, peers: [{ ...PEER, trying: [{}] }] }],
    ['an attempt without a step', { ...STATUS, peers: [{ ...PEER, connecting: { endpoint: 'udp://a:1' } }] }],
    ['drops that are none', { ...STATUS, drops: { 'pump.x': {} } }],
  ])('is refused where it is %s', (_what, answer) => {
    expect(() => readStatus(answer, RUN)).toThrow(
      'Cannot understand the tunnel of /etc/qanat/a.toml: what process 7 answers is no status',
    )
  })
})
