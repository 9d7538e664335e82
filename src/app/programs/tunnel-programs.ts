import type { Logger } from '../../core/api/logger.js'
import type { Container } from '../../core/injection/container.js'
import type { Child, SpawnOptions } from '../../core/plugin/spawn.js'
import { abortedWith } from '../../core/time/aborted-with.js'
import type { Clock } from '../../core/time/clock.js'
import type { HostChanges } from '../../host/host-changes.js'
import type { NameRelay } from '../../transports/dns/name-relay.js'

/** Token of the programs of the app's tunnel. */
const PROGRAMS = Symbol('qanat/programs')

/** What programs of a tunnel depend on. */
export interface TunnelProgramsParts {
  /** Undefined if the tunnel changes nothing of its host. */
  readonly host: HostChanges | undefined
  readonly clock: Clock
  /** Aborted when the tunnel is over. */
  readonly signal: AbortSignal
}

/** The programs that plugins start for a tunnel. */
export class TunnelPrograms {
  readonly #parts: TunnelProgramsParts
  #names: Promise<NameRelay> | undefined

  constructor(parts: TunnelProgramsParts) {
    this.#parts = parts
  }

  /** As `Spawn`, for a plugin with a log of its own. */
  async start(program: string, options: SpawnOptions, log: Logger): Promise<Child> {
    const { clock, host, signal } = this.#parts
    signal.throwIfAborted()
    const [{ placeIn }, { startChild }] = await Promise.all([
      import('../../host/children/child-places.js'),
      import('../../host/children/child-process.js'),
    ])
    const place =
      host === undefined
        ? await placeIn(undefined, undefined)
        : await host.childPlace(await this.#namesPort(host))
    const sources = options.signal === undefined ? [signal] : [signal, options.signal]
    return startUntil(sources, (until) =>
      startChild(program, { ...options, signal: until }, place, { log, clock }),
    )
  }

  /** The port at which questions about names are answered; undefined if they need no mark. */
  async #namesPort({ transports: { mark = 0, tunnelDns = [] } }: HostChanges): Promise<number | undefined> {
    if (mark === 0) return undefined
    this.#names ??= this.#openRelay(mark, tunnelDns)
    return (await this.#names).port
  }

  async #openRelay(mark: number, excluded: readonly string[]): Promise<NameRelay> {
    const { clock, signal } = this.#parts
    const [{ NameRelay }, { native }] = await Promise.all([
      import('../../transports/dns/name-relay.js'),
      import('../../native/base/native.js'),
    ])
    const relay = await NameRelay.open({ native: native(), clock, mark, excluded })
    if (signal.aborted) relay.close()
    else signal.addEventListener('abort', () => relay.close(), { once: true })
    return relay
  }
}

/** Starts a program that ends with the first of these. */
async function startUntil(
  sources: readonly AbortSignal[],
  start: (until: AbortSignal) => Promise<Child>,
): Promise<Child> {
  for (const source of sources) source.throwIfAborted()
  const until = abortedWith(sources)
  try {
    const child = await start(until.signal)
    void child.ended.then(until.forget)
    return child
  } catch (thrown) {
    until.forget()
    throw thrown
  }
}

/** Has plugins of an app start programs as the changes of its tunnel's host let them. */
export function sharePrograms(app: Container, parts: TunnelProgramsParts): void {
  app.register(PROGRAMS, { useValue: new TunnelPrograms(parts) })
}

/** The programs of an app's tunnel, by the container of a plugin within it; those of one that changes nothing if it has none. */
export function programsOf(container: Container, clock: Clock, signal: AbortSignal): TunnelPrograms {
  if (container.isRegistered(PROGRAMS, true)) return container.resolve(PROGRAMS)
  return new TunnelPrograms({ host: undefined, clock, signal })
}
