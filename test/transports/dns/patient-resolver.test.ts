import { expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { PatientResolver } from '../../../src/transports/dns/patient-resolver.js'
import type { Resolved } from '../../../src/transports/net/resolve.js'
import { turns } from '../../support/eventually.js'
import { pass } from '../../support/netsim/pass.js'

const LOOKED_UP: Resolved[] = [{ address: '192.0.2.1', family: 4 }]
const DIRECT: Resolved[] = [{ address: '192.0.2.2', family: 4 }]
const HOST = new URL('udp://vpn.example.org')

/** A resolver whose look-ups end when the test says so, and whose other way knows `direct`. */
function lab() {
  const clock = new VirtualClock()
  const lookUps: { resolve(found: Resolved[]): void; reject(error: Error): void }[] = []
  const asked: number[] = []
  const start = clock.now()
  const names = { direct: [] as Resolved[] }
  const resolver = new PatientResolver({
    clock,
    lookUp: () => new Promise((resolve, reject) => void lookUps.push({ resolve, reject })),
    ask: async () => {
      asked.push(clock.now() - start)
      return names.direct
    },
  })
  /** What a look-up comes to, as text. */
  const resolve = () =>
    resolver.resolve(HOST).then(
      (found) => found.map(({ address }) => address).join(),
      (error) => error.message,
    )
  return { clock, lookUps, asked, names, resolve, resolver }
}

const NO_ANSWER = 'Cannot resolve vpn.example.org: no name server answers'

it('leaves a name to a look-up that is soon over', async () => {
  const { clock, lookUps, asked, resolve } = lab()
  const found = resolve()
  await turns(1)
  lookUps[0]!.resolve(LOOKED_UP)
  expect(await found).toBe('192.0.2.1')
  expect([asked, clock.pending]).toEqual([[], 0])
})

it('passes on what a look-up says of a name that does not exist', async () => {
  const { clock, lookUps, resolve } = lab()
  const found = resolve()
  await turns(1)
  lookUps[0]!.reject(new Error('no such host'))
  expect(await found).toBe('no such host')
  expect(clock.pending).toBe(0)
})

it('asks in another way after 1 s, and takes its addresses', async () => {
  const { clock, asked, names, resolve } = lab()
  names.direct = DIRECT
  const found = resolve()
  await pass(clock, 1_000)
  expect([await found, asked, clock.pending]).toEqual(['192.0.2.2', [1_000], 0])
})

it('says after 2 s that no name server answers, and asks at once the next time, with no second look-up', async () => {
  const { clock, lookUps, asked, names, resolve } = lab()
  const found = resolve()
  await pass(clock, 2_000)
  expect(await found).toBe(NO_ANSWER)
  names.direct = DIRECT
  const again = resolve()
  await pass(clock, 0)
  expect([await again, asked, lookUps.length]).toEqual(['192.0.2.2', [1_000, 2_000], 1])
})

it('keeps addresses that come too late for the next call, once', async () => {
  const { clock, lookUps, resolve } = lab()
  const found = resolve()
  await pass(clock, 2_000)
  await found
  lookUps[0]!.resolve(LOOKED_UP)
  await turns(1)
  expect(await resolve()).toBe('192.0.2.1')
  void resolve()
  expect(lookUps).toHaveLength(2)
})

it('keeps them for a minute', async () => {
  const { clock, lookUps, resolve } = lab()
  const found = resolve()
  await pass(clock, 2_000)
  await found
  lookUps[0]!.resolve(LOOKED_UP)
  await turns(1)
  clock.advance(60_000)
  void resolve()
  expect(lookUps).toHaveLength(2)
})

it('does not keep a failure that comes too late', async () => {
  const { clock, lookUps, resolve } = lab()
  const found = resolve()
  await pass(clock, 2_000)
  await found
  lookUps[0]!.reject(new Error('no such host'))
  await turns(1)
  void resolve()
  expect(lookUps).toHaveLength(2)
})

it('takes an address for one, whatever is under way', async () => {
  const { lookUps, resolver } = lab()
  const found = resolver.resolve(new URL('udp://[2001:db8::1]'))
  lookUps[0]!.resolve(DIRECT)
  expect(await found).toBe(DIRECT)
})
