import { asError } from '../../core/api/errors.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { Case } from '../kit/case.js'
import { CountingClock } from '../kit/counting-clock.js'
import { expect } from '../kit/expect.js'
import { inLab } from '../kit/in-lab.js'
import { transportCases } from '../transport/transport-cases.js'
import { TransportLab, type TransportSetup } from '../transport/transport-lab.js'
import { UNPROVEN, unknownSources } from '../transport/unknown-sources.js'
import type { EndContext, TransportKit } from './kit.js'
import { partCases } from './part-cases.js'
import type { PartUnderTest, Variation } from './part-under-test.js'
import { secretsOf } from './secrets.js'
import { SocketWatch } from './socket-watch.js'
import { tunnelCases } from './tunnel-cases.js'

/** Stands in a URL in the place of a password. */
const PASSWORD = 'the-password-of-the-kit'

/** Cases of a transport: those of all transports, and those of all parts. */
export function transportKitCases(part: PartUnderTest<'transport'>, kit: TransportKit, seed: number): Case[] {
  const setup = async (variation: Variation = {}): Promise<TransportSetup> => {
    const { near = {}, far = {}, endpoint, rawWire, dispose } = await kit.setup()
    const given = { near, far }
    const clock = new CountingClock()
    const ends: AbortController[] = []
    return {
      end(side) {
        const over = new AbortController()
        ends.push(over)
        return part.make(given[side], clock, over.signal, variation)
      },
      endpoint,
      clock,
      rawWire,
      async dispose() {
        for (const over of ends) over.abort()
        await dispose?.()
      },
    }
  }
  const inVariation: InVariation = (variation, run) => inLab(TransportLab, () => setup(variation), run)
  const trial = {
    work: (variation: Variation) =>
      inVariation(variation, async (lab) => {
        await lab.listen()
        const { link, far } = await lab.connect()
        link.send([new Uint8Array(link.maxDatagram + 1)])
        await lab.settled(far.close())
      }),
    fail: (variation: Variation, shown: (text: string) => void) =>
      inVariation(variation, async (lab) => {
        const { endpoint } = await lab.listen()
        const secret = new URL(endpoint.href)
        secret.username = 'kit'
        secret.password = PASSWORD
        const tell = async (attempt: () => Promise<{ remote: string }>) => {
          await attempt().then(
            ({ remote }) => shown(remote),
            (thrown: unknown) => shown(asError(thrown).message),
          )
        }
        await tell(async () => (await lab.dial(undefined, secret)).link)
        await tell(async () => ({
          remote: (await lab.listenBeside(secret)).endpoint.href.replace(secret.href, ''),
        }))
        await lab.settled(lab.listener.close())
        await tell(async () => (await lab.dial(undefined, secret)).link)
      }),
    async closeTwice() {
      const { near = {}, dispose } = await kit.setup()
      await part.closeTwice(near)
      await dispose?.()
    },
    async secrets() {
      const { near = {}, far = {}, dispose } = await kit.setup()
      await dispose?.()
      return [PASSWORD, ...secretsOf(near, part.options), ...secretsOf(far, part.options)]
    },
  }
  const stream = kit.stream ?? part.described.kind !== 'datagram'
  const end = ({ localPort: _picked, options, ...transports }: EndContext<TransportSettings>) => ({
    config: { transports },
    options,
  })
  const tunnel = {
    async ground() {
      const { near = {}, far = {}, endpoint, dispose } = await kit.setup()
      return { near: end(near), far: end(far), endpoint, ...(dispose && { dispose: () => dispose() }) }
    },
  }
  const { name, promise, run } = unknownSources
  const bounds = { name, promise, run: () => inVariation({ unproven: UNPROVEN }, run) }
  return [
    ...transportCases({ stream, setup: () => setup(), seed }),
    ...(stream && !part.isRegistered ? [bounds] : []),
    ...(part.isRegistered ? [] : [socketsCase(inVariation)]),
    ...partCases(trial, part.options, seed, part.rehearses),
    ...tunnelCases(part.module, part.plugin, tunnel),
  ]
}

type InVariation = (variation: Variation, run: (lab: TransportLab) => Promise<void>) => Promise<void>

/** Whether what carries a tunnel may pass where a full tunnel, or a kill switch, lets nothing else. */
export function socketsCase(inVariation: InVariation): Case {
  return {
    name: 'opens its sockets through what it is given',
    promise:
      '`network` and `streams` open what carries a tunnel, and mark it: full tunnels and kill switches stop everything else.',
    async run() {
      const watch = new SocketWatch()
      await watch.during(() =>
        inVariation({ watch }, async (lab) => {
          const { endpoint } = await lab.listen()
          const { far } = await lab.connect()
          far.send([Uint8Array.of(2)])
          await lab.quiet()
          const port = endpoint.port === '' ? undefined : Number(endpoint.port)
          expect(watch.unmarked(port), 'what it does by itself').toEqual([])
        }),
      )
    },
  }
}
