import type { Cipher, Due, Opened, OpenResult, PeerId } from '../../core/api/cipher.js'
import { isQanatError } from '../../core/api/errors.js'
import type { Packet } from '../../core/api/packet.js'
import type { Link } from '../../core/api/transport.js'
import type { Faults } from './faults.js'
import { isDatagrams } from './shapes.js'

/** A plugin's cipher: what it throws ends the tunnel, and names it. */
export class GuardedCipher implements Cipher {
  readonly overhead: number
  readonly authenticates: boolean
  readonly resize?: NonNullable<Cipher['resize']>
  readonly sessions?: NonNullable<Cipher['sessions']>
  readonly peerManager?: NonNullable<Cipher['peerManager']>
  readonly settings?: NonNullable<Cipher['settings']>
  readonly troubles?: NonNullable<Cipher['troubles']>
  readonly #inner: Cipher
  readonly #faults: Faults

  constructor(inner: Cipher, faults: Faults) {
    this.#inner = inner
    this.#faults = faults
    this.overhead = inner.overhead
    this.authenticates = inner.authenticates
    const { peerManager, resize, sessions, settings, troubles } = inner
    if (resize !== undefined)
      this.resize = (mtu) => this.#faults.naming('resize', () => resize.call(inner, mtu))
    if (sessions !== undefined) this.sessions = guardAll(sessions, faults)
    if (peerManager !== undefined) this.peerManager = guardAll(peerManager, faults)
    if (troubles !== undefined)
      this.troubles = (now) => this.#faults.naming('troubles', () => troubles.call(inner, now))
    if (settings !== undefined) this.settings = guardAll(settings, faults)
  }

  get drops(): Cipher['drops'] {
    return this.#faults.naming('drops', () => this.#inner.drops)
  }

  get nextTick(): number {
    const next = this.#faults.naming('nextTick', () => this.#inner.nextTick)
    if (typeof next === 'number' && !Number.isNaN(next)) return next
    throw this.#faults.wrong('nextTick', 'is no number')
  }

  seal(peer: PeerId, packets: readonly Packet[], maxDatagram: number, now: number): readonly Uint8Array[] {
    const sealed = this.#faults.naming('seal', () => this.#inner.seal(peer, packets, maxDatagram, now))
    if (isDatagrams(sealed)) return sealed
    throw this.#faults.wrong('seal', 'returned no list of datagrams')
  }

  open(link: Link, datagrams: readonly Uint8Array[], now: number): OpenResult {
    const result = this.#faults.naming('open', () => this.#inner.open(link, datagrams, now))
    if (Array.isArray(result?.opened) && result.opened.every(isOpened) && isDatagrams(result.replies)) {
      return result
    }
    throw this.#faults.wrong('open', "returned no object with 'opened' and 'replies'")
  }

  tick(now: number): readonly Due[] {
    const due = this.#faults.naming('tick', () => this.#inner.tick(now))
    if (Array.isArray(due) && due.every((one) => isDatagrams(one?.datagrams))) return due
    throw this.#faults.wrong('tick', 'returned no list of datagrams for peers')
  }

  /** Rejects with a PluginFault if it fails, be it asynchronously, or takes too long. */
  close(): Promise<void> {
    return this.#faults.close('close', () => this.#inner.close())
  }
}

function isOpened(one: Opened | undefined): boolean {
  return (
    one !== undefined &&
    Array.isArray(one.packets) &&
    one.packets.every((packet) => packet?.bytes instanceof Uint8Array) &&
    Array.isArray(one.probeReplies)
  )
}

/** The same object, whose functions, and those of the objects in it, name themselves if they throw. An error with a code is their own way to say what is wrong. */
function guardAll<Part extends object>(part: Part, faults: Faults): Part {
  return new Proxy(part, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value === 'object' && value !== null) return guardAll(value, faults)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        try {
          return Reflect.apply(value, target, given)
        } catch (thrown) {
          throw isQanatError(thrown) ? thrown : faults.threw(String(name), thrown)
        }
      }
    },
  })
}
