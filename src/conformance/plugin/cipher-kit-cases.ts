import { MTU } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { CipherSettings } from '../../core/plugin/plugin.js'
import { aeadCases } from '../cipher/aead-cases.js'
import { cipherCases } from '../cipher/cipher-cases.js'
import { type CipherEnd, CipherLab } from '../cipher/cipher-lab.js'
import type { CipherHub } from '../cipher/hub-lab.js'
import type { Case } from '../kit/case.js'
import { ipPacket } from '../kit/packets.js'
import { VirtualClock } from '../kit/virtual-clock.js'
import type { CipherKit, EndContext } from './kit.js'
import { partCases } from './part-cases.js'
import type { PartUnderTest, Variation } from './part-under-test.js'
import { secretsOf } from './secrets.js'
import { tunnelCases } from './tunnel-cases.js'
import type { TunnelEnd } from './tunnel-pair.js'

/** Cases of a cipher: those of all ciphers, of its algorithm if the kit has it, and of all parts. */
export function cipherKitCases(part: PartUnderTest<'cipher'>, kit: CipherKit, seed: number): Case[] {
  const { authenticates, sessions, aead } = kit
  const ends = async (clock: VirtualClock, variation: Variation = {}) => {
    const { near, far } = await kit.setup()
    const end = async (given: typeof near): Promise<CipherEnd> => ({
      cipher: await part.make(given, clock, new AbortController().signal, variation),
      peer: given.peers?.[0]?.id ?? '',
    })
    return { near: await end(near), far: await end(far) }
  }
  const trial = {
    async work(variation: Variation) {
      const clock = new VirtualClock()
      const { near, far } = await ends(clock, variation)
      try {
        const lab = new CipherLab(clock, near, far)
        lab.connect(ipPacket(100))
        for (const datagram of lab.near.seal([ipPacket(200)])) {
          datagram[datagram.length - 1]! ^= 1
          lab.far.open([datagram, datagram.subarray(0, 7)])
        }
      } finally {
        near.cipher.close()
        far.cipher.close()
      }
    },
    /** Keys that are longer than any is fit no cipher that looks at them. */
    async fail(variation: Variation, shown: (text: string) => void) {
      const { near } = await kit.setup()
      const spoilt = Object.fromEntries(
        (['key', 'privateKey'] as const).flatMap((name) =>
          near[name] === undefined ? [] : [[name, `${near[name]}${near[name]}`]],
        ),
      )
      try {
        const made = await part.make(
          { ...near, ...spoilt },
          new VirtualClock(),
          new AbortController().signal,
          variation,
        )
        made.close()
      } catch (thrown) {
        shown(asError(thrown).message)
      }
    },
    closeTwice: async () => part.closeTwice((await kit.setup()).near),
    async secrets() {
      const { near, far } = await kit.setup()
      return [...secretsOf(near, part.options), ...secretsOf(far, part.options)]
    },
  }
  const end = ({ key, mtu, options, peers = [], privateKey }: EndContext<CipherSettings>): TunnelEnd => {
    const tun = { name: undefined, mtu: mtu ?? MTU.default, addresses: [], routes: [] }
    return { config: { cipher: part.name, key, privateKey, tun }, options, peer: peers[0] }
  }
  const tunnel = {
    async ground() {
      const { near, far } = await kit.setup()
      return { near: end(near), far: end(far) }
    },
  }
  const hub = async (clock: VirtualClock): Promise<CipherHub> => {
    const { hub, spokes } = await kit.hub!()
    const make = (given: typeof hub) => part.make(given, clock, new AbortController().signal)
    const made = spokes.map(async (given, at) => ({
      cipher: await make(given),
      hub: given.peers?.[0]?.id ?? '',
      known: hub.peers![at]!,
    }))
    return { cipher: await make(hub), spokes: await Promise.all(made) }
  }
  return [
    ...cipherCases({
      ...(kit.hub && { hub }),
      authenticates,
      ...(sessions && { sessions }),
      setup: ends,
      seed,
    }),
    ...(aead === undefined ? [] : aeadCases({ ...aead, seed })).map((one) => ({
      ...one,
      name: `AEAD ${one.name}`,
    })),
    ...partCases(trial, part.options, seed, part.rehearses),
    ...tunnelCases(part.module, part.plugin, tunnel),
  ]
}
