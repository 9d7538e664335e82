import { type CertificatesRead, withCertificates } from '../../config/build/certificate-files.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { Clock, Timer } from '../../core/time/clock.js'

/**
 * Milliseconds between checks of the files. A renewal can wait for days, and inotify misses files behind symbolic links that are
 * swapped, as certbot and Kubernetes do, and files on a network file system.
 */
const INTERVAL = 5_000

/** Where certificates come from while a tunnel runs. */
export interface CertificateSource {
  /** A text that differs once a file does; the same while nothing is there to look at. */
  look(): Promise<string>
  /** Reads them. Rejects if one cannot be used. */
  read(): Promise<CertificatesRead>
}

interface WatchParts {
  readonly source: CertificateSource
  /** The tunnel that goes by them. */
  readonly tunnel: {
    readonly config: TunnelConfig
    change(next: (before: TunnelConfig) => TunnelConfig): Promise<void>
  }
  readonly clock: Clock
  readonly log: Logger
}

/** Has a tunnel go by certificates and keys that change on disk: whole pairs, for connections from then on. */
export class CertificateWatch {
  readonly #parts: WatchParts
  /** What the last look saw. The first one counts as another, since the files were read a while before. */
  #seen: string | undefined
  #timer: Timer | undefined
  /** Why those of before stay, as it was told. */
  #told: string | undefined
  #isClosed = false

  constructor(parts: WatchParts) {
    this.#parts = parts
    this.#later()
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #later(): void {
    if (!this.#isClosed) this.#timer = this.#parts.clock.schedule(INTERVAL, () => void this.#look())
  }

  async #look(): Promise<void> {
    const { log, source } = this.#parts
    try {
      const seen = await source.look()
      if (seen !== this.#seen) {
        this.#seen = seen // before they are read: what changes meanwhile is read again
        await this.#renew()
      }
      this.#told = undefined
    } catch (thrown) {
      this.#seen = undefined // the cause may go without a change of theirs
      const why = asError(thrown).message
      if (why !== this.#told && !this.#isClosed)
        log.warn('cannot take other certificates; those of before stay in use', { why })
      this.#told = why
    }
    this.#later()
  }

  async #renew(): Promise<void> {
    const { log, source, tunnel } = this.#parts
    const { remarks, texts } = await source.read()
    if (this.#isClosed || isInForce(tunnel.config, texts)) return
    await tunnel.change((before) => withCertificates(before, texts))
    log.info('certificates were renewed: connections from now on have them')
    for (const remark of remarks) log.warn(remark)
  }
}

function isInForce(
  { transports }: TunnelConfig,
  { ca, cert, further, key, proxyCa }: CertificatesRead['texts'],
): boolean {
  const { groups, proxy } = transports ?? {}
  const { tls } = groups ?? {}
  const one = tls?.ca === ca && tls?.cert === cert && tls?.key === key && proxy?.ca === proxyCa
  return one && JSON.stringify(tls?.further) === JSON.stringify(further)
}
