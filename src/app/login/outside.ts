import type { Container } from '../../core/injection/container.js'
import type { HostChanges } from '../../host/host-changes.js'

/** Token of the way past the app's tunnel. */
const OUTSIDE = Symbol('qanat/outside')

/** How programs beside a tunnel go past it. */
export interface Outside {
  /** What their packets are to bear. */
  readonly mark: number
  /** Whom to ask for names there, at this time. */
  readonly names: () => NameServersOutside
}

/** The name servers of the networks that the host is in, the first one first, and domains to search in. */
export interface NameServersOutside {
  readonly servers: readonly string[]
  readonly search: readonly string[]
}

/** Notes the way past a tunnel that is about to change the host; nothing if there is none to go past. */
export async function shareOutside(app: Container, host: HostChanges | undefined): Promise<void> {
  const mark = host?.transports.mark
  if (host?.carriersPassing === undefined || mark === undefined) return
  const { OutsideServers } = await import('../../transports/dns/outside-servers.js')
  const servers = new OutsideServers({ excluded: host.nameServers })
  const outside: Outside = { mark, names: () => servers.now() }
  app.register(OUTSIDE, { useValue: outside })
}

/** The way past the app's tunnel; undefined if programs of the host do not go by that anyway. */
export function outsideOf(app: Container): Outside | undefined {
  return app.isRegistered(OUTSIDE) ? app.resolve<Outside>(OUTSIDE) : undefined
}
